"""The form of the automation settings: the original's sections first, then the rest of policy."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from clawback.console.pages.settings_draft import Draft
from clawback.console.parts.layout import panel
from clawback.console.parts.tags import Tag, tag
from clawback.core.setting_forms import FieldKind, SettingField, fields

Edited = Callable[[], Awaitable[None]]

CLUSTERS = ("similar_files", "similar_urls")
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "What may run by itself",
        "Further limits on the clusters that are switched on above.",
        ("mode", "cap", "many_senders", "take_deleted_items", "take_sent_items"),
    ),
    (
        "Approvals and sweeps",
        "How long an action waits, who may decide, and how long late arrivals are looked for.",
        ("verified_approvals_only", "pending_days", "sweep_hours"),
    ),
    (
        "Exclusions and lists",
        "One entry a line. An entry that cannot be used is named with its line.",
        (
            "secops_mailboxes",
            "simulation_urls",
            "allowed_indicators",
            "shared_hosts",
            "unshared_hosts",
        ),
    ),
)
_REPLACE = """((texts) => {
    for (const [id, old, text] of texts) {
        const field = document.getElementById(id);
        if (!field) continue;
        if (field.type === "checkbox") {
            if ((field.checked ? "on" : "") === old) field.checked = text === "on";
        } else if (field.value === old) field.value = text;
    }
})"""
_FIELDS = {each.key: each for each in fields()}
_PLACED = {*CLUSTERS, *(key for _, _, keys in SECTIONS for key in keys)}
_FURTHER = tuple(key for key in _FIELDS if key not in _PLACED)


class SettingsForm:
    """The fields with what is wrong beside each; they are uncontrolled, so nothing resets what is typed."""

    def __init__(self, draft: Draft, edited: Edited, *, is_open: bool) -> None:
        self._draft = draft
        self._edited = edited
        self._is_open = is_open
        self._faults: dict[str, Tag] = {}

    def clusters(self) -> None:
        """*Message clusters* and *Remediation action*."""
        with tag("fieldset", cls="settings-group"):
            tag("legend", "Message clusters")
            tag(
                "p",
                "Malicious clusters of these types are remediated without approval. Clusters of "
                "types that are not selected wait for a person.",
                cls="quiet",
            )
            for key in CLUSTERS:
                self._field(_FIELDS[key])
        with tag("fieldset", cls="settings-group"):
            tag("legend", "Remediation action")
            with tag("label", cls="check"):
                tag("input", type="radio", name="action", checked=True, disabled=not self._is_open)
                tag("span", "Soft delete")

    def rest(self) -> None:
        """All other settings, in sections."""
        further = (("Further settings", "", _FURTHER),) if _FURTHER else ()
        for title, about, keys in (*SECTIONS, *further):
            with panel(title, cls="settings-section"):
                if about:
                    tag("p", about, cls="quiet")
                with tag("div", cls="setting-fields"):
                    for key in keys:
                        self._field(_FIELDS[key])

    def mark(self) -> None:
        """Show what is wrong now beside each field."""
        found = self._draft.faults
        for key, place in self._faults.items():
            text = "\n".join(found.get(key, ()))
            if place.text != text:
                place.say(text)

    def replace(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Put other texts into fields, by their keys: pairs of the text before and the new one.

        A field that shows another text already keeps it, with its caret: somebody types there, and
        what they typed is on its way.
        """
        if texts:
            told = [(f"setting-{key}", old, new) for key, (old, new) in texts.items()]
            ui.run_javascript(f"{_REPLACE}({json.dumps(told)})")
        self.mark()

    def _field(self, field: SettingField) -> None:
        ids = {"id": f"setting-{field.key}", "aria_describedby": f"about-{field.key}"}
        with tag("div", cls=f"setting is-{field.kind.value}"):
            match field.kind:
                case FieldKind.FLAG:
                    with tag("label", cls="check"):
                        self._input(field, "input", type="checkbox", **ids,
                                    defaultChecked=self._draft.given[field.key] == "on")  # fmt: skip
                        tag("span", field.title)
                case _:
                    tag("label", field.title, for_=ids["id"])
                    self._control(field, ids)
            tag("p", _about(field), cls="quiet about", id=ids["aria_describedby"])
            fault = "\n".join(self._draft.faults.get(field.key, ()))
            self._faults[field.key] = tag("p", fault, cls="fault", role="status")

    def _control(self, field: SettingField, ids: dict[str, str]) -> None:
        given = self._draft.given[field.key]
        match field.kind:
            case FieldKind.NUMBER:
                self._input(field, "input", type="text", inputmode="numeric", defaultValue=given,
                            autocomplete="off", **ids)  # fmt: skip
            case FieldKind.CHOICE:
                with self._input(field, "select", **ids):
                    for choice in field.choices:
                        tag("option", choice, value=choice, selected=choice == given)
            case FieldKind.LINES:
                rows = str(min(max(given.count("\n") + 2, 3), 12))
                self._input(field, "textarea", defaultValue=given, rows=rows, spellcheck="false",
                            **ids)  # fmt: skip

    def _input(self, field: SettingField, name: str, **attributes: Any) -> Tag:
        made = tag(name, disabled=not self._is_open, **attributes)

        async def took(event: GenericEventArguments) -> None:
            if isinstance(event.args, str):
                self._draft.type(field.key, event.args)
                self.mark()
                await self._edited()

        is_flag = field.kind is FieldKind.FLAG
        read = "e.target.checked ? 'on' : ''" if is_flag else "e.target.value"
        made.on("change" if is_flag else "input", took, js_handler=f"(e) => emit({read})")
        return made


def _about(field: SettingField) -> str:
    if field.kind is FieldKind.NUMBER:
        return f"{field.description}. From {field.least:,} to {field.most:,}."
    return f"{field.description}."
