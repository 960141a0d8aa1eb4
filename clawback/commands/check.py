"""`clawback check`: is the set-up sound, and what to do if not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clawback.commands import screen
from clawback.commands.screen import AsJson
from clawback.core.showing import counted
from clawback.errors import ClawbackError

if TYPE_CHECKING:
    from clawback.config import Config
    from clawback.services.context import Context


@dataclass(frozen=True, slots=True)
class Health:
    """One part of the set-up: whether it is sound, and what is so or what to do."""

    part: str
    sound: bool
    says: str


def check(*, as_json: AsJson = False) -> int:
    """Look at configuration, database, sources, indicator lists, server, worker, deployments and console.

    Exit code 1 if anything is not sound; each such line says what to do.
    """
    sound = True
    for health in _all():
        sound = sound and health.sound
        if as_json:
            screen.emit({"check": health.part, "ok": health.sound, "message": health.says})
        else:
            _show(health)
    if not as_json:
        word = "Everything is sound." if sound else "Not sound: see the lines marked ✗."
        screen.console().print(word, style="bold green" if sound else "bold red")
    return 0 if sound else 1


def _show(health: Health) -> None:
    from rich.text import Text

    mark = ("✓", "green") if health.sound else ("✗", "bold red")
    line = Text.assemble(mark, f" {health.part:<14} ", health.says)
    screen.console().print(line, soft_wrap=True)


def _all() -> Iterator[Health]:
    """Every part in order; what cannot be looked at without an unsound part is left out."""
    from clawback.commands.opening import configuration

    try:
        config = configuration()
    except ClawbackError as error:
        yield Health("configuration", False, str(error))
        return
    yield _configuration(config)
    yield from _app(config)
    yield from _orchestrator(config)
    yield from _console(config)


def _console(config: Config) -> Iterator[Health]:
    """Whether people can sign in to the console that `clawback up` serves from this home."""
    import httpx

    from clawback.serving.home import read_running

    running = read_running(config.home)
    if running is None or not running.console:
        return
    try:
        answer = httpx.get(f"{running.console}/login", timeout=5.0, trust_env=False)
        problem = "" if answer.status_code == 200 else f"answers {answer.status_code}"
    except httpx.HTTPError:
        problem = "does not answer"
    where = f"at {running.console}"
    says = f"{problem} {where}: restart `clawback up`" if problem else f"answers {where}"
    yield Health("console", not problem, says)


def _orchestrator(config: Config) -> Iterator[Health]:
    from clawback.serving.health import orchestrator_health

    for part, problem, says in orchestrator_health(config.prefect_api_url):
        yield Health(part, not problem, problem or says)


def _configuration(config: Config) -> Health:
    from clawback.config import FILE

    path = config.home / FILE
    if not path.is_file():
        return Health(
            "configuration",
            False,
            f"there is no {path}: write one, or make a lab with `clawback lab create DIR`",
        )
    return Health("configuration", True, str(path))


def _app(config: Config) -> Iterator[Health]:
    from clawback.wiring import open_app

    unusable = dict(_unusable(config))
    yield from unusable.values()
    usable = tuple(source for source in config.sources if source.name not in unusable)
    try:
        ctx = open_app(config.with_sources(usable))
        yield _database(config, ctx)
    except ClawbackError as error:
        yield Health("database", False, str(error))
        return
    if usable or not unusable:
        yield from _sources(ctx)
    yield from _lists(config)
    yield _movement(ctx)


def _unusable(config: Config) -> Iterator[tuple[str, Health]]:
    """The sources that cannot even be opened, such as for a library that is missing, by name."""
    from clawback.wiring import open_source

    for source in config.sources:
        try:
            open_source(source)
        except ClawbackError as error:
            said = screen.one_line_of(str(error))
            yield source.name, Health(f"source {source.name}", False, said)


def _database(config: Config, ctx: Context) -> Health:
    status = ctx.store.index.status()
    kind = config.database_url.partition(":")[0].partition("+")[0]
    # The address of a server may hold a password.
    place = config.database_url.partition(":///")[2] if kind == "sqlite" else "on its server"
    size = f"{counted(status.copies, 'message')} in {status.mailboxes:,} mailboxes"
    as_of = f", index as of {screen.at(status.as_of)}" if status.as_of else ""
    outdated = ctx.store.index.outdated()
    old = f"; {outdated:,} mails outdated: `clawback sync --reindex`" if outdated else ""
    torn = (
        f"; {counted(status.problem_mails, 'mail')} not read whole" if status.problem_mails else ""
    )
    return Health("database", True, f"{kind}, {place}: {size}{as_of}{torn}{old}")


def _sources(ctx: Context) -> Iterator[Health]:
    if not ctx.sources:
        yield Health("sources", False, "no mailbox source is configured: add one to clawback.toml")
    for name, source in ctx.sources.items():
        part = f"source {name}"
        try:
            problems = asyncio.run(source.check())
            boxes = 0 if problems else len(asyncio.run(source.mailboxes()))
        except ClawbackError as error:
            problems = (str(error),)
        for line in problems:
            yield Health(part, False, screen.one_line_of(line))
        if not problems:
            yield Health(part, True, f"{boxes:,} mailboxes; {source.retention.note}")


def _lists(config: Config) -> Iterator[Health]:
    """Each configured indicator list, read whole."""
    from clawback.wiring import read_indicators

    for item in config.lists:
        part = f"list {item.name}"
        try:
            yield Health(part, True, counted(len(read_indicators(item.path)), "indicator"))
        except ClawbackError as error:
            yield Health(part, False, screen.one_line_of(str(error)))


def _movement(ctx: Context) -> Health:
    """Whether anything may move: no fault either way, and what people ask first."""
    held = ctx.store.settings.pause()
    if held is not None:
        since = screen.at(held.at)
        return Health("moves", True, f"paused since {since}: end it with `clawback resume`")
    current, _ = ctx.store.settings.current()
    kinds = {"similar files": current.similar_files, "similar URLs": current.similar_urls}
    alone = " and ".join(kind for kind, on in kinds.items() if on) or "nothing"
    return Health("moves", True, f"mode {current.mode.value}; {alone} without approval")
