"""docs/lab-graph.md names every switch, fault, state and control that the tenant has."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from clawback.lab.graph.counting import Statistics
from clawback.lab.graph.switches import KNOWN_ROLES, Fault, MailboxState, Scope, Switches

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "lab-graph.md").read_text(encoding="utf-8")
SOURCES = Path(__file__).resolve().parents[3] / "clawback" / "lab" / "graph"


def _missing(docs: str) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", docs, flags=re.MULTILINE | re.DOTALL)
    quoted = set(re.findall(r"`([^`]+)`", prose))
    names = {entry.name for entry in dataclasses.fields(Switches)}
    names |= {*Fault, *MailboxState, *Scope, *KNOWN_ROLES, *Statistics().as_json()}
    return {str(name) for name in names} - quoted


def test_the_page_names_every_switch_fault_state_role_and_number() -> None:
    assert _missing(DOCS) == set()


@pytest.mark.parametrize("name", ["delta_repeats", "applied-timeout", "unlicensed", "Mail.Read"])
def test_a_page_that_forgets_one_is_caught(name: str) -> None:
    assert name in _missing(DOCS.replace(f"`{name}`", ""))


def test_every_default_in_the_table_is_the_real_one() -> None:
    shown = dict(re.findall(r"^\| `(\w+)`[^|]*\| (\d[\d.]*|true|false) \|", DOCS, re.MULTILINE))
    assert len(shown) >= 12
    for name, text in shown.items():
        assert str(getattr(Switches(), name)).lower().removesuffix(".0") == text


def test_every_refusal_names_where_it_comes_from() -> None:
    text = (SOURCES / "refusals.py").read_text(encoding="utf-8")
    functions = re.findall(r'def (\w+)\(.*?-> Refusal:\n    """(.*?)"""', text, re.DOTALL)
    assert len(functions) >= 20
    sourced = re.compile(
        r"graph/|support \d|#\d|seen in|Seen in|page|answers|this tenant|folder in"
    )
    assert [name for name, docstring in functions if not sourced.search(docstring)] == []


def test_the_page_says_that_no_real_tenant_was_at_hand() -> None:
    assert "No real tenant was at hand" in DOCS
