"""Every column of the hunting tables, for a small organisation whose answers were worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from mirror_state import Follower
from store_values import (
    ANALYST,
    AUTOMATED,
    FILE,
    NOW,
    TTL,
    alert,
    attachment,
    cluster,
    delta,
    link,
    mail,
    new_action,
    sha,
)

from clawback.core.hunting_tables import TABLES, carried
from clawback.core.report_ids import report_id
from clawback.store.engine import SqlStore
from models.actions import ActionType, Choice
from models.alerts import Entity, EntityClaim, InvestigationStatus
from models.clicks import UrlClick
from models.copies import FolderRole, Place
from models.hunting import KqlType
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict
from models.mails import Direction, LinkPlace, MailFacts
from models.outcomes import CopyOutcome, Outcome, RestorePoint
from models.syncing import MovedCopy, NewCopy

EARLIER = NOW - timedelta(days=2)
LATER = NOW + timedelta(minutes=7)
ANN, BEN = "ann@example.com", "ben@example.com"
WRAPPER, TARGET = "https://wrap.test/x", "https://login.evil.test/a"


def campaign() -> MailFacts:
    return mail(
        "campaign",
        subject="Your invoice",
        size_bytes=4_321,
        internet_message_id="<1@evil.test>",
        from_address="boss@evil.test",
        from_name="The Boss",
        return_path="bounce@mailer.test",
        to=(ANN, "carl@partner.test"),
        cc=(BEN,),
        client_ip="2001:db8::7",
        authentication_results="mx.example.com; dkim=fail; dkim=pass (spf=fail) header.d=x; spf=none",
        language="de",
        attachments=(
            attachment(filename="Invoice.PDF", file_type="pdf"),
            attachment("inner", 20, filename="no extension", where="1.2!1", content_type="text/x"),
        ),
        urls=(
            link(WRAPPER, host="wrap.test"),
            link(TARGET, host="login.evil.test", opened_from=WRAPPER),
            link(TARGET, host="login.evil.test", opened_from=WRAPPER),
            link(
                "https://plain.test/", LinkPlace.QR_CODE, host="plain.test", opened_from="image:qr"
            ),
        ),
        header_urls=(link("https://list.test/u", LinkPlace.HEADER, host="list.test"),),
    )


def copy(
    facts: MailFacts, handle: str, role: FolderRole, received_at: datetime | None = EARLIER
) -> NewCopy:
    return NewCopy(Place(role.value, handle), role, facts.content_sha256, received_at)


def fill(store: SqlStore) -> Follower:
    """Ann has the campaign in her Inbox, Ben in Junk without a time of delivery."""
    facts = campaign()
    store.index.apply(
        [
            delta(ANN, new=(copy(facts, "1", FolderRole.INBOX),), facts=(facts,)),
            delta(BEN, new=(copy(facts, "2", FolderRole.JUNK, received_at=None),)),
        ],
        NOW,
    )
    follower = Follower(store.mirror)
    follower.follow()
    return follower


def event_of(follower: Follower, recipient: str) -> dict[str, Any]:
    (row,) = (r for r in follower.rows("EmailEvents") if r["RecipientEmailAddress"] == recipient)
    return row


def test_the_row_of_a_copy(store: SqlStore) -> None:
    follower = fill(store)
    network_id = store.index.message_ids([1])[1][1]
    assert event_of(follower, ANN) == {
        "Timestamp": EARLIER,
        "NetworkMessageId": network_id,
        "InternetMessageId": "<1@evil.test>",
        "SenderMailFromAddress": "bounce@mailer.test",
        "SenderFromAddress": "boss@evil.test",
        "SenderDisplayName": "The Boss",
        "SenderMailFromDomain": "mailer.test",
        "SenderFromDomain": "evil.test",
        "SenderIPv4": "",
        "SenderIPv6": "2001:db8::7",
        "RecipientEmailAddress": ANN,
        "RecipientDomain": "example.com",
        "Subject": "Your invoice",
        "EmailClusterId": 0,
        "EmailDirection": Direction.INBOUND,
        "DeliveryAction": "Delivered",
        "DeliveryLocation": "Inbox/folder",
        "LatestDeliveryLocation": "Inbox/folder",
        "LatestDeliveryAction": "Delivered",
        "ThreatTypes": "",
        "DetectionMethods": "",
        "ConfidenceLevel": "",
        "AuthenticationDetails": '{"SPF":"none","DKIM":"pass","DMARC":"none","CompAuth":"none"}',
        "AttachmentCount": 1,
        "UrlCount": 4,
        "EmailLanguage": "de",
        "EmailSize": 4_321,
        "OrgLevelAction": "",
        "OrgLevelPolicy": "",
        "To": [ANN, "carl@partner.test"],
        "Cc": [BEN],
        "LastEventExecutionTime": NOW,
        "AdditionalFields": {"Source": "main", "CopyId": 1},
        "ReportId": report_id(network_id, ANN),
    }
    ben = event_of(follower, BEN)
    assert ben["Timestamp"] == NOW
    assert ben["DeliveryAction"] == ben["LatestDeliveryAction"] == "Junked"
    assert ben["DeliveryLocation"] == "Junk folder"
    assert ben["ReportId"] == report_id(network_id, BEN) != report_id(network_id, ANN)


def test_the_rows_of_files_and_links(store: SqlStore) -> None:
    follower = fill(store)
    network_id = store.index.message_ids([1])[1][1]
    files = follower.rows("EmailAttachmentInfo")
    names = ("RecipientEmailAddress", "FileName", "FileType", "FileExtension", "SHA256", "FileSize")
    assert [tuple(file[name] for name in names) for file in files] == [
        (ANN, "Invoice.PDF", "pdf", "pdf", sha("invoice"), 48_213),
        (ANN, "no extension", "text/x", "", sha("inner"), 20),
        (BEN, "Invoice.PDF", "pdf", "pdf", sha("invoice"), 48_213),
        (BEN, "no extension", "text/x", "", sha("inner"), 20),
    ]
    links = follower.rows("EmailUrlInfo")
    chain = links[0]["UrlChainId"]
    assert chain
    names = ("Url", "UrlDomain", "UrlLocation", "UrlChainId", "UrlChainPosition")
    assert [tuple(each[name] for name in names) for each in links] == [
        (WRAPPER, "wrap.test", "Body", chain, 0),
        (TARGET, "login.evil.test", "Body", chain, 1),
        ("https://plain.test/", "plain.test", "QRCode", "", 0),
        ("https://list.test/u", "list.test", "Header", "", 0),
    ]
    assert {(each["Timestamp"], each["ReportId"]) for each in links} == {(EARLIER, network_id)}


def say(store: SqlStore, name: str, indicator: Indicator, verdict: Verdict, source: str) -> None:
    found, _ = store.cases.add_alert(alert(name, indicator))
    entity = Entity(indicator, EntityClaim.NAMED)
    store.cases.save_verdicts(found.id, [(entity, Judgement(indicator, verdict, source))], NOW)


def test_threats_are_those_of_the_newest_verdicts(store: SqlStore) -> None:
    follower = fill(store)
    path = Indicator(IndicatorKind.URL, "login.evil.test/a", "", UrlMatch.PATH)
    header = Indicator(IndicatorKind.URL, "https://list.test/u", "")
    say(store, "1", FILE, Verdict.MALICIOUS, "operator")
    say(store, "2", path, Verdict.MALICIOUS, "list:feed")
    say(store, "3", header, Verdict.MALICIOUS, "operator")
    follower.follow()
    row = event_of(follower, ANN)
    assert row["ThreatTypes"] == "Malware, Phish"
    assert json.loads(row["DetectionMethods"]) == {
        "Malware": ["Operator"],
        "Phish": ["Indicator list"],
    }
    assert json.loads(row["ConfidenceLevel"]) == {"Malware": "High", "Phish": "High"}
    files = [(f["FileName"], f["ThreatTypes"]) for f in follower.rows("EmailAttachmentInfo")][:2]
    assert files == [("Invoice.PDF", "Malware"), ("no extension", "")]
    say(store, "4", FILE, Verdict.UNKNOWN, "none")
    say(store, "5", path, Verdict.CLEAN, "operator")
    follower.follow()
    assert event_of(follower, ANN)["ThreatTypes"] == "Malware"
    say(store, "6", FILE, Verdict.SUSPICIOUS, "operator")
    follower.follow()
    assert event_of(follower, BEN)["ThreatTypes"] == ""


def test_what_the_settings_exclude_says_so(store: SqlStore) -> None:
    follower = fill(store)
    settings, version = store.settings.current()
    changed = settings.with_changes({"secops_mailboxes": (" Ben@Example.com",)})
    store.settings.save(changed, based_on=version, actor=ANALYST, now=NOW)
    follower.follow()
    assert _policy(follower, ANN) == ("", "")
    assert _policy(follower, BEN) == ("Allow", "SecOps Mailbox")
    both = changed.with_changes({"simulation_urls": ("https://plain.test/",)})
    store.settings.save(both, based_on=version + 1, actor=ANALYST, now=NOW)
    follower.follow()
    assert _policy(follower, ANN) == ("Allow", "Phishing simulation")
    assert _policy(follower, BEN) == ("Allow", "SecOps Mailbox")
    store.settings.save(settings, based_on=version + 2, actor=ANALYST, now=NOW)
    follower.follow()
    assert _policy(follower, ANN) == _policy(follower, BEN) == ("", "")


def _policy(follower: Follower, recipient: str) -> tuple[str, str]:
    row = event_of(follower, recipient)
    return row["OrgLevelAction"], row["OrgLevelPolicy"]


def act(
    store: SqlStore, kind: ActionType, to: FolderRole, outcome: Outcome = Outcome.MOVED, **how: Any
) -> int:
    """An action over Ann's copy, to its end; its number."""
    members = tuple(member for member in store.index.find(FILE) if member.ref.mailbox == ANN)
    found, _ = store.cases.add_alert(alert())
    number = store.cases.save_cluster(found.id, cluster(store, members))
    new = new_action(number, members, key=f"{kind}{how}", type=kind, **how)
    action = store.cases.create_action(new, NOW)
    if not how:
        store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "it is bad", NOW)
    lease = store.ledger.acquire(action.id, "worker", ttl=TTL, now=NOW)
    (entry,) = store.ledger.entries(action.id)
    point = RestorePoint(entry.copy.place, entry.copy.role, frozenset())
    store.ledger.write_intents(lease, {entry.copy.copy_id: point}, NOW)
    place, role = (Place(to.value, "9"), to) if outcome is Outcome.MOVED else (None, None)
    store.ledger.write_outcomes(
        lease, [CopyOutcome(entry.copy.copy_id, outcome, "", place, role)], None, LATER
    )
    store.ledger.release(lease)
    return action.id


