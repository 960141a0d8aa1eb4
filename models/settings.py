"""What an administrator decides; every change is a new version with an author."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Mode(StrEnum):
    """Whether anything moves."""

    ENFORCE = "enforce"
    OBSERVE = "observe"  # everything is decided and recorded, nothing moves


class Settings(BaseModel):
    """The automation settings; all opt-ins are off on a fresh install.

    `cap` is the original's limit: a cluster of more than 10,000 messages never runs by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    similar_files: bool = Field(
        title="Similar files",
        default=False,
        description="Soft-delete clusters of similar files without approval",
    )
    similar_urls: bool = Field(
        title="Similar URLs",
        default=False,
        description="Soft-delete clusters of similar URLs without approval",
    )
    mode: Mode = Field(
        title="Mode",
        default=Mode.ENFORCE,
        description="enforce, or observe: decide and record, move nothing",
    )
    cap: int = Field(
        title="Cap",
        default=10_000,
        ge=0,
        le=10_000,
        description="Largest cluster that may run without approval, in messages",
    )
    take_deleted_items: bool = Field(
        title="Take Deleted Items",
        default=False,
        description="Count copies in Deleted Items as in a mailbox",
    )
    take_sent_items: bool = Field(
        title="Take Sent Items",
        default=False,
        description="Count copies in Sent Items as in a mailbox",
    )
    verified_approvals_only: bool = Field(
        title="Verified approvals only",
        default=False,
        description="Refuse decisions typed into the Prefect form, which records no identity",
    )
    pending_days: int = Field(
        title="Pending days",
        default=7,
        ge=1,
        le=30,
        description="Days until a pending action expires",
    )
    sweep_hours: int = Field(
        title="Sweep hours",
        default=72,
        ge=0,
        le=720,
        description="Hours that indicators of past actions are looked for again",
    )
    secops_mailboxes: tuple[str, ...] = Field(
        title="SecOps mailboxes",
        default=(),
        description="Mailboxes never counted and never touched",
    )
    simulation_urls: tuple[str, ...] = Field(
        title="Simulation URLs", default=(), description="Phishing-simulation URLs, never clustered"
    )
    allowed_indicators: tuple[str, ...] = Field(
        title="Allowed indicators",
        default=(),
        description="Hashes, URLs and hosts that never remediate without approval",
    )
    shared_hosts: tuple[str, ...] = Field(
        title="Shared hosts",
        default=(),
        description="Further shared platforms where host or path alone is never enough",
    )
    unshared_hosts: tuple[str, ...] = Field(
        title="Unshared hosts",
        default=(),
        description="Shipped shared platforms that nobody else uses here",
    )
    many_senders: int = Field(
        title="Many senders",
        default=5,
        ge=2,
        le=1000,
        description="Sender domains from which a file or URL waits for approval; images always do",
    )

    def with_changes(self, changes: Mapping[str, object]) -> Settings:
        """These settings with some values changed, all of them checked again.

        Raises `ValueError` with one line, "key: what is wrong".
        """
        try:
            return Settings.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise ValueError(f"{first['loc'][0]}: {first['msg']}") from error
