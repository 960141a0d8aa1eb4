"""Investigations for people: found however an indicator is written, and each message as far as it is."""

from __future__ import annotations

import asyncio

import pytest
from scene import BOXES, FILE, FILE_SHA256, URL, Scene

from clawback.errors import NotFound
from clawback.services import cases
from models.actions import Actor, Choice, DecidedVia
from models.alerts import InvestigationStatus
from models.cases import Case, CaseFilter, CaseOrder, RemediationStatus
from models.indicators import Verdict
from models.locations import DeliveryLocation

ANALYST = Actor("analyst", DecidedVia.LOGIN, verified=True)


def found(scene: Scene, text: str) -> list[int]:
    wanted = CaseFilter(text=text)
    page = cases.list_cases(scene.ctx, wanted, CaseOrder(), offset=0, limit=9)
    return [line.investigation.id for line in page.lines]


def lines(scene: Scene, case: Case, **narrowed: object) -> tuple[cases.EmailLine, ...]:
    asked = {"cluster_id": None, "mailbox": "", "offset": 0, "limit": 99, **narrowed}
    return cases.read_emails(scene.ctx, case, **asked).lines  # type: ignore[arg-type]


def test_an_indicator_is_found_however_it_is_written(scene: Scene) -> None:
    url, file = scene.alert(URL), scene.alert(FILE_SHA256)
    for text in (URL, f"  {URL} ", "hxxps://portal[.]parcel[.]test/pay?id=9", "parcel.test/pay"):
        assert found(scene, text) == [url], text
    for text in (FILE_SHA256, FILE_SHA256.upper(), f"sha256: {FILE_SHA256}", FILE_SHA256[:12]):
        assert found(scene, text) == [file], text
    assert found(scene, "hxxps://elsewhere[.]test/") == []
    assert found(scene, "") == [file, url]


def test_a_message_is_as_far_as_the_action_about_it(scene: Scene) -> None:
    scene.deliver(file=FILE)
    scene.deliver(BOXES[1], file=FILE, folder="Quarantine")
    decided = asyncio.run(scene.investigate(FILE_SHA256))
    assert decided.action_id is not None
    case = cases.read_case(scene.ctx, 1)
    waiting = {line.email.mailbox: line for line in lines(scene, case)}
    first = waiting[BOXES[0]]
    assert (first.verdict, first.status) == (Verdict.MALICIOUS, RemediationStatus.PENDING)
    assert (first.delivered, first.location) == ("Delivered", DeliveryLocation.INBOX)
    other = waiting[BOXES[1]]
    assert (other.status, other.delivered) == (RemediationStatus.PREVENTED, "Blocked")
    scene.ctx.store.cases.decide_action(
        decided.action_id, Choice.APPROVE, ANALYST, "bad", scene.clock.now()
    )
    asyncio.run(scene.execute(decided.action_id))
    counted = cases.count_emails(scene.ctx, cases.read_case(scene.ctx, 1))
    assert dict(counted) == {"Total": 2, "Remediated": 1, "Prevented": 1}
    [moved] = lines(scene, cases.read_case(scene.ctx, 1), mailbox=BOXES[0])
    assert (moved.status, moved.location) == (
        RemediationStatus.REMEDIATED,
        DeliveryLocation.RECOVERABLE,
    )


def test_figures_of_clusters_come_for_all_at_once(scene: Scene) -> None:
    scene.deliver(file=FILE)
    asyncio.run(scene.investigate(FILE_SHA256))
    case = cases.read_case(scene.ctx, 1)
    figures = cases.read_cluster_figures(scene.ctx, case)
    [number] = [one.id for one in case.clusters]
    assert sum(figures.deliveries[number].values()) == 1
    assert figures.volumes[number].recent == 1


def test_an_investigation_that_is_not_there_is_said_to_be_so(scene: Scene) -> None:
    with pytest.raises(NotFound, match="no investigation 7"):
        cases.read_case(scene.ctx, 7)


def test_an_export_has_all_rows_in_the_order_that_is_shown(scene: Scene) -> None:
    numbers = [scene.alert(f"{number:064x}") for number in range(10**30, 10**30 + 60)]
    scene.ctx.store.cases.set_investigation(
        numbers[0], InvestigationStatus.FAILED, "", scene.clock.now()
    )
    whole = cases.all_cases(scene.ctx, CaseFilter(), CaseOrder())
    assert [line.investigation.id for line in whole] == numbers[::-1]
    failed = CaseFilter(statuses=frozenset({InvestigationStatus.FAILED}))
    assert len(cases.all_cases(scene.ctx, failed, CaseOrder())) == 1