def latest(follower: Follower) -> tuple[str, str]:
    follower.follow()
    row = event_of(follower, ANN)
    assert (row["DeliveryAction"], row["DeliveryLocation"]) == ("Delivered", "Inbox/folder")
    return row["LatestDeliveryLocation"], row["LatestDeliveryAction"]


def test_an_automated_removal_and_all_that_follows_show_in_the_latest_location(
    store: SqlStore,
) -> None:
    follower = fill(store)
    act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE, **AUTOMATED)
    assert latest(follower) == ("Recoverable items", "Soft delete")
    assert event_of(follower, ANN)["LastEventExecutionTime"] == LATER
    assert event_of(follower, ANN)["EmailClusterId"] == 1
    (event,) = follower.rows("EmailPostDeliveryEvents")
    network_id = store.index.message_ids([1])[1][1]
    assert event == {
        "Timestamp": LATER,
        "NetworkMessageId": network_id,
        "InternetMessageId": "<1@evil.test>",
        "Action": "Soft delete",
        "ActionType": "Automated Remediation",
        "ActionTrigger": "Automation",
        "ActionResult": "Success",
        "RecipientEmailAddress": ANN,
        "EmailDirection": "Inbound",
        "SenderFromAddress": "boss@evil.test",
        "SourceLocation": "Inbox/folder",
        "DeliveryLocation": "Recoverable items",
        "ThreatTypes": "",
        "DetectionMethods": "",
        "ReportId": report_id(network_id, ANN),
    }
    act(store, ActionType.RESTORE, FolderRole.INBOX)
    assert latest(follower) == ("Inbox/folder", "Moved to original folder")
    back = follower.rows("EmailPostDeliveryEvents")[1]
    assert (back["ActionType"], back["ActionTrigger"]) == ("Manual Remediation", "AdminAction")
    assert (back["SourceLocation"], back["DeliveryLocation"]) == (
        "Recoverable items",
        "Inbox/folder",
    )


