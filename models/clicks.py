"""Clicks on links, as a mail gateway or a web proxy reports them."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class UrlClick(BaseModel):
    """One click, in the fields of UrlClickEvents. All text is hostile: users and senders write it.

    `report_id` is the reporter's own identity of the click: the same one again is the same click.
    Without one, two reports are two clicks. `url_chain` are the addresses on the way, if there were any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    clicked_at: AwareDatetime
    url: str = Field(min_length=1, max_length=16_384)
    action_type: str = Field(default="ClickAllowed", max_length=100)
    account_upn: str = Field(default="", max_length=1_024)
    workload: str = Field(default="Email", max_length=100)
    network_message_id: str = Field(default="", max_length=200)
    threat_types: str = Field(default="", max_length=1_024)
    detection_methods: str = Field(default="", max_length=4_096)
    ip_address: str = Field(default="", max_length=100)
    is_clicked_through: bool = False
    url_chain: tuple[str, ...] = Field(default=(), max_length=100)
    app_name: str = Field(default="", max_length=1_024)
    app_version: str = Field(default="", max_length=200)
    source_id: str = Field(default="", max_length=200)
    report_id: str = Field(default="", max_length=200)
