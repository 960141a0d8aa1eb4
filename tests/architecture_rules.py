"""The import rules of ARCHITECTURE.md as data, and a checker that reads a tree without running it.

`violations(root)` returns one line per broken rule, "path:line: what is wrong"; an empty list is a
sound tree. Nothing is imported: a module is only parsed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LAYERED = ("models", "clawback", "tasks", "flows")
# One migration is one function: a list of tables, written once and never edited again.
MIGRATIONS = frozenset({"clawback.store.migrations.versions"})
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_POSITIONAL_PARAMETERS = 5
FORBIDDEN_NAME_PARTS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
)

ADAPTERS = ("mailboxes", "store", "intel", "hunting", "notify", "passwords", "runs")
# What no pure code may touch. `datetime` is a value; its now() and today() are caught as calls.
IMPURE_STDLIB = frozenset(
    {"asyncio", "ctypes", "multiprocessing", "os", "select", "subprocess", "threading"}
    | {"ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "ssl", "urllib.request"}
    | {"random", "secrets", "shutil", "sqlite3", "tempfile", "time", "webbrowser"}
)
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})


@dataclass(frozen=True, slots=True)
class Layer:
    """What the modules below one dotted prefix may import; the standard library unless denied."""

    allowed: frozenset[str]
    denied: frozenset[str] = frozenset()
    lazily: frozenset[str] = frozenset()
    reads_clock: bool = True


def _layer(allowed: str, **rest: frozenset[str] | bool) -> Layer:
    return Layer(frozenset(allowed.split()), **rest)  # type: ignore[arg-type]


def _adapter(vendors: str) -> Layer:
    """An adapter's rule: the contract, its vendors, pydantic for what crosses a trust boundary, and
    the core, whose functions are pure."""
    contract = (
        "models clawback.ports clawback.store_ports clawback.hunting_ports clawback.people_ports "
        "clawback.listing_ports clawback.errors clawback.core pydantic"
    )
    return _layer(f"{contract} {vendors}")


_TABLES = frozenset({"models.tables"})
_EDGE = "clawback.services clawback.wiring models clawback.core clawback.errors clawback.ports"
_PROCESS = "clawback.config clawback.source_config clawback.logs clawback.clock clawback.supervised"

# The longest matching prefix decides; a module may always import from its own prefix. Whatever under
# clawback/ has no line of its own is an edge, like the command line.
LAYERS: dict[str, Layer] = {
    "models": _layer("pydantic", denied=_TABLES | IMPURE_STDLIB | {"logging"}, reads_clock=False),
    "models.tables": _layer("sqlmodel sqlalchemy pydantic models"),
    "clawback.errors": _layer(""),
    "clawback.clock": _layer("clawback.ports"),
    "clawback.logs": _layer("clawback.errors"),
    "clawback.ports": _layer("models clawback.errors", denied=_TABLES),
    "clawback.ledger_port": _layer("models clawback.errors", denied=_TABLES),
    "clawback.store_ports": _layer(
        "models clawback.ledger_port clawback.listing_ports clawback.hunting_ports "
        "clawback.people_ports clawback.selecting_ports clawback.settings_port "
        "clawback.figures_ports clawback.errors",
        denied=_TABLES,
    ),
    "clawback.hunting_ports": _layer("models clawback.errors", denied=_TABLES),
    "clawback.settings_port": _layer("models clawback.errors", denied=_TABLES),
    "clawback.figures_ports": _layer("models clawback.errors", denied=_TABLES),
    "clawback.replay_port": _layer("models", denied=_TABLES),
    "clawback.listing_ports": _layer("models clawback.replay_port clawback.errors", denied=_TABLES),
    "clawback.selecting_ports": _layer("models clawback.errors", denied=_TABLES),
    "clawback.people_ports": _layer("models clawback.errors", denied=_TABLES),
    "clawback.source_config": _layer("pydantic models", denied=_TABLES),
    "clawback.config": _layer(
        "pydantic pydantic_core models clawback.errors clawback.source_config", denied=_TABLES
    ),
    # errors.py belongs to every ring: a hash that is none is refused in the core.
    "clawback.core": _layer(
        "models clawback.errors", denied=_TABLES | IMPURE_STDLIB | {"logging"}, reads_clock=False
    ),
    # The canonical form of a URL is the core's, and links are put into it here.
    "clawback.mail": _layer(
        "models clawback.errors clawback.core fast_mail_parser selectolax cryptography "
        "pikepdf pypdfium2 PIL zxingcpp",
        denied=_TABLES | IMPURE_STDLIB,
        reads_clock=False,
    ),
    # Messages between a program and the processes that it starts for hostile work.
    "clawback.frames": _layer(""),
    "clawback.services": _layer(
        "models clawback.core clawback.mail clawback.ports clawback.store_ports "
        "clawback.hunting_ports clawback.listing_ports clawback.people_ports "
        "clawback.figures_ports clawback.errors "
        "clawback.frames",
        denied=_TABLES,
    ),
    "clawback.mailboxes": _adapter(
        "httpx httpcore azure.identity azure.core cryptography clawback.source_config"
    ),
    "clawback.store": _adapter("sqlmodel sqlalchemy alembic psycopg"),
    "clawback.intel": _adapter("httpx"),
    "clawback.hunting": _adapter("duckdb duckdb_kql maxminddb clawback.frames"),
    "clawback.passwords": _adapter("argon2"),
    "clawback.notify": _adapter("httpx apprise"),
    "clawback.runs": _adapter("httpx prefect clawback.supervised"),
    "clawback.wiring": _layer(
        "clawback models",
        denied=frozenset({"clawback.cli", "clawback.api", "clawback.console"}),
        lazily=frozenset(f"clawback.{name}" for name in ADAPTERS),
    ),
    # starlette, uvicorn: the tenant to rehearse against is a web server; cryptography: its certificate.
    "clawback.lab": _layer("models clawback.errors starlette uvicorn cryptography", denied=_TABLES),
    # hunting_ports: the loop that keeps the mirror in step.
    "clawback.api": _layer(
        f"{_EDGE} {_PROCESS} clawback.hunting_ports fastapi starlette pydantic uvicorn limits",
        denied=_TABLES,
    ),
    # The one process that serves both.
    "clawback.api.serve": _layer(
        f"{_EDGE} {_PROCESS} clawback.console clawback.api fastapi uvicorn"
    ),
    "clawback.console": _layer(
        f"{_EDGE} {_PROCESS} clawback.hunting_ports nicegui socketio fastapi starlette",
        denied=_TABLES,
    ),
    # `clawback up`: starts Prefect as processes, and asks its API whether they are ready.
    "clawback.serving": _layer(
        f"{_EDGE} {_PROCESS} clawback.runs rich httpx yaml", denied=_TABLES | {"prefect"}
    ),
    "clawback": _layer(
        f"{_EDGE} {_PROCESS} clawback.lab clawback.serving typer rich httpx", denied=_TABLES
    ),
    # errors: a task retries on a typed error. showing, explain: artifacts are written by the one
    # place that makes hostile text harmless.
    "tasks": _layer(
        "prefect clawback.services clawback.wiring models clawback.errors "
        "clawback.core.showing clawback.core.explain",
        denied=_TABLES,
    ),
    # pydantic: the approval form and a deployment's parameters are models.
    "flows": _layer("prefect pydantic tasks models", denied=_TABLES),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported dotted name; `lazy` when it runs only inside a function."""

    name: str
    line: int
    lazy: bool


