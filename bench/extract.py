"""Bench `extract`: what the extractor finds in a folder of messages, against what is known to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.clusters import check_clusters
from bench.grounds import temporary
from bench.made_corpus import make_corpus
from bench.manifests import Corpus, ListedMessage, read_corpus
from bench.offering import place
from bench.results import Figure, Result
from clawback.services.extraction import Extractor
from models.mails import MailFacts, OrganisationProfile

Read = Callable[[Sequence[bytes]], Sequence[MailFacts]]
Listed = list[Mapping[str, object]]

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """Which messages are read."""

    corpus: str = place("a folder with messages and a manifest.json; generated mail without it")


@dataclass(slots=True)
class _Tally:
    """Keys that were needed, found and allowed, over all messages, and those that were not."""

    needed: int = 0
    hit: int = 0
    found: int = 0
    allowed: int = 0
    wrappers: int = 0
    files_needed: int = 0
    files_hit: int = 0


def run(options: ExtractOptions) -> Result:
    """Read the messages and compare. Raises `BadInput` for a manifest that does not fit."""
    if options.corpus:
        return measure(read_corpus(Path(options.corpus)), read_messages, asdict(options))
    with temporary() as root:
        make_corpus(root)
        return measure(read_corpus(root), read_messages, asdict(options))


def read_messages(raws: Sequence[bytes]) -> Sequence[MailFacts]:
    """The facts of each message, by the extractor that a sync uses."""

    async def read() -> list[MailFacts]:
        with Extractor(OrganisationProfile()) as extractor:
            found: list[MailFacts] = []
            for start in range(0, len(raws), _AT_ONCE):
                found += await extractor.extract(raws[start : start + _AT_ONCE])
            return found

    return asyncio.run(read())


def measure(corpus: Corpus, read: Read, options: Mapping[str, object]) -> Result:
    """Recall, precision and clusters of what `read` finds in the corpus."""
    raws = [(corpus.root / message.path).read_bytes() for message in corpus.messages]
    facts = read(raws)
    tally, misses, extras = _Tally(), list[Mapping[str, object]](), list[Mapping[str, object]]()
    for message, found in zip(corpus.messages, facts, strict=True):
        _compare_urls(message, found, tally, misses, extras)
        _compare_files(message, found, tally, misses)
    tried, wrong = check_clusters(corpus, facts)
    figures = [
        Figure("url_recall", _share(tally.hit, tally.needed), "", at_least=1.0),
        Figure("url_precision", _share(tally.allowed, tally.found), ""),
        Figure(
            "url_precision_but_wrappers",
            _share(tally.allowed, tally.found - tally.wrappers),
            "",
        ),
        Figure("file_recall", _share(tally.files_hit, tally.files_needed), "", at_least=1.0),
        Figure("clusters_wrong", len(wrong), f"of {tried:,} look-ups", at_most=0.0),
    ]
    counts = {"messages": len(facts), **asdict(tally)}
    lists = {"misses": misses, "extras": extras, "clusters": wrong}
    return Result("extract", options, [], figures, {"counts": counts, **lists})


def _compare_urls(
    message: ListedMessage, facts: MailFacts, tally: _Tally, misses: Listed, extras: Listed
) -> None:
    found = {url.url for url in facts.urls}
    allowed = found & (message.urls.keys() | message.urls_may.keys())
    wrappers = _wrappers(facts, allowed) - allowed
    tally.needed += len(message.urls)
    tally.hit += len(message.urls.keys() & found)
    tally.found += len(found)
    tally.allowed += len(allowed)
    tally.wrappers += len(wrappers)
    misses += [{"path": message.path, "url": url} for url in sorted(message.urls.keys() - found)]
    extras += [
        {"path": message.path, "url": url, "is_wrapper": url in wrappers}
        for url in sorted(found - allowed)
    ]


def _wrappers(facts: MailFacts, allowed: set[str]) -> set[str]:
    """The keys from which an allowed one was opened, however deep: either may be on a list."""
    outer: dict[str, set[str]] = {}
    for url in facts.urls:
        if url.opened_from:
            outer.setdefault(url.url, set()).add(url.opened_from)
    reached: set[str] = set()
    wave = set(allowed)
    while wave:
        wave = {opened for url in wave for opened in outer.get(url, ())} - reached
        reached |= wave
    return reached & {url.url for url in facts.urls}


def _compare_files(message: ListedMessage, facts: MailFacts, tally: _Tally, misses: Listed) -> None:
    missing = message.files - {file.sha256 for file in facts.attachments}
    tally.files_needed += len(message.files)
    tally.files_hit += len(message.files) - len(missing)
    misses += [{"path": message.path, "sha256": sha256} for sha256 in sorted(missing)]


def _share(part: int, whole: int) -> float:
    """The share; of nothing, all."""
    return part / whole if whole else 1.0
