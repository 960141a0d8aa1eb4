"""A filled audit log, and what a check of it says."""

from __future__ import annotations

from store_values import ANALYST, NOW, case, new_action

from clawback.clock import SystemClock
from clawback.services.audit import verify
from clawback.services.context import Context
from clawback.store.engine import SqlStore
from models.actions import Actor, Choice, DecidedVia
from models.audit import AuditHead, AuditReport
from models.history import Event
from models.pausing import Pause
from models.settings import Settings

FORM = Actor("somebody", DecidedVia.FORM, verified=False)


def context(store: SqlStore) -> Context:
    return Context(store, {}, (), SystemClock(), "test")


def checked(store: SqlStore, noted: AuditHead | None = None) -> AuditReport:
    return verify(context(store), noted)


def named(store: SqlStore) -> set[int | None]:
    return {fault.entry for fault in checked(store).faults}


def filled(store: SqlStore) -> SqlStore:
    """A log with entries of all kinds: with and without case, details and a verified actor."""
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    store.cases.decide_action(action.id, Choice.REJECT, FORM, "not ours ü", NOW)
    for cap in (5, 6):
        store.settings.save(Settings(cap=cap), based_on=cap - 5, actor=ANALYST, now=NOW)
    store.settings.set_pause(Pause(True, "wait", ANALYST.name, NOW), ANALYST)
    store.settings.set_pause(Pause(False, "", ANALYST.name, NOW), ANALYST)
    store.audit.append(Event.MESSAGE_PREVIEWED, ANALYST, NOW, {"copy": 7})
    store.audit.append(Event.LOGIN_FAILED, FORM, NOW, {})
    assert checked(store).faults == ()
    return store
