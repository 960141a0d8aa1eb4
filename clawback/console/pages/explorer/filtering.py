"""The Explorer's question: views, time range, conditions as chips, and the form that adds one."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments

from clawback.console.asked_mail import AskedMail, TimeRange
from clawback.console.here import Here
from clawback.console.pages.explorer.words import (
    COMPARISONS,
    GROUPS,
    LABELS,
    comparisons_of,
    hint_of,
    shown_condition,
    split_values,
)
from clawback.console.parts.layout import filters, select_field, tabs, text_field
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.exploring import CHOICES
from clawback.errors import BadInput
from clawback.services.explore import read_filter
from models.explore import Comparison, ExploreField, ExploreView, Match

ADDRESS_CHARACTERS = 16_000
"""Of a filter in an address: servers and browsers take it, and so it can be shared."""

RANGES = (
    (TimeRange.DAY, "Last 24 hours"),
    (TimeRange.TWO_DAYS, "Yesterday and today"),
    (TimeRange.WEEK, "Last 7 days"),
    (TimeRange.MONTH, "Last 30 days"),
    (TimeRange.ALL, "All time"),
    (TimeRange.OWN, "Own range"),
)
_VIEWS = (
    (ExploreView.ALL, "All email"),
    (ExploreView.MALWARE, "Malware"),
    (ExploreView.PHISH, "Phish"),
)
_MATCHES = ((Match.ALL, "All conditions (AND)"), (Match.ANY, "Any condition (OR)"))
_CLEAR = (
    "document.querySelectorAll('form.builder [name=value]').forEach("
    "(field) => { if (field.type === 'checkbox') field.checked = false; else field.value = ''; })"
)


def view_tabs(here: Here, asked: AskedMail) -> None:
    """All email, Malware, Phish."""
    links = {
        view: here.link(view=None if view is ExploreView.ALL else view.value, page=None, open=None)
        for view, _ in _VIEWS
    }
    tabs("View", [(label, links[view]) for view, label in _VIEWS], links[asked.view])


def range_form(here: Here, asked: AskedMail) -> None:
    """When the mail was delivered, and whether all conditions have to hold or any."""
    with filters("Time range and match"):
        with tag("label", cls="field"):
            tag("span", "Delivered")
            with tag("select", name="range"):
                for value, label in RANGES:
                    tag("option", label, value=value.value, selected=value is asked.range)
        if asked.range is TimeRange.OWN:
            for name, label in (("since", "From (UTC)"), ("until", "Before (UTC)")):
                text_field(here, name, label, placeholder="2026-11-30T09:00", autocomplete="off")
            tag("button", "Apply", cls="button", type="submit")
        matches = [(match.value, label) for match, label in _MATCHES]
        select_field(here, "match", "Match", matches, empty="")


def chips(here: Here, asked: AskedMail) -> None:
    """The conditions; each has a link that takes it away, and says what is wrong with it."""
    if "" in asked.wrong:
        tag("p", asked.wrong[""], cls="notice bad", role="alert")
    if not asked.written:
        tag("p", "No conditions: everything in the time range is shown.", cls="quiet")
        return
    with tag("ul", cls="chips", aria_label="Conditions"):
        for place, written in enumerate(asked.written):
            others = [one for at, one in enumerate(asked.written) if at != place]
            _chip(written, here.link(filter=others, page=None, open=None), asked.wrong.get(written))
        if len(asked.written) > 1:
            with tag("li"):
                link("Clear all", here.link(filter=None, page=None, open=None), cls="clear")


def _chip(written: str, without: str, wrong: str | None) -> None:
    about, value = shown_condition(written)
    with tag("li", cls="chip bad" if wrong else "chip"):
        if about:
            tag("span", about, cls="about")
        tag("span", value, cls="value")
        link("✕", without, cls="remove", aria_label=f"Remove {about} {value}")
        if wrong:
            tag("span", wrong, cls="wrong", role="alert")


class Builder:
    """The form that adds a condition; what was typed stays until it is right."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._field = ExploreField.SENDER
        with tag("form", cls="builder", aria_label="Add a condition") as form:
            with tag("label", cls="field"):
                tag("span", "Field")
                with tag("select", name="field") as fields:
                    self._field_options()
            self._values = tag("div", cls="values")
            tag("button", "Add condition", cls="button", type="submit")
            self._error = tag("p", cls="wrong hidden", role="alert")
        fields.on("change", self._pick, js_handler="(event) => emit(event.target.value)")
        form.on(
            "submit",
            self._submit,
            js_handler="(event) => { event.preventDefault(); emit([...new FormData(event.target)]); }",
        )
        self._show_values()

    def _field_options(self) -> None:
        for group, found in GROUPS.items():
            with tag("optgroup", label=group):
                for field, label in found.items():
                    tag("option", label, value=field.value, selected=field is self._field)

    def _pick(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str) and event.args in set(ExploreField):
            self._field = ExploreField(event.args)
            self._say("")
            self._show_values()

    def _show_values(self) -> None:
        self._values.clear()
        with self._values:
            with tag("label", cls="field"):
                tag("span", "Comparison")
                with tag("select", name="comparison"):
                    for one in comparisons_of(self._field):
                        tag("option", COMPARISONS[one], value=one.value)
            choices = CHOICES.get(self._field)
            if choices is None:
                self._text()
            else:
                _boxes(LABELS[self._field], list(choices))

    def _text(self) -> None:
        with tag("label", cls="field grow"):
            tag("span", LABELS[self._field])
            tag("input", name="value", autocomplete="off", spellcheck="false",
                aria_describedby="value-hint")  # fmt: skip
        tag("p", hint_of(self._field), cls="hint", id="value-hint")

    async def _submit(self, event: GenericEventArguments) -> None:
        try:
            added = conditions_of(event.args)
            await self._add(added)
        except BadInput as error:
            self._say(str(error))

    async def _add(self, added: Sequence[str]) -> None:
        here = self._visit.here
        written = list(dict.fromkeys([*here.values("filter"), *added]))
        read_filter(added)
        read_filter([one for one in written if _is_right(one)])
        if len(here.link(filter=written)) > ADDRESS_CHARACTERS:
            raise BadInput(
                f"the filter is too long for an address of {ADDRESS_CHARACTERS:,} characters: "
                "ask for these by an Advanced hunting query"
            )
        self._say("")
        ui.run_javascript(_CLEAR)
        await here.go(filter=written, page=None, open=None)

    def _say(self, problem: str) -> None:
        self._error.say(problem)
        self._error.classes(add="" if problem else "hidden", remove="hidden" if problem else "")


def _boxes(label: str, choices: Sequence[str]) -> None:
    with tag("fieldset", cls="choices"):
        tag("legend", label)
        for choice in choices:
            with tag("label", cls="check"):
                tag("input", type="checkbox", name="value", value=choice)
                tag("span", choice)


def conditions_of(given: object) -> list[str]:
    """The conditions of what the form sent: pairs of name and value. Raises `BadInput`."""
    sent = given if isinstance(given, list) else []
    pairs = [one for one in sent if isinstance(one, list) and len(one) == 2]
    fields = [str(value) for name, value in pairs if name == "field"]
    comparisons = [str(value) for name, value in pairs if name == "comparison"]
    texts = [str(value) for name, value in pairs if name == "value"]
    if not fields or fields[0] not in set(ExploreField):
        raise BadInput("choose a field")
    field = ExploreField(fields[0])
    comparison = comparisons[0] if comparisons else Comparison.ANY_OF.value
    values = texts if field in CHOICES else [one for text in texts for one in split_values(text)]
    if not values:
        raise BadInput(f"{LABELS[field]}: give at least one value")
    return [f"{field.value}{comparison}{value}" for value in values]


def _is_right(written: str) -> bool:
    try:
        read_filter([written])
    except BadInput:
        return False
    return True
