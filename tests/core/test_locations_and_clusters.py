"""Locations in buckets, their counts, and clusters without the mailboxes nobody may touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clawback.core.clustering import build_cluster, kind_of, take_out_excluded
from clawback.core.indicators import parse_indicator
from clawback.core.locations import (
    copies_in,
    copy_location,
    count_locations,
)
from models.clusters import ClusterFacts, ClusterKind, Member
from models.copies import FolderRole, LiveCopy, SourceFault
from models.locations import Bucket, DeliveryLocation
from models.settings import Settings
from tests.core.ledger_rows import live, ref

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ALL_ON = Settings(take_deleted_items=True, take_sent_items=True)
IN, OUT, UNKNOWN = Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.UNKNOWN


@pytest.mark.parametrize(
    ("role", "location", "bucket", "bucket_with_all_on"),
    [
        (FolderRole.INBOX, DeliveryLocation.INBOX, IN, IN),
        (FolderRole.USER, DeliveryLocation.INBOX, IN, IN),
        (FolderRole.DRAFTS, DeliveryLocation.INBOX, IN, IN),
        (FolderRole.JUNK, DeliveryLocation.JUNK, IN, IN),
        (FolderRole.ARCHIVE, DeliveryLocation.ARCHIVE, IN, IN),
        (FolderRole.DELETED, DeliveryLocation.DELETED_ITEMS, OUT, IN),
        (FolderRole.SENT, DeliveryLocation.SENT_ITEMS, OUT, IN),
        (FolderRole.QUARANTINE, DeliveryLocation.QUARANTINE, OUT, OUT),
        (FolderRole.RECOVERABLE, DeliveryLocation.RECOVERABLE, OUT, OUT),
    ],
)
def test_a_role_is_counted_in_its_bucket(
    role: FolderRole, location: DeliveryLocation, bucket: Bucket, bucket_with_all_on: Bucket
) -> None:
    assert copy_location(live(role=role), Settings()).location is location
    assert copy_location(live(role=role), Settings()).bucket is bucket
    assert copy_location(live(role=role), ALL_ON).bucket is bucket_with_all_on


@pytest.mark.parametrize("role", [FolderRole.DELETED, FolderRole.SENT])
def test_deleted_and_sent_items_have_a_setting_each(role: FolderRole) -> None:
    deleted_on, sent_on = Settings(take_deleted_items=True), Settings(take_sent_items=True)

    buckets = [copy_location(live(role=role), one).bucket for one in (deleted_on, sent_on)]

    assert buckets == ([IN, OUT] if role is FolderRole.DELETED else [OUT, IN])


@pytest.mark.parametrize(
    ("found", "location", "bucket"),
    [
        (live(place=None, role=None), DeliveryLocation.GONE, OUT),
        (live(fault=SourceFault.UNAVAILABLE), DeliveryLocation.UNKNOWN, UNKNOWN),
        (live(place=None, fault=SourceFault.DENIED), DeliveryLocation.UNKNOWN, UNKNOWN),
        (live(role=None), DeliveryLocation.UNKNOWN, UNKNOWN),
    ],
)
def test_gone_is_not_unknown_and_a_fault_is(
    found: LiveCopy, location: DeliveryLocation, bucket: Bucket
) -> None:
    assert copy_location(found, ALL_ON).location is location
    assert copy_location(found, ALL_ON).bucket is bucket


def test_counts_add_up_by_bucket_location_and_source_with_external_recipients_apart() -> None:
    locations = [
        copy_location(live(1), Settings()),
        copy_location(live(2, role=FolderRole.DELETED), Settings()),
        copy_location(live(3, place=None, role=None), Settings()),
        copy_location(live(4, fault=SourceFault.UNAVAILABLE), Settings()),
    ]
    sources = {1: "north", 2: "north", 3: "south", 4: "south"}

    counts = count_locations(locations, sources, external_recipients=5, checked_at=NOW)

    assert counts.by_bucket == {IN: 1, OUT: 2, UNKNOWN: 1, Bucket.EXTERNAL: 5}
    assert (counts.in_mailbox, counts.unknown) == (1, 1)
    assert counts.by_location[DeliveryLocation.EXTERNAL] == 5
    assert counts.by_location[DeliveryLocation.DELETED_ITEMS] == 1
    assert counts.by_source == {"north": {IN: 1, OUT: 1}, "south": {OUT: 1, UNKNOWN: 1}}
    assert copies_in(locations, IN) == {1}


def member(copy_id: int, mailbox: str = "a@example.com") -> Member:
    return Member(ref(copy_id, mailbox=mailbox), copy_id, "attachment 1.2")


def test_excluded_mailboxes_are_taken_out_and_counted_however_they_are_written() -> None:
    settings = Settings(secops_mailboxes=(" SecOps@Example.com ",))
    members = [member(3), member(2, "secops@example.COM"), member(1), member(3)]

    kept, left_out = take_out_excluded(members, settings)

    assert [one.ref.copy_id for one in kept] == [1, 3]
    assert left_out == {"SecOps mailbox": 1}
    assert take_out_excluded(members, Settings())[1] == {}


def test_a_cluster_is_named_by_kind_and_defanged_indicator() -> None:
    url = parse_indicator("https://evil.example/login?id=1")
    file = parse_indicator("3f2a" + "0" * 56 + "9c1b")
    facts = ClusterFacts(1, 1, 1, 1, NOW, NOW)

    def built(indicator: object) -> str:
        cluster = build_cluster(
            indicator,  # type: ignore[arg-type]
            [member(1)],
            facts,
            guards=(),
            external_recipients=0,
            excluded={},
            query_at=NOW,
        )
        return cluster.name

    assert built(url) == "Similar URLs hxxps://evil[.]example/login?…"
    assert built(file) == "Similar files 3f2a…9c1b"
    assert kind_of(replace(url)) is ClusterKind.SIMILAR_URLS
