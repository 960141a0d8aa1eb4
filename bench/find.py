"""Bench `find`: filling the index, finding one copy, finding campaigns, and where they are now."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter

from bench.floors import find_rows, read_tree
from bench.grounds import SOURCE, make_lab, opened, temporary
from bench.measuring import expect, interleaved, percentile
from bench.offering import choice
from bench.results import Figure, Ratio, Result
from clawback.clock import SystemClock
from clawback.core.indicators import parse_file_indicator, parse_url_indicator
from clawback.lab.campaigns import CampaignKind
from clawback.lab.facts import facts_clusters, iter_facts
from clawback.lab.options import LabOptions
from clawback.services.investigate import gather
from clawback.services.locate import locate_cluster
from clawback.services.sync import sync
from clawback.store.keys import text_key
from clawback.store_ports import IndexStore
from models.copies import FolderRole, Place
from models.indicators import Indicator, IndicatorKind
from models.locations import Bucket
from models.mails import MailFacts
from models.syncing import MailboxDelta, NewCopy

POINT_P99_MS = 5.0
CLUSTER_RATIO = 2.0
LARGE = 10_000
"""From this size on a cluster has a target; smaller ones are shown without."""

_MESSAGES_PER_MAILBOX = 100
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class FindOptions:
    """How large the index is, and how often each thing is measured."""

    messages: int = choice(100_000, "messages in the index")
    lookups: int = choice(1_000, "look-ups of an indicator with one copy")
    located: int = choice(
        10_000, "real copies for the live location check; 0 leaves it out", least=0
    )
    repeats: int = choice(7, "repeats of each pair")


def run(options: FindOptions) -> Result:
    """Measure all of it, each in a directory of its own."""
    ratios: list[Ratio] = []
    figures: list[Figure] = []
    with temporary() as home, opened(home, home / "mail") as ctx:
        lab = LabOptions(mailboxes=max(1, options.messages // _MESSAGES_PER_MAILBOX))
        figures.append(_fill(ctx.store.index, options.messages, lab))
        with closing(_bare_connection(home / "clawback.db")) as bare:
            singles = _single_copy_indicators(options, lab)
            ratio, more = _point_lookups(ctx.store.index, bare, singles)
            ratios.append(ratio)
            figures += more
            ratios += _clusters(ctx.store.index, bare, options, lab)
        figures.append(_size(home / "clawback.db", options.messages))
    if options.located:
        ratios.append(_located(options))
    return Result("find", asdict(options), ratios, figures)


def _fill(index: IndexStore, messages: int, lab: LabOptions) -> Figure:
    """Fill the index by its own bulk path; making the facts is not counted."""
    seconds = 0.0
    now = SystemClock().now()
    stream = iter_facts(messages, lab)
    while batch := list(islice(stream, _BATCH)):
        deltas = list(index_deltas(batch))
        started = perf_counter()
        index.apply(deltas, now)
        seconds += perf_counter() - started
    return Figure("fill", messages / seconds, "messages/s")


def index_deltas(batch: Sequence[tuple[str, str, str, MailFacts]]) -> Iterator[MailboxDelta]:
    """What a sync that finds these messages writes, by mailbox."""
    by_mailbox: dict[str, list[tuple[str, str, MailFacts]]] = {}
    for mailbox, folder, handle, facts in batch:
        by_mailbox.setdefault(mailbox, []).append((folder, handle, facts))
    for mailbox, items in by_mailbox.items():
        new = tuple(
            NewCopy(
                Place(folder, handle),
                FolderRole.INBOX if folder == "INBOX" else FolderRole.USER,
                facts.content_sha256,
            )
            for folder, handle, facts in items
        )
        facts_of = tuple(facts for _, _, facts in items)
        yield MailboxDelta(SOURCE, mailbox, "1", new, (), (), facts_of)


def _bare_connection(path: Path) -> sqlite3.Connection:
    """A connection with as much cache as the store gives its own."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA cache_size=-65536")
    return connection


def _bare_query(indicator: Indicator) -> tuple[str, bytes]:
    """The statement and the key as the table holds it."""
    if indicator.kind is IndicatorKind.FILE:
        return find_rows.FILES, bytes.fromhex(indicator.value)
    return find_rows.LINKS, bytes.fromhex(text_key(indicator.value))


