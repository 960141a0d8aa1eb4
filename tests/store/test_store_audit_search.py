"""The audit log is searched by the database, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from audit_stage import context, filled
from store_values import ANALYST, NOW

from clawback.errors import NotFound
from clawback.services.audit_search import LogChecks, search
from clawback.store.engine import SqlStore
from models.audit import AuditFilter
from models.history import Event


def found(store: SqlStore, **wanted: object) -> list[str]:
    page = search(context(store), AuditFilter(**wanted), before=None, limit=100)  # type: ignore[arg-type]
    assert page.total == len(page.entries)
    return [entry.event for entry in page.entries]


def test_entries_are_found_by_event_actor_text_and_time(store: SqlStore) -> None:
    filled(store)
    assert found(store, event="settings:changed") == ["settings:changed"] * 2
    assert {"action:decided", "indicator:suppressed"} <= set(found(store, actor="somebody"))
    assert "settings:changed" not in found(store, actor="somebody")
    assert found(store, actor="some") == []
    assert "action:decided" in found(store, text="NOT OURS")
    assert "action:decided" in found(store, text="ours ü"), "escaped in JSON"
    assert found(store, text="SETTINGS:") == ["settings:changed"] * 2
    assert found(store, text='"version"') == ["settings:changed"] * 2
    everything = found(store)
    assert found(store, since=NOW, until=NOW + timedelta(microseconds=1)) == everything
    assert found(store, until=NOW) == []
    assert found(store, since=NOW + timedelta(microseconds=1)) == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "' OR 1=1 --", "\u202e"])
def test_text_is_text_and_no_pattern(store: SqlStore, text: str) -> None:
    filled(store)
    assert "audit:begun" not in found(store, text=text)
    assert len(found(store, text=text)) < len(found(store))


def test_pages_go_on_by_number_and_an_entry_is_read_by_it(store: SqlStore) -> None:
    filled(store)
    ctx, numbers, before = context(store), [], None
    while True:
        page = search(ctx, AuditFilter(), before=before, limit=2)
        numbers += [entry.number for entry in page.entries]
        before = page.next_before
        if before is None:
            break
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == page.total
    assert store.audit.entry(numbers[0]).number == numbers[0]
    assert store.audit.count(AuditFilter(), most=2) == 2
    with pytest.raises(NotFound, match="no entry 999"):
        store.audit.entry(999)


def test_a_check_is_kept_for_its_head_and_made_again_for_another(store: SqlStore) -> None:
    ctx, checks = context(filled(store)), LogChecks()
    first = checks.current(ctx)
    assert checks.current(ctx) is first is checks.latest(ctx)
    store.audit.append(Event.AUDIT_EXPORTED, ANALYST, NOW, {})
    assert checks.latest(ctx) is first
    again = checks.current(ctx)
    assert again.report.head.number == first.report.head.number + 1
    noted = checks.check(ctx, str(first.report.head))
    assert not noted.report.faults
    changed = checks.check(ctx, f"{first.report.head.number}:{'0' * 64}")
    assert changed.report.faults_found == 1
