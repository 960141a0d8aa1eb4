"""Investigations and their clusters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from clawback.api.access import Reader
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx
from clawback.api.paging import LIMIT, Cursor, Limit, Page, page_of, read_number
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import RowNumber
from clawback.api.shapes.cases import (
    ClusterList,
    ClusterOut,
    InvestigationDetails,
    InvestigationOut,
    MemberOut,
)
from clawback.api.shapes.times import Since, Until
from clawback.services.report import (
    View,
    cluster_summary,
    history_view,
    investigation_view,
    member_view,
    selection_view,
    verdict_view,
)
from models.alerts import InvestigationStatus
from models.listing import InvestigationFilter

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["investigations"])

Number = Annotated[RowNumber, Path()]


@router.get("/investigations", response_model=Page[InvestigationOut])
def list_investigations(
    ctx: Ctx,
    who: Reader,
    *,
    status: Annotated[list[InvestigationStatus], Query(max_length=20)] = [],  # noqa: B006
    since: Since = None,
    until: Until = None,
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> View:
    """Investigations, the newest first, by status and by when they began."""
    wanted = InvestigationFilter(frozenset(status), since, until)
    rows = ctx.store.lists.investigations(
        wanted, before=read_number(cursor, "investigations"), limit=limit + 1
    )
    return page_of(
        rows,
        limit,
        lambda found: investigation_view(ctx, found),
        lambda found: ["investigations", found.id],
    )


@router.get("/investigations/{number}", response_model=InvestigationDetails, responses=failing(404))
def get_investigation(ctx: Ctx, who: Reader, number: Number) -> View:
    """One investigation with what was said of its entities, and what happened."""
    found = ctx.store.cases.investigation(number)
    cases = ctx.store.cases
    return {
        **investigation_view(ctx, found),
        "selection": selection_view(cases.selection(number)),
        "verdicts": [verdict_view(item) for item in cases.verdicts(number)],
        "history": [history_view(item) for item in cases.history(investigation_id=number)],
    }


@router.get("/investigations/{number}/clusters", response_model=ClusterList, responses=failing(404))
def list_clusters(ctx: Ctx, who: Reader, number: Number) -> View:
    """The clusters of an investigation, oldest first, without their messages."""
    ctx.store.cases.investigation(number)
    return {"items": [cluster_summary(ctx, one) for one in ctx.store.cases.cluster_ids(number)]}


@router.get("/clusters/{number}", response_model=ClusterOut, responses=failing(404))
def get_cluster(ctx: Ctx, who: Reader, number: Number) -> View:
    """One cluster with its latest locations and decision."""
    return cluster_summary(ctx, number)


@router.get("/clusters/{number}/members", response_model=Page[MemberOut], responses=failing(404))
def list_members(
    ctx: Ctx, who: Reader, number: Number, cursor: Cursor = "", limit: Limit = LIMIT
) -> View:
    """The messages of a cluster, by copy id."""
    name = f"members:{number}"
    after = read_number(cursor, name) or 0
    rows = ctx.store.lists.members(number, after=after, limit=limit + 1)
    return page_of(rows, limit, member_view, lambda member: [name, member.ref.copy_id])
