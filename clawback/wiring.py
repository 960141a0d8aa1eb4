"""The only place that names concrete adapters; each is imported when it is needed."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import assert_never

from clawback.clock import SystemClock
from clawback.config import Config, load_config
from clawback.core.clustering import excluded_mailboxes
from clawback.errors import SetupError
from clawback.hunting_ports import EmailExplorer, EmailReader, HuntEngine
from clawback.mail.extract import EXTRACTOR_VERSION, extract
from clawback.people_ports import PasswordHasher
from clawback.ports import MailboxSource, RunControl, VerdictSource
from clawback.services.batches import check_may_move
from clawback.services.context import Context
from clawback.services.throttling import ThrottleLog
from clawback.source_config import GraphConfig, ImapConfig, MaildirConfig, SourceConfig
from clawback.store_ports import Store
from models.indicators import Indicator
from models.limits import DEFAULT_LIMITS, Limits
from models.mails import MessageHead


def open_app(config: Config | None = None) -> Context:
    """Everything that services need, from the configuration of this environment.

    Opens the store and brings an older or empty database up to date. Raises `SetupError`.
    """
    chosen = config or load_config()
    _make_home(chosen)
    store = open_store(chosen)
    runs = run_control(chosen, store.identity)
    verdicts = verdict_sources(chosen)
    clock = SystemClock()
    bare = Context(
        store,
        {},
        verdicts,
        clock,
        _holder(),
        chosen.profile(),
        runs,
        chosen.reading_limits(),
        passwords=password_hasher(),
    )
    engine = hunt_engine(chosen, store)
    return replace(
        bare,
        sources=_guarded(chosen, bare),
        hunting=engine,
        explorer=email_explorer(chosen, engine),
        emails=email_reader(engine),
        hunt_limits=chosen.hunting.limits(),
    )


def password_hasher() -> PasswordHasher:
    """What makes and checks hashes of passwords."""
    from clawback.passwords.argon2 import Argon2Hasher

    return Argon2Hasher()


def open_store(config: Config) -> Store:
    """The database, brought up to date. Raises `SetupError` or `Unavailable`."""
    from clawback.store.engine import open_store as open_database

    return open_database(config.database_url, extractor_version=EXTRACTOR_VERSION)


def hunt_engine(config: Config, store: Store) -> HuntEngine:
    """What answers the queries of Advanced hunting; nothing is loaded or started before the first.

    The first raises `SetupError` where its libraries are not installed.
    """
    from clawback.hunting.catching_up import KeptMirror
    from clawback.hunting.engine import EngineOptions, MirrorEngine

    def open_mirror() -> KeptMirror:
        from clawback.hunting.mirror.mirror import Mirror

        return Mirror(config.hunting_dir, store.mirror)

    hunting = config.hunting
    options = EngineOptions(
        threads=hunting.threads,
        refresh=timedelta(seconds=hunting.refresh_seconds),
        geo_database=hunting.geo_database,
    )
    return MirrorEngine(open_mirror, options)


def email_explorer(config: Config, engine: HuntEngine) -> EmailExplorer:
    """What answers the Explorer, by the same engine under the same limits."""
    from clawback.hunting.explorer.explorer import MirrorExplorer

    return MirrorExplorer(engine, config.hunting.limits())


def email_reader(engine: HuntEngine) -> EmailReader:
    """What reads analyzed emails through the engine."""
    from clawback.hunting.emails.reader import MirrorEmails

    return MirrorEmails(engine)


def run_control(config: Config, database: str) -> RunControl:
    """The client of the Prefect server; nothing is asked of it yet.

    `database` is the identity of the store. Run numbers begin at 1 in each, and the server answers a
    key that it knows with the old run, so that the keys of two of them must differ: of two that share
    a server, and of one that was made anew beside a server that was kept.
    """
    from clawback.runs.control import HttpRunControl

    return HttpRunControl(
        config.prefect_api_url, config.prefect_ui_url, namespace=f"{database[:12]}-"
    )


def verdict_sources(config: Config) -> tuple[VerdictSource, ...]:
    """The configured indicator lists."""
    from clawback.intel.lists import ListVerdictSource

    return tuple(ListVerdictSource(item.name, item.path) for item in config.lists)


def swept_lists(config: Config | None = None) -> Mapping[str, tuple[Indicator, ...]]:
    """The indicators of each list that a sweep looks for, by its name. Raises `SetupError`."""
    from clawback.intel.lists import ListVerdictSource

    chosen = config or load_config()
    return {
        item.name: ListVerdictSource(item.name, item.path).indicators()
        for item in chosen.lists
        if item.sweep
    }


def read_indicators(path: Path) -> tuple[Indicator, ...]:
    """The indicator of each line of a list file, in order. Raises `BadInput` naming the line."""
    from clawback.intel.lists import read_indicator_lines

    return read_indicator_lines(path)


def open_source(
    source: SourceConfig,
    *,
    read_at_most: int = DEFAULT_LIMITS.message_bytes,
    limits: Limits = DEFAULT_LIMITS,
    on_throttled: Callable[[str, float, int | None], None] = lambda *_: None,
) -> MailboxSource:
    """One mail system, unguarded: for checks and for tests. Raises `SetupError`."""
    match source:
        case MaildirConfig():
            from clawback.mailboxes.maildir import MaildirSource

            return MaildirSource(
                source.name, source.root, roles=source.folders, read_at_most=read_at_most
            )
        case ImapConfig():
            from clawback.mailboxes.imap.source import open_imap

            return open_imap(
                source, os.environ, read_at_most=read_at_most, on_throttled=on_throttled
            )
        case GraphConfig():
            from clawback.mailboxes.graph.source import open_graph

            return open_graph(
                source,
                os.environ,
                read_at_most=read_at_most,
                mail_key_of=mail_key_of(limits),
                on_throttled=on_throttled,
            )
        case never:
            assert_never(never)


def mail_key_of(limits: Limits) -> Callable[[bytes | MessageHead], str]:
    """What gives the key of a mail's bytes, as the index keeps it: files in it are not opened."""
    closed = replace(limits, documents=False)
    return lambda raw: extract(raw, limits=closed).mail_key


def _guarded(config: Config, ctx: Context) -> Mapping[str, MailboxSource]:
    from clawback.mailboxes.guard import GuardedSource

    def excluded() -> frozenset[str]:
        settings, _ = ctx.store.settings.current()
        return excluded_mailboxes(settings)

    throttles = ThrottleLog(ctx.store, ctx.clock)
    return {
        source.name: GuardedSource(
            open_source(
                source,
                read_at_most=config.limits.message_bytes,
                limits=config.reading_limits(),
                on_throttled=throttles.note,
            ),
            may_move=lambda: check_may_move(ctx),
            excluded=excluded,
        )
        for source in config.sources
    }


def _make_home(config: Config) -> None:
    try:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"{config.home} cannot be made ({error.strerror}): set CLAWBACK_HOME"
        ) from error


def _holder() -> str:
    """A name for this process in leases: readable, and unique even where process ids repeat."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
