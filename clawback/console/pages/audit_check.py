"""Whether the audit log is as it was written: checked for its latest entry, or when somebody asks."""

from __future__ import annotations

from contextlib import nullcontext

from nicegui.events import GenericEventArguments

from clawback.console.here import Part
from clawback.console.parts.layout import facts, panel, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import badge, button, tag
from clawback.console.visiting import Visit
from clawback.core.showing import counted, plain
from clawback.services import audit_search
from clawback.services.audit_search import CheckedLog, LogChecks
from models.audit import AuditHead, Fault
from models.people import Permission

CHECKS = LogChecks()
"""Of this process: a log of a hundred thousand entries takes seconds."""

FAULTS_SHOWN = 100


class CheckPanel:
    """The result of the latest check, and the buttons for another."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._noted = ""
        self._part: Part | None = None

    async def build(self) -> None:
        """The panel; the first check of a process comes later than the page."""
        self._part = await self._visit.here.part(
            (), self._show, cls="audit-check", later=nullcontext
        )

    async def _show(self) -> None:
        act = self._visit.act
        known = await act(Permission.ADMINISTER, CHECKS.latest)
        if known is None:
            known = await act(Permission.ADMINISTER, CHECKS.current)
        end = await act(Permission.ADMINISTER, audit_search.head)
        with panel("Verification"):
            _show_result(known, end)
            _show_faults(self._visit, known)
            self._show_buttons(known)

    def _show_buttons(self, known: CheckedLog) -> None:
        with tag("div", cls="row head-to-note"):
            with tag("label", cls="field grow"):
                tag("span", "Head to note elsewhere: only by it a rewritten log is noticed")
                tag("input", readonly=True, id="audit-head", defaultValue=plain(str(known.report.head)),
                    spellcheck="false")  # fmt: skip
            button("Copy").on("click", js_handler=_COPY)
        with tag("div", cls="row"):
            with tag("label", cls="field grow"):
                tag("span", "A head that you noted earlier (NUMBER:DIGEST), if any")
                noted = tag("input", defaultValue=self._noted, maxlength="100", spellcheck="false")
                noted.on("input", self._note, js_handler="(e) => emit(e.target.value)")
            button("Verify now", self._visit.doing(self._verify), cls="primary")

    def _note(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str):
            self._noted = event.args[:100]

    async def _verify(self) -> None:
        await self._visit.act(Permission.ADMINISTER, CHECKS.check, self._noted)
        if self._part is not None:
            await self._part.build()


_COPY = """() => {
  const head = document.getElementById("audit-head");
  head.select();
  if (navigator.clipboard) navigator.clipboard.writeText(head.value); else document.execCommand("copy");
}"""


def _show_result(known: CheckedLog, end: AuditHead | None) -> None:
    report = known.report
    with tag("p", role="status", cls="row"):
        if report.faults_found:
            badge(counted(report.faults_found, "fault"), "bad")
            tag("strong", "The log is not as it was written.")
        else:
            badge("Sound", "good")
            tag("strong", f"All entries are as they were written: {report.entries:,}.")
    later = max(0, end.number - report.head.number) if end is not None else 0
    facts(
        {
            "Checked": f"{when(known.at)}, in {known.took.total_seconds():,.1f} seconds",
            "Up to": f"entry {report.head.number:,}",
            "Since then": f"{later:,} more" if later else "nothing",
            "Against a noted head": "–" if known.noted is None else plain(str(known.noted)),
        }
    )


def _show_faults(visit: Visit, known: CheckedLog) -> None:
    report = known.report
    if not report.faults:
        return
    Table(
        "Faults",
        [Column("entry", "Entry", "number"), Column("what", "What is wrong", wide=True)],
        [_fault(visit, number, each) for number, each in enumerate(report.faults[:FAULTS_SHOWN])],
    )
    if report.faults_found > FAULTS_SHOWN:
        tag(
            "p",
            f"The first {FAULTS_SHOWN} of {report.faults_found:,}: `clawback audit verify` says more.",
        )


def _fault(visit: Visit, number: int, fault: Fault) -> Row:
    of_log = "the log" if fault.entry is None else f"{fault.entry:,}"
    href = "" if fault.entry is None else visit.here.link(open=fault.entry)
    return Row(str(number), (Cell(of_log, href), plain(fault.what, 300)))