def test_an_approved_removal_is_manual_and_a_failed_one_changes_no_location(
    store: SqlStore,
) -> None:
    follower = fill(store)
    act(store, ActionType.MOVE_TO_JUNK, FolderRole.JUNK, Outcome.FAILED)
    assert latest(follower) == ("Inbox/folder", "Delivered")
    act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE)
    assert latest(follower) == ("Recoverable items", "Soft delete")
    failed, done = follower.rows("EmailPostDeliveryEvents")
    assert (failed["Action"], failed["ActionResult"]) == ("Moved to junk folder", "Error")
    assert (done["ActionType"], done["ActionTrigger"]) == ("Manual Remediation", "AdminAction")


@pytest.mark.parametrize(
    ("role", "location", "action"),
    [
        (FolderRole.JUNK, "Junk folder", "Moved to junk folder"),
        (FolderRole.DELETED, "Deleted items", "Moved to deleted items"),
        (FolderRole.QUARANTINE, "Quarantine", "Moved to quarantine"),
        (FolderRole.RECOVERABLE, "Recoverable items", "Soft delete"),
        (FolderRole.SENT, "Sent items", "Moved to sent items"),
        (FolderRole.USER, "Inbox/folder", "Delivered"),
        (FolderRole.ARCHIVE, "Inbox/folder", "Delivered"),
        (None, "Not found in mailbox", "Hard delete"),
    ],
)
def test_what_a_user_does_shows_in_the_latest_location(
    store: SqlStore, role: FolderRole | None, location: str, action: str
) -> None:
    follower = fill(store)
    if role is None:
        store.index.apply([delta(ANN, gone=(1,))], LATER)
    else:
        moved = MovedCopy(1, Place(role.value, "8"), role)
        store.index.apply([delta(ANN, moved=(moved,))], LATER)
    assert latest(follower) == (location, action)


