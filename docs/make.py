# ruff: noqa: INP001  a script beside the pages that it writes, not a package
"""Write what the code itself says into the pages: `commands.md`, the tables of `settings.md`.

::

    python docs/make.py            # write the pages again
    python docs/make.py --check    # exit 1 and name what differs
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PACKAGES = ("agridata", "remote_sensing", "traceability", "apps")

COMMANDS_HEAD = """\
# Commands

Written by `python docs/make.py` from the command line itself; a test compares the two.

Every command also takes `--help` and `--json` (one JSON document on standard output, everything
else on standard error) and, where it needs a workspace, `--home DIR` (default `$AGRIDATA_HOME`,
else `./agridata-home`). Whatever speaks of "now" takes `--as-of DATE|TIME` and replays that moment.

Exit codes: `0` done or verdict positive; `1` input rejected or verdict negative; `2` wrong usage;
`3` the environment lacks something, which is named. With `--json` a rejection is
`{"ok": false, "errors": [{"where", "field", "problem", "fix"}]}`; without, the same stands on
standard error in English and Vietnamese. A rejected input leaves the workspace as it was.
"""

EVERYWHERE = frozenset(
    {"--help", "--home", "--json", "--as-of", "--install-completion", "--show-completion"}
)
"""Options that the head of the page explains once, and those of Typer's own."""


@dataclass(frozen=True, slots=True)
class Command:
    """A leaf of the command tree: its words, arguments, options and first help line."""

    path: tuple[str, ...]
    arguments: str
    options: tuple[str, ...]
    line: str


def commands() -> list[Command]:
    """Return every command, in the order of ``agridata --help``."""
    from typer.main import get_command

    from apps.cli._main import COMMANDS

    found: list[Command] = []
    for name, (module, _line) in COMMANDS.items():
        found += _leaves((name,), get_command(importlib.import_module(module).app))
    return found


def _leaves(path: tuple[str, ...], command: Any) -> Iterator[Command]:
    children = getattr(command, "commands", None)
    if not children:
        yield _described(path, command)
        return
    for name, child in children.items():
        yield from _leaves((*path, name), child)


def _described(path: tuple[str, ...], command: Any) -> Command:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    needed = [f"{one.opts[0]} {one.metavar or _value(one)}" for one in options if one.required]
    names = [one.opts[0] for one in options if not one.required and one.opts[0] not in EVERYWHERE]
    shown = [_placeholder(one) for one in arguments] + needed
    summary = " ".join((command.help or "").split("\n\n")[0].split()).replace("``", "`")
    return Command(path, " ".join(shown), tuple(names), summary)


def _value(option: Any) -> str:
    return str(option.opts[0]).strip("-").upper().replace("-", "_")


def _placeholder(argument: Any) -> str:
    metavar = argument.metavar or str(argument.name).upper()
    name = metavar.strip("[]").removesuffix("...").removesuffix("…")
    name += "…" if argument.nargs == -1 else ""
    return name if argument.required else f"[{name}]"


def commands_page() -> str:
    """Return `commands.md`."""
    parts = [COMMANDS_HEAD]
    group = ""
    for one in commands():
        if one.path[0] != group:
            group = one.path[0]
            parts.append(f"\n## agridata {group}\n\n| command | does | options |\n|---|---|---|\n")
        called = " ".join(("agridata", *one.path, one.arguments)).strip()
        options = " ".join(f"`{name}`" for name in one.options)
        row = f"| `{called}` | {one.line} | {options} |"
        parts.append(row.replace("|STATION", "\\|STATION") + "\n")
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Limit:
    """A named constant that bounds something, with the reason written below it."""

    name: str
    module: str
    value: str
    reason: str


def limits() -> list[Limit]:
    """Return every module-level number (or pair of numbers) that has a docstring."""
    found: list[Limit] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            body = ast.parse(path.read_text("utf-8")).body
            module = path.relative_to(ROOT).as_posix()
            for node, after in pairwise(body):
                found += _limit(node, after, module)
    return found


def _limit(node: ast.stmt, after: ast.stmt, module: str) -> Iterator[Limit]:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    value = getattr(node, "value", None)
    if not isinstance(target, ast.Name) or not target.id.isupper() or value is None:
        return
    numbers = _numbers(value)
    reason = _docstring(after)
    if numbers and reason and not target.id.startswith("_"):
        yield Limit(target.id, module, ", ".join(map(_shown, numbers)), reason)


def _numbers(node: ast.expr) -> list[float]:
    """Return the numbers an expression stands for, none if it is anything else."""
    if isinstance(node, ast.Tuple):
        parts = [_numbers(one) for one in node.elts]
        return [part[0] for part in parts] if all(len(part) == 1 for part in parts) else []
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return [node.value]  # type: ignore[list-item]  # the type was just looked at
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [-one for one in _numbers(node.operand)]
    if isinstance(node, ast.BinOp):
        return _computed(node)
    return []


def _computed(node: ast.BinOp) -> list[float]:
    left, right = _numbers(node.left), _numbers(node.right)
    if len(left) != 1 or len(right) != 1:
        return []
    (a,), (b,) = left, right
    match node.op:
        case ast.Mult():
            return [a * b]
        case ast.Div():
            return [a / b]
        case ast.LShift():
            return [int(a) << int(b)]
        case ast.Pow():
            return [a**b]
        case _:
            return []


def _shown(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) and abs(number) >= 10_000 else f"{number:.12g}"


def _docstring(node: ast.stmt) -> str:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return ""
    text = node.value.value
    if not isinstance(text, str):
        return ""
    first = " ".join(text.split("\n\n")[0].split())
    return first.replace("|", "\\|").replace("``", "`")


def limits_table() -> str:
    """Return the table of named limits."""
    rows = [f"| `{one.name}` | {one.value} | `{one.module}` | {one.reason} |" for one in limits()]
    return "| name | value | where | why |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def with_part(page: str, name: str, text: str) -> str:
    """Return `page` with what stands between the marks of part `name` replaced."""
    marks = re.compile(rf"(<!-- {name}: begin[^\n]*-->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    if not marks.search(page):
        raise ValueError(f"the page has no part {name!r}")
    return marks.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)


def pages() -> dict[Path, str]:
    """Return every page that is (partly) written here, as it should be."""
    settings = DOCS / "settings.md"
    return {
        DOCS / "commands.md": commands_page(),
        settings: with_part(settings.read_text("utf-8"), "limits", limits_table()),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` only compare."""
    stale = [
        (path, text)
        for path, text in pages().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        print(path.relative_to(ROOT))
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