@dataclass(slots=True)
class _Imports(ast.NodeVisitor):
    found: list[Import] = field(default_factory=list)
    relative: list[int] = field(default_factory=list)
    _depth: int = 0

    def _add(self, name: str, line: int) -> None:
        self.found.append(Import(name, line, lazy=self._depth > 0))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            self.relative.append(node.lineno)
            return
        for alias in node.names:
            self._add(f"{node.module}.{alias.name}", node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        if called in {"import_module", "__import__"} and node.args:
            match node.args[0]:
                case ast.Constant(value=str(name)):
                    self._add(name, node.lineno)
        self.generic_visit(node)

    def _inside(self, node: ast.AST) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node)

    def visit_If(self, node: ast.If) -> None:
        """Names needed by the type checker alone load nothing, but they are dependencies."""
        if ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            self._inside(node)
        else:
            self.generic_visit(node)


def _below(name: str, prefixes: frozenset[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _prefix_of(module: str) -> str | None:
    matching = [prefix for prefix in LAYERS if _below(module, frozenset({prefix}))]
    return max(matching, key=len, default=None)


def _broken_import(module: str, imported: Import) -> str | None:
    """What is wrong with one import of `module`, or nothing."""
    prefix = _prefix_of(module)
    if prefix is None:
        return None
    layer, name = LAYERS[prefix], imported.name
    if name in LAYERED:  # an empty __init__.py, for its path: loads and gives nothing
        return None
    if _below(name, layer.denied):
        return f"{prefix} must not import {name}"
    if _below(name, layer.lazily) and not imported.lazy:
        return f"{prefix} imports {name} at the top: do it inside the function that needs it"
    if name.split(".")[0] in sys.stdlib_module_names or _below(name, layer.allowed):
        return None
    # `clawback` itself is a catch-all: its modules may import each other, not every ring below.
    own = _prefix_of(name) == prefix if prefix in LAYERED else _below(name, frozenset({prefix}))
    return None if own else f"{prefix} must not import {name}"


def _clock_calls(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=called)) if called in CLOCK_CALLS:
                yield node.lineno


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _function_faults(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if _body_lines(node) > MAX_FUNCTION_LINES:
            yield node.lineno, f"{node.name} is longer than {MAX_FUNCTION_LINES} lines"
        positional = [*node.args.posonlyargs, *node.args.args]
        if positional and positional[0].arg in {"self", "cls"}:
            positional = positional[1:]
        if len(positional) > MAX_POSITIONAL_PARAMETERS:
            yield (
                node.lineno,
                f"{node.name} takes more than {MAX_POSITIONAL_PARAMETERS} by position",
            )


def _layer_faults(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    imports = _Imports()
    imports.visit(tree)
    for line in imports.relative:
        yield line, "relative import"
    for imported in imports.found:
        if fault := _broken_import(module, imported):
            yield imported.line, fault
    prefix = _prefix_of(module)
    if prefix is not None and not LAYERS[prefix].reads_clock:
        for line in _clock_calls(tree):
            yield line, f"{prefix} reads a clock: take `now` as an argument"
    if not _below(module, MIGRATIONS):
        yield from _function_faults(tree)


def _file_faults(path: Path, text: str) -> Iterator[tuple[int, str]]:
    if path.name == "__init__.py" and text.strip():
        yield 1, "__init__.py is not empty"
    if (lines := text.count("\n")) > MAX_MODULE_LINES:
        yield lines, f"longer than {MAX_MODULE_LINES} lines"
    for part in (*path.parent.parts, path.stem):
        if FORBIDDEN_NAME_PARTS & set(part.lower().split("_")):
            yield 1, f"{part} names no noun of the domain"


def module_name(path: Path) -> str:
    """The dotted name of a module at `path`, relative to the root of the tree."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def violations(root: Path, modules: list[Path]) -> list[str]:
    """Every broken rule in `modules`, which are paths relative to `root`."""
    found: list[str] = []
    for path in sorted(modules):
        text = (root / path).read_text(encoding="utf-8")
        faults = list(_file_faults(path, text))
        if path.parts[0] in LAYERED:
            faults += _layer_faults(module_name(path), ast.parse(text))
        found += [f"{path}:{line}: {what}" for line, what in faults]
    return found
