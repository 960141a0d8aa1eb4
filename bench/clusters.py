"""The clusters of a corpus, looked for as `clawback find` does, by every form of their indicators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.forms import made_forms
from bench.grounds import opened, temporary
from bench.manifests import Corpus
from clawback.clock import SystemClock
from clawback.core.indicators import BadIndicator, parse_file_indicator, parse_url_indicator
from clawback.core.policy import PATH_MATCH
from clawback.services.context import Context
from clawback.services.investigate import gather
from models.clusters import Cluster
from models.copies import FolderRole, Place
from models.indicators import GuardLevel, UrlMatch
from models.mails import MailFacts
from models.syncing import MailboxDelta, NewCopy

Wrong = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Lookup:
    """One indicator as somebody gives it, and the messages that it must find."""

    kind: str
    indicator: str
    form: str
    expected: frozenset[str]
    match: UrlMatch = UrlMatch.EXACT


def check_clusters(corpus: Corpus, facts: Sequence[MailFacts]) -> tuple[int, list[Wrong]]:
    """How many look-ups were tried, and those that found anything else than they had to."""
    with temporary() as home, opened(home, home / "mail") as ctx:
        _fill(ctx, corpus, facts)
        tried = 0
        wrong: list[Wrong] = []
        for lookup in _lookups(corpus):
            tried += 1
            if difference := _difference(ctx, lookup):
                what = {"kind": lookup.kind, "indicator": lookup.indicator, "form": lookup.form}
                wrong.append({**what, **difference})
        return tried, wrong


def _fill(ctx: Context, corpus: Corpus, facts: Sequence[MailFacts]) -> None:
    """One copy of each message, whose handle is its path."""
    new = tuple(
        NewCopy(Place("INBOX", message.path), FolderRole.INBOX, found.content_sha256)
        for message, found in zip(corpus.messages, facts, strict=True)
    )
    delta = MailboxDelta("corpus", "corpus@example.com", "1", new, (), (), tuple(facts))
    ctx.store.index.apply([delta], SystemClock().now())


def _lookups(corpus: Corpus) -> Iterator[_Lookup]:
    clusters = corpus.clusters
    for sha256, paths in clusters.files.items():
        yield _Lookup("file", sha256, "hash", paths)
    packed = {sha256 for message in corpus.messages for sha256 in message.package_members}
    for sha256, paths in clusters.members.items():
        # The members of Office packages are boilerplate, and never match.
        yield _Lookup("member", sha256, "hash", frozenset() if sha256 in packed else paths)
    for sha256 in clusters.trivial:
        yield _Lookup("trivial", sha256, "hash", frozenset())
    for key, paths in clusters.urls.items():
        for form, text in (*made_forms(key), *(("raw", raw) for raw in corpus.raw_forms(key))):
            yield _Lookup("url", text, form, paths)
    for path_key, (paths, keys) in clusters.paths.items():
        yield _Lookup("path", path_key, "path", paths, UrlMatch.PATH)
        for key in keys:
            yield _Lookup("url", key, "one of a path", corpus.holders(key))


def _difference(ctx: Context, lookup: _Lookup) -> Wrong:
    """What is missing and what is too much; empty where all is as it has to be."""
    cluster = _found(ctx, lookup)
    paths = {member.ref.place.handle for member in cluster.members} if cluster else set()
    missing, surplus = sorted(lookup.expected - paths), sorted(paths - lookup.expected)
    found: dict[str, object] = {}
    if missing or surplus:
        found = {"missing": missing, "surplus": surplus}
    if cluster and lookup.match is UrlMatch.PATH and not _needs_approval(cluster):
        found["approval"] = "a path match that needs none"
    return found


def _found(ctx: Context, lookup: _Lookup) -> Cluster | None:
    """The cluster, or None where the indicator itself is refused."""
    try:
        if lookup.kind in ("file", "member", "trivial"):
            return gather(ctx, parse_file_indicator(lookup.indicator))
        return gather(ctx, parse_url_indicator(lookup.indicator, match=lookup.match))
    except BadIndicator:
        return None


def _needs_approval(cluster: Cluster) -> bool:
    return any(one.level is GuardLevel.REFUSE or one.code == PATH_MATCH for one in cluster.guards)
