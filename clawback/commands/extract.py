"""`clawback extract`: what is in messages on this machine. Reads no mailbox, opens no database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.screen import AsJson
from clawback.commands.selectors import read_message
from clawback.core.batching import batches
from clawback.core.showing import counted, inert, show_url
from clawback.errors import BadInput

if TYPE_CHECKING:
    from clawback.services.reading import Raw
    from models.mails import MailFacts, UrlFact

BATCH = 512
"""Messages read at once: enough for all cores, some tens of megabytes."""

BATCH_BYTES = 128_000_000
"""Bytes of messages held at once, as a sync does; a message alone is bounded by `message_bytes`."""

MAILDIR = ("cur", "new")
"""Directories whose files are messages whatever their names."""


def extract(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Messages (.eml), or directories that hold some."),
    ],
    *,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes for many messages; all cores by default.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Print the attachments' hashes and the links of messages, in canonical form.

    No link is followed and no attachment opened by another program. A directory is searched for
    .eml files and for the messages of Maildirs. Needs no mailboxes and no database.
    """
    files = list(_files(paths))
    return asyncio.run(_print_all(files, processes, as_json=as_json))


async def _print_all(files: Sequence[Path], processes: int | None, *, as_json: bool) -> int:
    unreadable = 0
    async for path, facts in _facts(files, processes):
        if isinstance(facts, BadInput):
            unreadable += 1
            screen.complain(facts, as_json=as_json)
        elif as_json:
            screen.emit(_view(path, facts))
        else:
            _show(path, facts)
    if len(files) > 1 and not as_json:
        good = counted(len(files) - unreadable, "message")
        screen.notes().print(f"{good} read, {unreadable:,} unreadable")
    return 2 if unreadable else 0


async def _facts(
    files: Sequence[Path], processes: int | None
) -> AsyncIterator[tuple[Path, MailFacts | BadInput]]:
    """The facts of each file in order, or why it could not be read."""
    from clawback.commands.opening import configuration
    from clawback.services.extraction import Extractor

    config = configuration()
    limits = config.reading_limits()
    with Extractor(config.profile(), processes, limits=limits) as extractor:
        for batch in batches(files, _size, most=BATCH, most_bytes=BATCH_BYTES):
            read = [(path, _read(path, limits.message_bytes)) for path in batch]
            raws = [raw for _, raw in read if not isinstance(raw, BadInput)]
            found = iter(await extractor.extract(raws))
            for path, raw in read:
                yield path, raw if isinstance(raw, BadInput) else _noted(next(found), raw)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it says why


def _noted(facts: MailFacts, raw: Raw) -> MailFacts:
    """The facts, with a problem where there was nothing to read: no message is ever left out."""
    from models.mails import Problem

    is_read = not isinstance(raw, bytes) or raw.strip()
    return facts if is_read else replace(facts, problems=(Problem("empty", ""),))


def _read(path: Path, at_most: int) -> Raw | BadInput:
    try:
        return read_message(path, at_most)
    except BadInput as error:
        return error


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that are messages, each path's in order. Raises `BadInput`, before any is read."""
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise BadInput(f"{path}: there is no such file or directory")
            yield path
            continue
        below = sorted(found for found in path.rglob("*") if _is_message(found))
        if not below:
            raise BadInput(f"{path} holds no messages: give .eml files or a Maildir")
        yield from below


def _is_message(path: Path) -> bool:
    named = path.suffix.lower() == ".eml" or path.parent.name in MAILDIR
    return named and path.is_file()


def _view(path: Path, facts: MailFacts) -> Mapping[str, object]:
    return {
        "path": str(path),
        "content_sha256": facts.content_sha256,
        "attachments": [
            {
                "sha256": file.sha256,
                "filename": file.filename,
                "size_bytes": file.size_bytes,
                "content_type": file.content_type,
                "where": file.where,
            }
            for file in facts.attachments
        ],
        "urls": [_url_view(url) for url in facts.urls],
        "header_urls": [_url_view(url) for url in facts.header_urls],
        "problems": [{"code": problem.code, "where": problem.where} for problem in facts.problems],
    }


def _url_view(url: UrlFact) -> Mapping[str, object]:
    return {
        "url": url.url,
        "raw": url.raw,
        "location": url.location.value,
        "opened_from": url.opened_from,
    }


def _show(path: Path, facts: MailFacts) -> None:
    """One message for people: a heading, its files, its links, what could not be read."""
    out = screen.console()
    out.print(screen.literal(str(path)), style="bold", soft_wrap=True)
    for line, style in _lines(facts):
        out.print(line, style=style, soft_wrap=True)


def _opened(opened_from: str) -> str:
    """How a link came to light: a wrapper's URL is a link of its own, a trick is named."""
    return "opened from a wrapper" if "://" in opened_from else f"revealed by {opened_from}"


def _lines(facts: MailFacts) -> Iterator[tuple[str, str]]:
    yield f"  SHA-256 {facts.content_sha256}", "dim"
    for file in facts.attachments:
        kind, size = inert(file.content_type, 60), f"{file.size_bytes:,} bytes"
        yield f"  file  {inert(file.filename, 80) or '(no name)'} · {kind} · {size}", ""
        yield f"        {file.sha256}", "dim"
    for word, urls in (("link", facts.urls), ("header link", facts.header_urls)):
        for url in urls:
            wrapped = f" · {_opened(url.opened_from)}" if url.opened_from else ""
            yield f"  {word}  {show_url(url.url, whole=True)} · {url.location.value}{wrapped}", ""
    for problem in facts.problems:
        yield f"  could not read  {problem.code} at {problem.where or 'the message'}", "yellow"
    if not (facts.attachments or facts.urls or facts.header_urls or facts.problems):
        yield "  no files, no links", ""
