"""Clicks on links in JSON, as a mail gateway or a web proxy reports them."""

from __future__ import annotations

from pydantic import Field, StrictBool

from clawback.api.shapes.texts import Shape
from clawback.api.shapes.times import Moment
from clawback.services.clicks import AT_ONCE
from models.clicks import UrlClick


class ClickIn(UrlClick):
    """One click, in the fields of UrlClickEvents; the same `report_id` again is the same click."""

    clicked_at: Moment
    is_clicked_through: StrictBool = False


class ClicksIn(Shape):
    """Clicks to keep: all of them, or none."""

    clicks: list[ClickIn] = Field(min_length=1, max_length=AT_ONCE)


class ClicksOut(Shape):
    """How many were new, and how many were known by their `report_id`."""

    added: int
    known: int