def _single_copy_indicators(options: FindOptions, lab: LabOptions) -> list[Indicator]:
    """Files and links of their own, spread over the whole index, by turns."""
    clusters = {found.indicator for found in facts_clusters(options.messages, lab)}
    step = max(1, options.messages // (options.lookups * 4))
    found: list[Indicator] = []
    for number, (*_, facts) in enumerate(iter_facts(options.messages, lab)):
        if number % step or len(found) >= options.lookups:
            continue
        files = [f.sha256 for f in facts.attachments if f.filename.startswith("file")]
        links = [u.url for u in facts.urls if f"/p/{number:x}/" in u.url]
        if files and files[0] not in clusters:
            found.append(parse_file_indicator(files[0]))
        elif links:
            found.append(parse_url_indicator(links[0]))
    return found


def _point_lookups(
    index: IndexStore, bare: sqlite3.Connection, singles: Sequence[Indicator]
) -> tuple[Ratio, list[Figure]]:
    """Each indicator once on each side; a look-up that finds another number is an error."""
    seconds: list[float] = []
    index.find(singles[0])  # the first compiles the statement, once in a process

    def ours() -> None:
        for indicator in singles:
            started = perf_counter()
            members = index.find(indicator)
            seconds.append(perf_counter() - started)
            expect(
                len(members) == 1, "a look-up of an indicator with one copy found another number"
            )

    def against() -> None:
        for indicator in singles:
            rows = find_rows.fetch(bare, *_bare_query(indicator))
            expect(len(rows) == 1, "the bare SQL found another number")

    pairs = interleaved(3, ours, against)
    ratio = Ratio("point_lookups", "the bare SQL by sqlite3, one indicator after the other", pairs)
    return ratio, [
        Figure("point_p50_ms", percentile(seconds, 50) * 1000, "ms"),
        Figure("point_p99_ms", percentile(seconds, 99) * 1000, "ms", POINT_P99_MS),
    ]


def _clusters(
    index: IndexStore, bare: sqlite3.Connection, options: FindOptions, lab: LabOptions
) -> Iterator[Ratio]:
    for cluster in facts_clusters(options.messages, lab):
        is_file = cluster.kind is CampaignKind.FILE
        parse = parse_file_indicator if is_file else parse_url_indicator
        indicator = parse(cluster.indicator)
        query = _bare_query(indicator)
        found = {member.ref.copy_id for member in index.find(indicator)}
        rows = {row[0] for row in find_rows.fetch(bare, *query)}
        expect(found == rows, "the bare SQL found other copies")
        expect(len(found) == cluster.size, "the cluster has another size")
        yield Ratio(
            f"{cluster.kind.value}_cluster_{cluster.size}",
            "the same rows by sqlite3",
            interleaved(
                options.repeats,
                partial(index.find, indicator),
                partial(find_rows.fetch, bare, *query),
            ),
            CLUSTER_RATIO if cluster.size >= LARGE else None,
        )


def _located(options: FindOptions) -> Ratio:
    """The live check of one cluster on real files."""
    lab = LabOptions(
        mailboxes=max(1, options.located // 50),
        messages_per_mailbox=0,
        file_copies=options.located,
        url_copies=0,
        scatter=False,
    )
    with temporary() as home:
        root = home / "mail"
        manifest = make_lab(root, lab)
        with opened(home / "home", root) as ctx:
            asyncio.run(sync(ctx))
            cluster = gather(ctx, parse_file_indicator(manifest.malicious_sha256))

            def ours() -> None:
                _, counts = asyncio.run(locate_cluster(ctx, cluster))
                expect(counts.by_bucket[Bucket.MAILBOX] == options.located, "copies are missing")

            pairs = interleaved(options.repeats, ours, lambda: read_tree.read_all(str(root)))
    return Ratio(
        f"live_location_of_{options.located}", "listing, reading and hashing the files", pairs
    )


def _size(path: Path, messages: int) -> Figure:
    log = path.with_name(f"{path.name}-wal")
    size_bytes = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    return Figure("database_bytes_per_message", size_bytes / messages, "bytes")
