"""`clawback lab`: mailboxes with generated mail to try everything on."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import lab_graph, screen
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert, show_url
from clawback.errors import SetupError

if TYPE_CHECKING:
    from clawback.config import Config
    from clawback.lab.delivery import Delivery
    from clawback.lab.manifest import LabManifest
    from clawback.lab.options import LabOptions

group = typer.Typer(no_args_is_help=True, help="Make mailboxes with generated mail to try it on.")

group.command()(lab_graph.graph)

SOURCE = "lab"
SHOWN = 10


@group.command()
def create(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty directory.")],
    *,
    mailboxes: Annotated[int, typer.Option(min=1, help="Mailboxes of people.")] = 25,
    messages: Annotated[int, typer.Option(min=0, help="Ordinary messages in each.")] = 40,
    file_copies: Annotated[int, typer.Option(min=0, help="Copies of the file campaign.")] = 24,
    url_copies: Annotated[int, typer.Option(min=0, help="Copies of the link campaign.")] = 24,
    seed: Annotated[int, typer.Option(help="Equal seeds and sizes give equal bytes.")] = 1,
    domain: Annotated[str, typer.Option(help="The organisation's mail domain.")] = "example.com",
    empty: Annotated[bool, typer.Option("--empty", help="Mailboxes without mail.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Every campaign copy in an Inbox; no special cases.")
    ] = False,
    date: Annotated[
        datetime | None, typer.Option(help="The present of the lab, in UTC: all mail is older.")
    ] = None,
    malicious_file: Annotated[
        Path | None, typer.Option(help='Write the campaign\'s harmless "malicious" PDF there.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a small organisation: business mail and two campaigns, as a Maildir tree.

    Writes a clawback.toml for it into CLAWBACK_HOME, unless there is one already.
    """
    from clawback.commands.opening import configuration
    from clawback.lab.maildir import create_lab
    from clawback.lab.options import LabOptions

    config = configuration()
    options = LabOptions(
        seed=seed,
        mailboxes=mailboxes,
        messages_per_mailbox=0 if empty else messages,
        file_copies=0 if empty else file_copies,
        url_copies=0 if empty else url_copies,
        domain=domain,
        empty=empty,
        scatter=not (plain or empty),
    )
    if date is not None:
        options = dataclasses.replace(options, base_at=date.replace(tzinfo=UTC))
    root = directory.expanduser().absolute()
    manifest = create_lab(root, options, malicious_file=malicious_file)
    path, wrote = _configure(config, root, options)
    if as_json:
        _emit(root, path, manifest, wrote=wrote)
    else:
        _show(root, path, manifest, wrote=wrote)


@group.command()
def deliver(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory with .eml files.")],
    *,
    root: Annotated[
        Path | None, typer.Option(help="The lab's directory; by default the one configured source.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Copy every .eml file below DIR, bytes unchanged, into Inboxes of the lab."""
    from clawback.lab.delivery import deliver as deliver_all

    target = _lab_root() if root is None else root.expanduser().absolute()
    delivered = deliver_all(target, directory)
    if as_json:
        screen.emit(
            {
                "root": str(target),
                "delivered": delivered.delivered,
                "by_mailbox": dict(delivered.by_mailbox),
                "unreadable": [
                    {"path": path, "reason": reason} for path, reason in delivered.unreadable
                ],
            }
        )
    else:
        _show_delivery(target, delivered)
    return 1 if delivered.unreadable else 0


def _lab_root() -> Path:
    from clawback.commands.opening import configuration

    config = configuration()
    roots = [source.root for source in config.sources if source.kind == "maildir"]
    if len(roots) != 1:
        raise SetupError(
            f"{len(roots)} Maildir sources are configured in {config.home}: say which with --root"
        )
    return roots[0]


def _configure(config: Config, root: Path, options: LabOptions) -> tuple[Path, bool]:
    """Write the configuration of the lab, unless there is one. Raises `SetupError`."""
    from clawback.config import FILE

    path = config.home / FILE
    try:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(configuration_text(root, options.domain))
    except FileExistsError:
        return path, False
    except OSError as error:
        raise SetupError(
            f"{path} cannot be written ({error.strerror}): set CLAWBACK_HOME; the lab itself is made"
        ) from error
    return path, True


def configuration_text(root: Path, domain: str) -> str:
    """What clawback.toml needs to know of a lab."""
    return (
        f'[organisation]\ndomains = ["{domain}"]\n\n'
        f'[[sources]]\nkind = "maildir"\nname = "{SOURCE}"\nroot = {_toml(str(root))}\n'
    )


def _toml(text: str) -> str:
    """A TOML basic string: https://toml.io/en/v1.0.0#string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda char: f"\\u{ord(char[0]):04x}", escaped) + '"'


def _emit(root: Path, path: Path, manifest: LabManifest, *, wrote: bool) -> None:
    view: Mapping[str, object] = {
        "root": str(root),
        "config_file": str(path),
        "config_written": wrote,
        "manifest": manifest.as_json(),
    }
    screen.emit(view)


def _show(root: Path, path: Path, manifest: LabManifest, *, wrote: bool) -> None:
    out = screen.console()
    size = f"{counted(manifest.messages, 'message')} in {len(manifest.mailboxes):,} mailboxes"
    out.print(f"Lab made in {root}: {size}.", style="bold", soft_wrap=True)
    if manifest.file.copies or manifest.url.copies:
        out.print(
            screen.fields(
                [
                    ("Malicious file", manifest.malicious_sha256),
                    ("", f"in {counted(manifest.file.copies, 'message')}"),
                    ("Its bytes", manifest.malicious_file_path or ""),
                    ("Malicious URL", show_url(manifest.malicious_url, whole=True)),
                    ("", f"in {counted(manifest.url.copies, 'message')}, in different clothes"),
                ]
            )
        )
    out.print(
        f"Configuration written to {path}." if wrote else _snippet(path, root, manifest),
        soft_wrap=True,
    )
    out.print("Next:", style="bold")
    for line in _next(manifest):
        out.print(f"  {line}", soft_wrap=True)


def _snippet(path: Path, root: Path, manifest: LabManifest) -> str:
    text = configuration_text(root, manifest.domain).partition("\n\n")[2]
    indented = "\n".join(f"  {line}" for line in text.splitlines())
    return f"{path} exists and was left alone. To use this lab too, add to it:\n{indented}"


def _next(manifest: LabManifest) -> Sequence[str]:
    """Commands that work as they are, in order."""
    if not manifest.messages:
        return ["clawback lab deliver DIR", "clawback sync"]
    lines = ["clawback sync"]
    if manifest.secops_mailbox:
        lines.append(
            f"clawback settings set secops_mailboxes={manifest.secops_mailbox} "
            f"simulation_urls='{manifest.simulation_url}'"
        )
    if manifest.file.copies:
        lines.append(f"clawback find --sha256 {manifest.malicious_sha256}")
    if manifest.url.copies:
        lines.append(f"clawback find --url '{manifest.malicious_url}'")
    return lines


def _show_delivery(root: Path, delivered: Delivery) -> None:
    out = screen.console()
    boxes = len(delivered.by_mailbox)
    number = counted(delivered.delivered, "message")
    out.print(f"{number} delivered to {boxes:,} mailboxes of {root}.", soft_wrap=True)
    for path, reason in delivered.unreadable[:SHOWN]:
        screen.notes().print(f"  not delivered: {inert(path, 120)} ({reason})", style="yellow")
    if (left := len(delivered.unreadable) - SHOWN) > 0:
        screen.notes().print(f"  … and {left:,} more not delivered", style="yellow")
    out.print("Next: clawback sync")
