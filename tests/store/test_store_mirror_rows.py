"""Every column of the hunting tables, for a small organisation whose answers were worked out by hand."""

from __future__ import annotations

import json

import pytest
from mirror_stage import ANN, BEN, EARLIER, LATER, TARGET, WRAPPER, act, event_of, fill
from mirror_state import Follower
from store_values import (
    ANALYST,
    AUTOMATED,
    FILE,
    NOW,
    alert,
    delta,
    sha,
)

from clawback.core.report_ids import report_id
from clawback.store.engine import SqlStore
from models.actions import ActionType
from models.alerts import Entity, EntityClaim
from models.copies import FolderRole, Place
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict
from models.mails import Direction
from models.outcomes import Outcome
from models.syncing import MovedCopy


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
