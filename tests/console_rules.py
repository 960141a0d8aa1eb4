"""What code of the console must not do, since NiceGUI would read data as markup or run it: as a checker.

`breaches(root, modules)` returns one line per breach, "path:line: what is wrong". Nothing is imported.

* No element that renders markup (`ui.html`, `ui.markdown`, …), and no slot with a template: Vue compiles it.
* `.props("…")` is parsed, and a key that begins with a colon is evaluated in the browser: constants only;
  values go in by `props[name] = value`.
* What runs as a script (`run_javascript`, `js_handler`) is a constant, or its only values went through
  `json.dumps` or are constants of the same module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

RENDERS = frozenset(
    {
        "html",
        "markdown",
        "restructured_text",
        "mermaid",
        "interactive_image",
        "image",
        "chat_message",
    }
    | {"add_body_html", "add_css", "add_scss", "add_sass", "video", "audio", "log", "json_editor"}
)
"""Names of `nicegui.ui` that read what they are given as markup, or load what it names."""


def breaches(root: Path, modules: Iterable[Path]) -> list[str]:
    """One line per breach in these modules, whose paths are relative to `root`."""
    found = []
    for path in modules:
        tree = ast.parse((root / path).read_text(encoding="utf-8"))
        constants = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found += [f"{path}:{node.lineno}: {what}" for what in _of_call(node, constants)]
    return found


def _constants(tree: ast.Module) -> frozenset[str]:
    """Names that the module binds to texts of its own, and to nothing else."""
    ours, others = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                (ours if _is_ours(value, frozenset()) else others).add(name)
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=items)):
                whole = all(isinstance(item, ast.Constant) for item in items)
                (ours if whole else others).add(name)
            case ast.For(target=ast.Name(id=name)) | ast.arg(arg=name):
                others.add(name)
    return frozenset(ours - others)


def _of_call(call: ast.Call, constants: frozenset[str]) -> Iterator[str]:
    match call.func:
        case ast.Attribute(value=ast.Name(id="ui"), attr=attr) if attr in RENDERS:
            yield f"ui.{attr} renders what it is given"
        case ast.Attribute(attr="add_slot") if len(call.args) > 1 or call.keywords:
            yield "a slot with a template is compiled in the browser"
        case ast.Attribute(attr="props") if call.args and not _is_ours(call.args[0], constants):
            yield ".props() parses its text: set a value by props[name] = value"
        case ast.Attribute(attr="run_javascript") if not _is_ours(call.args[0], constants):
            yield "a script with data that did not go through json.dumps"
    for keyword in call.keywords:
        if keyword.arg == "js_handler" and not _is_ours(keyword.value, constants):
            yield "a handler with data that did not go through json.dumps"


def _is_ours(node: ast.expr, constants: frozenset[str]) -> bool:
    """Whether the text is the program's own: constants, with nothing in them but JSON."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in constants
        case ast.IfExp(body=body, orelse=other):
            return _is_ours(body, constants) and _is_ours(other, constants)
        case ast.JoinedStr(values=parts):
            return all(_is_ours(part, constants) for part in parts)
        case ast.FormattedValue(value=value):
            return _is_ours(value, constants) or _is_json(value)
    return False


def _is_json(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="json"), attr="dumps")):
            return True
    return False
