"""The Action center: what waits for a decision, and what was decided."""

from __future__ import annotations

from nicegui import ui

from clawback.console.paging import page
from clawback.console.parts.layout import facts, filters, flyout, select_field
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.visiting import Visit
from clawback.services import report
from clawback.services.context import Context
from models.actions import RemediationAction


@page("/", title="Action center", nav="action-center")
async def start(visit: Visit) -> None:
    """Leads to what waits."""
    ui.navigate.to(visit.address("/action-center/pending"))


@page("/action-center/{tab}", title="Action center", nav="action-center")
async def action_center(visit: Visit, tab: str) -> None:
    """Pending or History."""

    async def rows() -> None:
        found = await visit.read(_actions)
        with filters("Filters"):
            select_field(visit.here, "status", "Status", [("Pending", "Pending")])
        Table(
            "Actions",
            [Column("id", "ID", "number"), Column("asset", "Asset"), Column("status", "Status")],
            [
                Row(
                    str(one.id),
                    [
                        Cell(str(one.id), visit.here.link(open=one.id)),
                        report.asset(one),
                        one.status,
                    ],
                )
                for one in found
            ],
        )

    async def open_one() -> None:
        number = visit.here.number("open", 0)
        if number:
            found = await visit.read(_action, number)
            with flyout(f"Action {number}", visit.here.link(open=None)):
                facts({"Asset": report.asset(found), "Status": found.status.value})

    await visit.here.part({"status", "page", "size"}, rows)
    await visit.here.part({"open"}, open_one)


def _actions(ctx: Context) -> tuple[RemediationAction, ...]:
    return ctx.store.cases.actions(limit=100)


def _action(ctx: Context, number: int) -> RemediationAction:
    return ctx.store.cases.action(number)