def test_what_a_user_moved_back_after_a_removal_was_moved_to_the_inbox(store: SqlStore) -> None:
    follower = fill(store)
    act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE)
    moved = MovedCopy(1, Place("INBOX", "8"), FolderRole.INBOX)
    store.index.apply([delta(ANN, moved=(moved,))], LATER)
    assert latest(follower) == ("Inbox/folder", "Moved to inbox")


def test_actions_and_investigations_have_their_rows(store: SqlStore) -> None:
    follower = fill(store)
    number = act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE)
    store.cases.set_investigation(1, InvestigationStatus.REMEDIATED, "one message", LATER)
    follower.follow()
    (action,) = follower.rows("RemediationActions")
    assert action == {
        "Timestamp": NOW,
        "ActionId": number,
        "InvestigationId": 1,
        "EmailClusterId": 1,
        "ClusterType": "Similar files",
        "Indicator": sha("invoice"),
        "ActionType": "Soft delete",
        "Status": "Running",
        "ActionSource": "Manual email action",
        "DecidedBy": "analyst",
        "DecidedVia": "cli-os-user",
        "IsVerified": True,
        "Reason": "a person has to decide",
        "MessageCount": 1,
        "Outcomes": {"moved": 1},
        "RevertsActionId": 0,
        "DecidedTime": NOW,
        "EndTime": None,
        "ExpiryTime": NOW + timedelta(days=7),
        "LastUpdateTime": LATER,
    }
    (investigation,) = follower.rows("Investigations")
    assert investigation == {
        "Timestamp": NOW,
        "InvestigationId": 1,
        "AlertId": 1,
        "AlertSource": "cli",
        "Title": "A malicious file",
        "Status": "Remediated",
        "Summary": "one message",
        "ReportedBy": "operator",
        "IndexTime": None,
        "EndTime": LATER,
        "LastUpdateTime": LATER,
    }


def test_a_click_is_kept_once_for_its_report_id(store: SqlStore) -> None:
    follower = Follower(store.mirror)
    click = UrlClick(
        clicked_at=NOW,
        url="https://evil.test/\0",
        account_upn=ANN,
        url_chain=(WRAPPER, TARGET),
        report_id="gw-1",
        is_clicked_through=True,
    )
    bare = UrlClick(clicked_at=NOW, url="https://evil.test/")
    assert store.clicks.add([click, click, bare]) == 2
    assert store.clicks.add([click]) == 0
    assert store.clicks.add([]) == 0
    follower.follow()
    rows = {row["ReportId"]: row for row in follower.rows("UrlClickEvents")}
    assert len(rows) == 2
    shown = rows["gw-1"]
    assert (shown["Url"], shown["AccountUpn"]) == ("https://evil.test/\ufffd", ANN)
    assert json.loads(shown["UrlChain"]) == [WRAPPER, TARGET]
    assert (shown["IsClickedThrough"], shown["ActionType"], shown["Workload"]) == (
        True,
        "ClickAllowed",
        "Email",
    )


def test_no_string_is_ever_null_and_every_value_has_its_type(store: SqlStore) -> None:
    follower = fill(store)
    act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE)
    store.clicks.add([UrlClick(clicked_at=NOW, url="https://evil.test/")])
    follower.follow()
    wanted = {KqlType.STRING: str, KqlType.LONG: int, KqlType.INT: int, KqlType.BOOL: bool}
    for table in TABLES:
        rows = follower.rows(table.name)
        assert rows
        for row, column in ((row, column) for row in rows for column in carried(table)):
            if (kind := wanted.get(column.type)) is not None:
                assert isinstance(row[column.name], kind), (table.name, column.name)
