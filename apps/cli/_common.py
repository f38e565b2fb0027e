"""What every command shares: options, one JSON document out, errors as the contract says."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from agridata.errors import AgridataError, Finding, InputError
from agridata.storage import Workspace
from agridata.vocabulary import Utc, parse_as_of, utc_now

__all__ = [
    "AsOf",
    "Home",
    "Json",
    "created",
    "emit",
    "emit_rows",
    "moment",
    "opened",
    "readable_file",
    "rejection",
    "tell",
]

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Workspace folder (default: $AGRIDATA_HOME or ./agridata-home).",
        envvar="AGRIDATA_HOME",
    ),
]  # fmt: skip
Json = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output, all else on stderr.")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Replay the moment DATE or TIME (default: now).", metavar="DATE"),
]


def moment(as_of: str | None) -> Utc:
    """Return the moment a command works at: ``--as-of`` or the wall clock."""
    return utc_now() if as_of is None else parse_as_of(as_of)


def opened(home: Path | None) -> Workspace:
    """Return the existing workspace, or raise `NotFoundError` with the fix."""
    return Workspace.at(home).require()


def created(home: Path | None) -> Workspace:
    """Return the workspace, created and migrated if need be."""
    return Workspace.at(home).create()


def readable_file(path: Path) -> Path:
    """Return `path` if it is a file that can be read.

    Raises
    ------
    InputError
        If it is missing or a folder.
    """
    if path.is_file():
        return path
    raise InputError(
        "no such file" if not path.exists() else "is not a file",
        where=str(path),
        fix="check the path",
        problem_vi="không tìm thấy tệp",
        fix_vi="hãy kiểm tra đường dẫn",
    )


def tell(text: str) -> None:
    """Print a line for people, on standard error."""
    typer.echo(text, err=True)


def emit(document: Mapping[str, Any], *, as_json: bool, text: str = "") -> None:
    """Print the result: the JSON document with ``--json``, else `text` (or indented JSON)."""
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, default=str))
    else:
        typer.echo(text or json.dumps(document, ensure_ascii=False, indent=2, default=str))


def emit_rows(rows: Sequence[dict[str, Any]], lines: Sequence[str], *, as_json: bool) -> None:
    """Print a list: one JSON array with ``--json``, else one line per row."""
    typer.echo(json.dumps(rows, ensure_ascii=False, default=str) if as_json else "\n".join(lines))


def rejection(findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Return the contract's error document."""
    return {"ok": False, "errors": [finding.as_dict() for finding in findings]}


def report_error(error: AgridataError, *, as_json: bool) -> int:
    """Tell a person (or a script) what was rejected; return the exit code."""
    if as_json:
        typer.echo(json.dumps(rejection(error.findings), ensure_ascii=False))
        return error.exit_code
    for finding in error.findings:
        head = " ".join(part for part in (finding.where, finding.field) if part)
        print(f"{head}: {finding.problem}" if head else finding.problem, file=sys.stderr)
        if finding.problem_vi:
            print(f"  {finding.problem_vi}", file=sys.stderr)
        if finding.fix:
            print(f"  → {finding.fix}", file=sys.stderr)
        if finding.fix_vi:
            print(f"  → {finding.fix_vi}", file=sys.stderr)
    return error.exit_code
