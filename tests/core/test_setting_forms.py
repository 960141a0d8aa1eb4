"""The settings as a form and in words: nothing typed is lost, nothing wrong goes through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clawback.core.guards as guards
from clawback.core.guard_notes import BY_SETTINGS, GUARDS
from clawback.core.setting_diffs import changes_between
from clawback.core.setting_forms import FieldKind, faults_in, fields, typed, values_of
from models.settings import Mode, Settings

LISTED = st.lists(st.sampled_from(["a.example", "b.example", "*.c.example"]), unique=True)


@given(
    st.builds(
        Settings,
        cap=st.integers(0, 10_000),
        mode=st.sampled_from(Mode),
        similar_files=st.booleans(),
        shared_hosts=LISTED.map(tuple),
        allowed_indicators=LISTED.map(tuple),
    )
)
def test_settings_that_go_through_the_form_untouched_come_back_as_they_were(
    settings: Settings,
) -> None:
    form = typed(settings)
    assert not faults_in(form)
    assert Settings().with_changes(values_of(form)) == settings


def test_every_setting_has_a_field_with_a_title_a_meaning_and_its_bounds() -> None:
    found = {each.key: each for each in fields()}
    assert list(found) == list(Settings.model_fields)
    assert all(each.title and each.description for each in found.values())
    assert (found["cap"].least, found["cap"].most) == (0, 10_000)
    assert found["mode"].choices == ("enforce", "observe")
    assert found["secops_mailboxes"].kind is FieldKind.LINES


@pytest.mark.parametrize(
    ("key", "text", "fault"),
    [
        ("cap", "10001", "from 0 to 10,000"),
        ("cap", "", "whole number"),
        ("cap", "١٢", "whole number"),
        ("cap", "9" * 5000, "whole number"),
        ("many_senders", "1", "from 2 to 1,000"),
        ("mode", "off", "enforce or observe"),
        ("secops_mailboxes", "a@b.example\n\nnobody", "Line 3: nobody is no mail address"),
        ("shared_hosts", "files.example.com\nx y", "Line 2:"),
        ("simulation_urls", "nonsense", "Line 1:"),
        ("allowed_indicators", "d41d8cd98f00b204e9800998ecf8427e", "Line 1:"),
    ],
)
def test_what_cannot_be_saved_is_named_by_field_and_line(key: str, text: str, fault: str) -> None:
    [said] = faults_in({key: text})[key]
    assert fault in said
    assert said.endswith(".")
    assert not said.endswith("..")


def test_a_thousand_separator_and_repeated_or_empty_lines_are_read_as_meant() -> None:
    read = values_of({"cap": " 1,000 ", "shared_hosts": "a.example\n\n a.example \nb.example"})
    assert read == {"cap": 1000, "shared_hosts": ("a.example", "b.example")}


def test_a_difference_is_one_line_for_each_setting() -> None:
    before = Settings(shared_hosts=("a.example", "b.example")).model_dump(mode="json")
    after = Settings(cap=500, similar_files=True, shared_hosts=("b.example", "c.example"))
    assert [str(each) for each in changes_between(before, after.model_dump(mode="json"))] == [
        "Similar files off → on",
        "Cap 10,000 → 500",
        "Shared hosts: added c.example; removed a.example",
    ]
    assert changes_between(before, before) == ()


def test_keys_of_another_version_and_hidden_characters_are_named_and_inert() -> None:
    change = changes_between({"budget\u202e": 1}, {"shared_hosts": ["a\u202eb.example"]})
    said = "\n".join(map(str, change))
    assert "budget" in said
    assert "\u202e" not in said


def test_every_guard_that_speaks_has_a_note_and_every_note_a_guard() -> None:
    source = Path(guards.__file__).read_text()
    codes = set(re.findall(r'_(?:approve|refuse)\(\s*"([a-z-]+)"', source)) | {guards.PATH_MATCH}
    assert codes == {note.code for note in GUARDS}
    assert "image" not in BY_SETTINGS
