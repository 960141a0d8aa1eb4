"""Queries that people keep, and named lists that queries may use."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from clawback.api.access import Administrator, Reader
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.hunting import (
    ApproveIn,
    ListDetails,
    ListIn,
    ListList,
    ListOut,
    QueryIn,
    QueryList,
    QueryOut,
)
from clawback.services import hunt, named_lists
from clawback.services.report import View
from models.hunting import SavedQuery
from models.people import Permission

router = APIRouter(prefix=f"{PREFIX}/hunt", route_class=GuardedRoute, tags=["hunting"])

Name = Annotated[str, Path(min_length=1, max_length=100)]
Proposed = Annotated[bool, Query(description="The proposal instead of the approved list")]


@router.get("/queries", response_model=QueryList)
def list_queries(ctx: Ctx, who: Reader) -> View:
    """One's own queries and those that others share, by name."""
    return {"items": [_shown(found) for found in ctx.store.hunting.queries(who.name)]}


@router.get("/queries/{name:path}", response_model=QueryOut, responses=failing(404, 409))
def get_query(ctx: Ctx, who: Reader, name: Name) -> View:
    """One's own query of that name, else the one that is shared."""
    return _shown(ctx.store.hunting.query(name, who.name))


@router.put("/queries/{name:path}", response_model=QueryOut)
def save_query(ctx: Ctx, who: Reader, name: Name, wanted: QueryIn) -> View:
    """Keep a query under a name of one's own, in place of an earlier one."""
    made = hunt.save_query(ctx, name, wanted.text, shared=wanted.shared, by=who.actor)
    return _shown(made)


@router.delete("/queries/{name:path}", status_code=204, responses=failing(404, 409))
def delete_query(ctx: Ctx, who: Reader, name: Name) -> Response:
    """Delete one's own query; an administrator may delete what others share."""
    hunt.delete_query(ctx, name, by=who.actor, administers=_administers(who.permissions))
    return Response(status_code=204)


def _shown(found: SavedQuery) -> View:
    """All but its kind, which is that of these addresses."""
    shown = asdict(found)
    del shown["kind"]
    return shown


@router.get("/lists", response_model=ListList)
def list_lists(ctx: Ctx, who: Reader) -> View:
    """All named lists, without their rows."""
    return {"items": [asdict(found) for found in ctx.store.hunting.lists()]}


@router.get("/lists/{name}", response_model=ListDetails, responses=failing(404))
def get_list(ctx: Ctx, who: Reader, name: Name, proposed: Proposed = False) -> View:
    """A named list with its rows."""
    info, content = named_lists.content(ctx, name, proposed=proposed)
    return {"info": asdict(info), "columns": content.columns, "rows": content.rows}


@router.put("/lists/{name}", response_model=ListOut)
def propose_list(ctx: Ctx, who: Reader, name: Name, wanted: ListIn) -> View:
    """Propose a list; queries may use it once an administrator approved it."""
    return asdict(named_lists.propose(ctx, name, wanted.columns, wanted.rows, by=who.actor))


@router.post("/lists/{name}/approve", response_model=ListOut, responses=failing(404))
def approve_list(ctx: Ctx, who: Administrator, name: Name, seen: ApproveIn) -> View:
    """Approve the proposal that has this digest."""
    return asdict(named_lists.approve(ctx, name, seen.digest, by=who.actor))


@router.delete("/lists/{name}", status_code=204, responses=failing(404))
def delete_list(ctx: Ctx, who: Reader, name: Name, proposed: Proposed = False) -> Response:
    """Delete one's own proposal; an administrator deletes any list."""
    named_lists.delete(
        ctx, name, proposed=proposed, by=who.actor, administers=_administers(who.permissions)
    )
    return Response(status_code=204)


def _administers(permissions: frozenset[Permission]) -> bool:
    return Permission.ADMINISTER in permissions
