"""Settings as somebody edits them: what they typed outlives what is saved meanwhile, by whomever."""

from __future__ import annotations

from clawback.console.pages.settings_draft import Draft
from models.settings import Settings

BASE = Settings(cap=10_000, pending_days=7, sweep_hours=72)


def test_a_text_that_says_what_was_saved_stays_as_it_was_typed() -> None:
    draft = Draft(BASE, 1)
    draft.type("cap", "9,000")
    replaced = draft.rebase(BASE.with_changes({"cap": 9_000}), 2, sent=dict(draft.given))
    assert replaced == {}
    assert draft.given["cap"] == "9,000"
    assert (draft.version, draft.is_edited) == (2, False)


def test_what_is_typed_since_a_save_is_an_edit_even_where_it_takes_it_back() -> None:
    draft = Draft(BASE, 1)
    draft.type("cap", "9000")
    draft.type("pending_days", "8")
    sent = dict(draft.given)
    draft.type("cap", "10000")
    draft.type("sweep_hours", "many")
    saved = BASE.with_changes({"cap": 9_000, "pending_days": 8})
    assert draft.rebase(saved, 2, sent=sent) == {}
    assert draft.edits == {"cap": 10_000}
    assert list(draft.faults) == ["sweep_hours"]


def test_what_somebody_else_saved_takes_the_place_of_what_was_not_edited_alone() -> None:
    draft = Draft(BASE, 1)
    draft.type("cap", "9,000")
    draft.rebase(BASE.with_changes({"cap": 9_000}), 2, sent=dict(draft.given))
    draft.type("pending_days", "8")
    theirs = BASE.with_changes({"cap": 5_000, "pending_days": 9, "sweep_hours": 24})
    assert draft.rebase(theirs, 3) == {"cap": ("9,000", "5000"), "sweep_hours": ("72", "24")}
    assert draft.edits == {"pending_days": 8}
