"""Actions, investigations and clicks in the hunting tables."""

from __future__ import annotations

import json
from datetime import timedelta

from mirror_stage import ANN, LATER, TARGET, WRAPPER, act, fill
from mirror_state import Follower
from store_values import (
    NOW,
    sha,
)

from clawback.core.hunting_tables import TABLES, carried
from clawback.store.engine import SqlStore
from models.actions import ActionType
from models.alerts import InvestigationStatus
from models.clicks import UrlClick
from models.copies import FolderRole
from models.hunting import KqlType


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
