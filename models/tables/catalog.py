"""All tables, by noun: importing this module loads every one of them into one metadata."""

from __future__ import annotations

from sqlmodel import SQLModel, Table

from models.tables.actions import ActionCopyRow, ActionRow
from models.tables.alerts import AlertEntityRow, AlertRow
from models.tables.clusters import ClusterMemberRow, ClusterRow
from models.tables.columns import Row
from models.tables.copies import CopyRow
from models.tables.decisions import DecisionRow
from models.tables.events import PostDeliveryEventRow
from models.tables.history import AuditHeadRow, HistoryRow
from models.tables.hunting import HuntRunRow, NamedListRow, SavedQueryRow
from models.tables.identity import IdentityRow
from models.tables.investigations import InvestigationRow, VerdictRow
from models.tables.locations import CopyLocationRow, LocationCheckRow
from models.tables.mailboxes import MailboxRow
from models.tables.mails import MailFileRow, MailRecipientRow, MailRow, MailUrlRow, UrlRow
from models.tables.mirror import MirrorChangeRow, UrlClickRow
from models.tables.people import LoginAttemptRow, TokenRow, UserRow
from models.tables.replies import ReplyRow
from models.tables.selections import SelectionRow
from models.tables.sessions import ConsoleSessionRow, OneTimeLinkRow
from models.tables.settings import PauseRow, SettingsVersionRow
from models.tables.sources import SourceRow
from models.tables.suppressions import SuppressionRow
from models.tables.throttles import SourceThrottleRow

METADATA = Row.metadata


def table_of(row: type[SQLModel]) -> Table:
    """The Core table of a row class, for bulk paths that make no objects."""
    return METADATA.tables[str(row.__tablename__)]


sources = table_of(SourceRow)
source_throttles = table_of(SourceThrottleRow)
mailboxes = table_of(MailboxRow)
mails = table_of(MailRow)
mail_files = table_of(MailFileRow)
urls = table_of(UrlRow)
mail_urls = table_of(MailUrlRow)
mail_recipients = table_of(MailRecipientRow)
copies = table_of(CopyRow)
alerts = table_of(AlertRow)
alert_entities = table_of(AlertEntityRow)
investigations = table_of(InvestigationRow)
verdicts = table_of(VerdictRow)
selections = table_of(SelectionRow)
clusters = table_of(ClusterRow)
cluster_members = table_of(ClusterMemberRow)
mirror_changes = table_of(MirrorChangeRow)
url_clicks = table_of(UrlClickRow)
location_checks = table_of(LocationCheckRow)
copy_locations = table_of(CopyLocationRow)
decisions = table_of(DecisionRow)
actions = table_of(ActionRow)
action_copies = table_of(ActionCopyRow)
post_delivery_events = table_of(PostDeliveryEventRow)
suppressions = table_of(SuppressionRow)
settings_versions = table_of(SettingsVersionRow)
pauses = table_of(PauseRow)
history = table_of(HistoryRow)
audit_head = table_of(AuditHeadRow)
identity = table_of(IdentityRow)
replies = table_of(ReplyRow)
saved_queries = table_of(SavedQueryRow)
hunt_runs = table_of(HuntRunRow)
named_lists = table_of(NamedListRow)
users = table_of(UserRow)
tokens = table_of(TokenRow)
login_attempts = table_of(LoginAttemptRow)
console_sessions = table_of(ConsoleSessionRow)
one_time_links = table_of(OneTimeLinkRow)
