"""Automation settings: what may run by itself, with its history, and what an edit would have done."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from clawback.console.pages.settings_draft import Draft
from clawback.console.pages.settings_form import SettingsForm
from clawback.console.pages.settings_guards import show_guards, show_suppressions
from clawback.console.pages.settings_versions import show_history, show_version, version_line
from clawback.console.pages.settings_what_if import show_what_if
from clawback.console.paging import page
from clawback.console.parts.layout import facts, panel
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit, say
from clawback.core.showing import plain
from clawback.errors import Conflict
from clawback.services import settings_history
from clawback.services.automation import WARNING, change_settings
from clawback.services.settings_history import Overview, ToldVersion
from clawback.services.what_if import what_if
from models.people import Permission
from models.what_if import WhatIf

READ_ONLY = (
    "You may look at the settings, but not change them: that needs the role admin. Ask an "
    "administrator of Clawback."
)


@page("/settings", title="Automation settings", nav="settings")
async def build(visit: Visit) -> None:
    """The form, what the edits would have done, guards, suppressions, and the versions."""
    await SettingsPage(visit, await visit.read(settings_history.overview)).build()


class SettingsPage:
    """The page as one person has it open, with what they edited."""

    def __init__(self, visit: Visit, overview: Overview) -> None:
        self._visit = visit
        self._overview = overview
        self._draft = Draft(overview.settings, overview.version)
        self._between: tuple[ToldVersion, ...] = ()
        self._told: WhatIf | None = None
        self._is_replaying = False
        self._is_saving = False
        self._may_change = visit.may(Permission.ADMINISTER)

    async def build(self) -> None:
        """All parts, in order."""
        here = self._visit.here
        self._form = await here.part((), self._build_form)
        await self._build_review()
        self._replay = await here.part((), self._build_replay)
        self._lists = await here.part((), self._build_lists)
        self._history = await here.part(
            {"version", "before"}, lambda: show_history(self._visit), cls="history"
        )
        await here.part({"version"}, self._open_version)

    async def _build_form(self) -> None:
        form = SettingsForm(self._draft, self._edited, is_open=self._may_change)
        self._fields = form
        if not self._may_change:
            with tag("div", cls="notice"):
                tag("p", READ_ONLY)
        with panel(cls="automation"):
            form.clusters()
            self._recoverability()
        form.rest()

    def _recoverability(self) -> None:
        with tag("div", cls="notice warn"):
            tag("p", WARNING)
        tag("h2", "How long soft-deleted messages can be put back")
        kept = {
            name: note if days is None else f"{days} days. {note}"
            for name, (days, note) in self._overview.retention.items()
        }
        facts(kept or {"Sources": "none is configured"})

    def _tell_between(self) -> None:
        if not self._between:
            return
        with tag("div", cls="notice warn", role="alert"):
            tag("strong", "Somebody else saved while you edited. Nothing of yours was saved yet.")
            for told in self._between:
                tag("p", f"{version_line(told)}: {_in_words(told)}")
            tag(
                "p",
                "Your edits are kept, and now stand on these settings. Look at them, then save.",
            )

    async def _build_review(self) -> None:
        with tag("section", cls="panel review", aria_label="Your edits"):
            self._edits = await self._visit.here.part((), self._build_edits)
            # Built once: a button that is built anew while somebody clicks on it does nothing.
            with tag("div", cls="row"):
                if self._may_change:
                    self._do_save = button("Save", self._visit.doing(self._save), cls="primary")
                self._try = button("", self._visit.doing(self._try_out))
                self._give_up = button("Discard edits", self._visit.doing(self._discard))
                self._in_force = tag("span", cls="quiet")
        self._tell_edited()

    async def _build_edits(self) -> None:
        self._tell_between()
        with tag("div", role="status", cls="edits"):
            _show_edits([str(each) for each in self._draft.changes], len(self._draft.faults))

    def _tell_edited(self) -> None:
        self._try.say(_replay_words(self._draft))
        self._give_up.set_visibility(self._draft.is_edited)
        self._in_force.say(f"Version {self._draft.version:,} is in force.")

    async def _show_review(self) -> None:
        self._tell_edited()
        await self._edits.build()

    async def _build_replay(self) -> None:
        if self._is_replaying:
            with panel("What if", cls="what-if"):
                tag("p", "Replaying the last 30 days …", role="status")
        elif self._told is not None:
            base = self._overview.settings
            is_outdated = self._told.settings != base.with_changes(self._draft.edits)
            show_what_if(self._visit, base, self._told, is_outdated=is_outdated)

    async def _build_lists(self) -> None:
        show_guards()
        show_suppressions(self._visit, self._overview, self._reload)

    async def _open_version(self) -> None:
        number = self._visit.here.number("version", -1, least=-1)
        if number >= 0:
            await show_version(self._visit, number, self._load if self._may_change else None)

    async def _edited(self) -> None:
        await self._show_review()
        if self._told is not None:
            await self._replay.build()

    async def _try_out(self) -> None:
        if self._draft.faults:
            say("Correct what is marked, then replay.", good=False)
            return
        self._is_replaying = True
        await self._replay.build()
        try:
            self._told = await self._visit.read(what_if, self._draft.edits)
        finally:
            self._is_replaying = False
            await self._replay.build()
        ui.run_javascript("document.querySelector('.what-if').scrollIntoView({block: 'nearest'})")

    async def _save(self) -> None:
        if self._is_saving:
            return  # the second click of two would ask for the same once more, on the version before
        if self._draft.faults:
            say("Correct what is marked, then save.", good=False)
            return
        if not self._draft.edits:
            say("There is nothing to save.")
            return
        self._is_saving = True
        self._do_save.props["aria-disabled"] = "true"
        try:
            await self._save_edits()
        finally:
            self._is_saving = False
            self._do_save.props.pop("aria-disabled", None)

    async def _save_edits(self) -> None:
        sent = dict(self._draft.given)
        try:
            _, saved = await self._visit.act(
                Permission.ADMINISTER,
                change_settings,
                self._draft.edits,
                based_on=self._draft.version,
                actor=self._visit.person.actor,
            )
        except Conflict:
            before = self._draft.version
            await self._go_on()
            self._between = await self._visit.read(settings_history.since, before)
        else:
            self._between = ()
            say(f"Saved as version {saved:,}.")
            await self._go_on(sent)
        await self._show_beside()

    async def _go_on(self, sent: Mapping[str, str] | None = None) -> None:
        """From what is in force now; `sent` is what was just saved. What is typed meanwhile stays."""
        self._overview = await self._visit.read(settings_history.overview)
        replaced = self._draft.rebase(self._overview.settings, self._overview.version, sent=sent)
        self._fields.replace(replaced)

    async def _reload(self) -> None:
        await self._go_on()
        await self._show_beside()

    async def _show_beside(self) -> None:
        """All but the form."""
        await self._show_review()
        await self._replay.build()
        await self._lists.build()
        await self._history.build()

    async def _discard(self) -> None:
        if self._is_saving:
            return  # it is too late for what is on its way
        self._between = ()
        self._draft.give_up()
        await self._show_draft()

    async def _load(self, told: ToldVersion) -> None:
        unknown = ", ".join(plain(key, 60) for key in self._draft.load(told.settings))
        left_out = f" Left out, as no such setting exists here: {unknown}." if unknown else ""
        say(f"Version {told.version:,} is in the form. Look at the edits, then save.{left_out}")
        await self._show_draft()

    async def _show_draft(self) -> None:
        await self._form.build()
        await self._show_review()
        await self._replay.build()


def _show_edits(changes: list[str], faults: int) -> None:
    if not changes and not faults:
        tag("p", "Nothing is edited.", cls="quiet")
        return
    tag("strong", f"{len(changes):,} edited" if changes else "Edited")
    with tag("ul", cls="changes"):
        for text in changes:
            tag("li", text)
        if faults:
            tag("li", f"{faults:,} field{'s' if faults > 1 else ''} to correct", cls="fault")


def _replay_words(draft: Draft) -> str:
    return "What if: replay the last 30 days" if draft.is_edited else "Replay the last 30 days"


def _in_words(told: ToldVersion) -> str:
    return "; ".join(str(change) for change in told.changes) or "nothing"
