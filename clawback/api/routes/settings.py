"""Settings by version, the stop button, and suppressed indicators."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from clawback.api.access import Administrator, Operator, Reader
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx
from clawback.api.paging import LIMIT, Cursor, Limit, Page, page_of, read_number
from clawback.api.problems import NO_CONDITION, NO_MATCH, Refusal
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import ReasonIn
from clawback.api.shapes.settings import (
    LiftIn,
    LiftOut,
    PauseOut,
    SettingsIn,
    SettingsOut,
    SuppressionOut,
    VersionOut,
)
from clawback.api.shapes.what_if import WhatIfOut
from clawback.core.indicators import BadIndicator, parse_indicator
from clawback.core.trivial import is_trivial_hash
from clawback.errors import BadInput, Conflict
from clawback.services import lifting
from clawback.services import what_if as replaying
from clawback.services.automation import (
    change_settings,
    pause_view,
    press_stop,
    release_stop,
    settings_view,
    version_view,
)
from clawback.services.report import View
from clawback.services.what_if_report import what_if_view
from models.indicators import Indicator, IndicatorKind

router = APIRouter(prefix=PREFIX, route_class=GuardedRoute, tags=["settings"])

_TAG = re.compile(r'(?:W/)?"settings-([0-9]{1,18})"')
_ETAG_HEADER = {"ETag": {"description": "The version, for If-Match", "schema": {"type": "string"}}}


@router.get(
    "/settings",
    response_model=SettingsOut,
    responses={200: {"headers": _ETAG_HEADER}, **failing(304)},
)
def get_settings(
    ctx: Ctx,
    who: Reader,
    response: Response,
    if_none_match: Annotated[str, Header(max_length=1_000)] = "",
) -> View | Response:
    """All settings, the stop button, and how long each source keeps what was soft-deleted."""
    current, version = ctx.store.settings.current()
    if version in _versions(if_none_match):
        return Response(status_code=304, headers={"ETag": etag(version)})
    response.headers["ETag"] = etag(version)
    return settings_view(ctx, current, version)


@router.patch(
    "/settings",
    response_model=SettingsOut,
    responses={200: {"headers": _ETAG_HEADER}, **failing(412, 428)},
)
def patch_settings(
    ctx: Ctx,
    who: Administrator,
    changes: SettingsIn,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=1_000)] = None,
) -> View:
    """Change some settings, all of them or none; If-Match says which version they are meant for."""
    wanted = _wanted(changes)
    version = _version_meant(ctx.store.settings.current()[1], if_match)
    try:
        current, saved = change_settings(ctx, wanted, based_on=version, actor=who.actor)
    except Conflict as error:
        raise Refusal(NO_MATCH, str(error)) from error
    response.headers["ETag"] = etag(saved)
    return settings_view(ctx, current, saved)


@router.get("/settings/versions", response_model=Page[VersionOut])
def list_versions(ctx: Ctx, who: Reader, cursor: Cursor = "", limit: Limit = LIMIT) -> View:
    """Versions of the settings with their authors, the newest first."""
    before = read_number(cursor, "settings")
    rows = ctx.store.lists.settings_versions(before=before, limit=limit + 1)
    return page_of(rows, limit, version_view, lambda found: ["settings", found.version])


@router.post("/settings/what-if", response_model=WhatIfOut)
def what_if(
    ctx: Ctx,
    who: Reader,
    changes: SettingsIn,
    days: Annotated[int, Query(ge=1, le=replaying.DAYS_MAX)] = replaying.DAYS,
) -> View:
    """What the last days would have come to with some settings changed; nothing is saved."""
    return what_if_view(replaying.what_if(ctx, _wanted(changes), days=days))


@router.post("/pause", response_model=PauseOut)
def pause(ctx: Ctx, who: Operator, why: ReasonIn) -> View:
    """Stop all moves at once: before its next batch every running action stops."""
    return pause_view(press_stop(ctx, why.reason, actor=who.actor))


@router.post("/resume", response_model=PauseOut)
def resume(ctx: Ctx, who: Operator) -> View:
    """Let moves go on: actions that were stopped are taken up again within minutes."""
    release_stop(ctx, actor=who.actor)
    return pause_view(None)


@router.get("/suppressions", response_model=Page[SuppressionOut])
def list_suppressions(ctx: Ctx, who: Reader, cursor: Cursor = "", limit: Limit = LIMIT) -> View:
    """Indicators that never remediate by themselves until a person lifts them."""
    before = read_number(cursor, "suppressions")
    rows = ctx.store.lists.suppressions(before=before, limit=limit + 1)
    return page_of(rows, limit, asdict, lambda found: ["suppressions", found.id])


@router.post("/suppressions/lift", response_model=LiftOut, responses=failing(404))
def lift(ctx: Ctx, who: Administrator, wanted: LiftIn) -> View:
    """Let an indicator remediate by itself again whose action was reverted or rejected."""
    found = lifting.lift(ctx, _indicator(wanted), by=who.actor)
    return {"lifted": found.value, "kind": found.kind.value, "match": found.match.value}


def etag(version: int) -> str:
    """The version as an entity tag."""
    return f'"settings-{version}"'


def _wanted(changes: SettingsIn) -> dict[str, object]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in changes.model_dump(exclude_unset=True).items()
        if value is not None
    }


def _versions(condition: str) -> set[int]:
    return {int(number) for number in _TAG.findall(condition)}


def _version_meant(current: int, if_match: str | None) -> int:
    """The version that the change is based on. Raises `Refusal` 428 or 412."""
    if if_match is None:
        raise Refusal(NO_CONDITION, "send If-Match with the ETag of GET /api/v1/settings")
    if if_match.strip() == "*" or current in _versions(if_match):
        return current
    raise Refusal(NO_MATCH, f"the settings are at version {current}: look at them again, then save")


def _indicator(wanted: LiftIn) -> Indicator:
    text = wanted.indicator.strip()
    if is_trivial_hash(text):
        return Indicator(IndicatorKind.FILE, text.lower(), text)
    try:
        return parse_indicator(wanted.indicator, match=wanted.match)
    except BadIndicator as error:
        raise BadInput(f"indicator: {error}") from error
