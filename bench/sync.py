"""Bench `sync`: the index brought up to date, at first and without changes, on one core and on all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import notmuch
from bench.grounds import temporary
from bench.mail_trees import add_large, corpus_tree, keep_plain, lab_tree
from bench.measuring import expect, interleaved
from bench.offering import choice, place
from bench.results import Figure, Ratio, Result
from bench.sync_memory import peaks_of
from bench.sync_sides import Sides, pinned

FLOOR_RATIO = 1.5
"""The target for mail without documents against parsing alone."""

PEER_RATIO = 1.0
"""The target against the peer: faster per message."""

_PARSING = "fast-mail-parser and lexbor alone, as many processes"
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """The mail, and how often each thing is measured."""

    mailboxes: int = choice(50, "mailboxes in the tree")
    messages: int = choice(100, "messages in each mailbox")
    repeats: int = choice(3, "repeats of each pair")
    large_bytes: int = choice(50_000_000, "size of the large message that memory is measured with")
    corpus: str = place("a folder of .eml files to measure with, instead of lab mail")


def run(options: SyncOptions) -> Result:
    """Each side in pairs, for mail without documents and for all mail, on one core and on all."""
    with temporary() as home:
        whole, plain = _trees(home, options)
        cores = len(os.sched_getaffinity(0))
        ratios = [
            *_plain(home, plain, options.repeats, cores),
            *_whole(home, whole, options.repeats, cores),
            *_notmuch(home, {"plain": plain, "all_mail": whole}, options.repeats, cores),
        ]
        counts = {
            "messages": Sides(home, whole, 1).messages,
            "plain": Sides(home, plain, 1).messages,
        }
        figures = [*_speeds(ratios, counts), *_memory(home, whole, options.large_bytes, cores)]
    skipped = {"notmuch_skipped": why} if (why := notmuch.why_not()) else {}
    return Result("sync", _shown(options), ratios, figures, {**counts, **skipped})


def _trees(home: Path, options: SyncOptions) -> tuple[Path, Path]:
    """All the mail, and only that without documents; both are then in memory."""
    whole, plain = home / "mail", home / "plain"
    if not options.corpus:
        lab_tree(whole, options.mailboxes, options.messages)
    else:
        corpus_tree(whole, Path(options.corpus), options.mailboxes, options.messages)
    shutil.copytree(whole, plain)
    keep_plain(plain)
    os.sync()  # else a side pays for writing the trees
    for root in (whole, plain):
        expect(Sides(home, root, 1).messages > 0, "no mail is left to measure")
    return whole, plain


def _plain(home: Path, root: Path, repeats: int, cores: int) -> Iterator[Ratio]:
    """Mail without documents: extraction alone, then a whole first sync."""
    for label, used in _loads(cores):
        sides = Sides(home, root, used)
        with pinned(used):
            if used == 1:
                pairs = interleaved(repeats, sides.extracted, sides.parsed)
                yield Ratio(f"extract_plain_{label}", _PARSING, pairs, FLOOR_RATIO)
            pairs = interleaved(repeats, sides.first, sides.parsed)
            yield Ratio(f"first_plain_{label}", _PARSING, pairs, FLOOR_RATIO)


def _whole(home: Path, root: Path, repeats: int, cores: int) -> Iterator[Ratio]:
    """All mail: a first sync with document readers, one without, and one that finds nothing new."""
    for label, used in _loads(cores):
        sides = Sides(home, root, used)
        with pinned(used):
            pairs = interleaved(repeats, sides.first, sides.parsed)
            yield Ratio(f"first_all_mail_{label}", _PARSING, pairs)
            closed = Sides(home, root, used, documents=False)
            pairs = interleaved(repeats, closed.first, closed.parsed)
            yield Ratio(f"first_files_closed_{label}", _PARSING, pairs)
            pairs = interleaved(repeats, sides.again, sides.listed)
            yield Ratio(f"unchanged_{label}", "listing the tree", pairs)


def _notmuch(home: Path, roots: dict[str, Path], repeats: int, cores: int) -> Iterator[Ratio]:
    """The peer on the same trees, all cores; nothing where it is not installed."""
    for label, root in {} if notmuch.why_not() else roots.items():
        sides = Sides(home, root, cores)
        pairs = interleaved(repeats, sides.first, sides.notmuch)
        yield Ratio(f"notmuch_{label}", "notmuch new on the same Maildir", pairs, PEER_RATIO)


def _loads(cores: int) -> tuple[tuple[str, int], ...]:
    return (("one_core", 1), ("all_cores", cores))


def _speeds(ratios: list[Ratio], counts: dict[str, int]) -> Iterator[Figure]:
    """Messages per second of both sides, from the median times."""
    for ratio in ratios:
        if ratio.name.startswith("unchanged"):
            continue
        messages = counts["plain" if "plain" in ratio.name else "messages"]
        ours = median(pair.ours for pair in ratio.pairs)
        against = median(pair.against for pair in ratio.pairs)
        yield Figure(f"{ratio.name}_ours", messages / ours, "messages/s")
        yield Figure(f"{ratio.name}_against", messages / against, "messages/s")


def _memory(home: Path, root: Path, large_bytes: int, cores: int) -> Iterator[Figure]:
    """Peaks of a first sync on all cores, then of one with a large message among the others."""
    for label in ("", "_large"):
        if label:
            add_large(root, large_bytes)
        peaks = peaks_of(home / f"memory{label}", root, cores)
        yield Figure(f"writer_peak_memory{label}", peaks.writer_bytes / _MEGABYTE, "MB")
        yield Figure(f"extractor_peak_memory{label}", peaks.extractor_bytes / _MEGABYTE, "MB")


def _shown(options: SyncOptions) -> dict[str, object]:
    """The options without the path of a corpus, which says nothing elsewhere."""
    mail = "corpus" if options.corpus else "lab"
    return {**asdict(options), "corpus": mail}
