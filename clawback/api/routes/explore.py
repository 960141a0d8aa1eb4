"""The Explorer: delivered mail by filter, counts, bars, and one message with its story."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from clawback.api.access import Reader
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx
from clawback.api.paging import LIMIT, Cursor, Limit, bad_cursor, page_of, read_cursor
from clawback.api.routing import HuntRoute
from clawback.api.shapes.explore import CountsOut, EmailPage, EntityOut, HistogramOut
from clawback.api.shapes.times import Since, Until
from clawback.services import explore
from clawback.services.report import View
from models.explore import (
    Bucket,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
    ExploreView,
    Match,
    Pivot,
)

router = APIRouter(prefix=f"{PREFIX}/explore", route_class=HuntRoute, tags=["explore"])

Conditions = Annotated[
    list[str],
    Query(
        alias="filter",
        max_length=200,
        description="FIELD=VALUE, FIELD!=VALUE, FIELD>NUMBER or FIELD<NUMBER; see docs/api.md",
    ),
]
EmailId = Annotated[str, Path(min_length=1, max_length=100, description="`id` of a list")]


def wanted_mail(
    conditions: Conditions = [],  # noqa: B006
    match: Annotated[Match, Query(description="Whether all conditions hold, or any")] = Match.ALL,
    since: Since = None,
    until: Until = None,
    *,
    view: Annotated[ExploreView, Query(description="All mail, or that with a threat")] = (
        ExploreView.ALL
    ),
) -> ExploreFilter:
    """The filter that a request asks for."""
    return explore.read_filter(conditions, match, since=since, until=until, view=view)


Wanted = Annotated[ExploreFilter, Depends(wanted_mail)]


@router.get("/emails", response_model=EmailPage)
def list_emails(
    ctx: Ctx,
    who: Reader,
    wanted: Wanted,
    *,
    order: ExploreOrder = ExploreOrder.NEWEST,
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> View:
    """Copies by when they were delivered. A page begins after the last one that was shown."""
    name = f"emails:{order.value}"
    found = explore.explorer(ctx).emails(wanted, order, after=_place(cursor, name), limit=limit + 1)
    shown = page_of(
        found.emails,
        limit,
        asdict,
        lambda email: [name, email.delivered_at.isoformat(), email.copy_id],
    )
    return {**shown, "mirror_lag_s": found.mirror_lag.total_seconds()}


@router.get("/counts", response_model=CountsOut)
def count_emails(ctx: Ctx, who: Reader, wanted: Wanted) -> View:
    """How much the filter finds, and by what values."""
    return _shown(explore.explorer(ctx).count(wanted))


@router.get("/histogram", response_model=HistogramOut)
def show_histogram(
    ctx: Ctx,
    who: Reader,
    wanted: Wanted,
    *,
    bucket: Bucket = Bucket.DAY,
    pivot: Pivot = Pivot.DELIVERY_ACTION,
) -> View:
    """Copies by time and one more value."""
    return _shown(explore.explorer(ctx).histogram(wanted, bucket, pivot))


@router.get("/emails/{email_id}", response_model=EntityOut, responses=failing(404))
def get_email(ctx: Ctx, who: Reader, email_id: EmailId) -> View:
    """One message in one mailbox, with its files, links and what happened to it."""
    return _shown(explore.explorer(ctx).email(email_id))


def _shown(found: object) -> View:
    shown = asdict(found)  # type: ignore[call-overload]
    lag = shown.pop("mirror_lag")
    return {**shown, "mirror_lag_s": lag.total_seconds()}


def _place(cursor: str, name: str) -> ExplorePlace | None:
    place = read_cursor(cursor, name, [str, int])
    if place is None:
        return None
    try:
        at = datetime.fromisoformat(str(place[0]))
    except ValueError:
        raise bad_cursor() from None
    if at.tzinfo is None:
        raise bad_cursor()
    return ExplorePlace(at, int(str(place[1])))
