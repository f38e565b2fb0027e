"""The root command. It knows the names of its commands and imports none of them."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import uuid

import agridata
from agridata.errors import AgridataError, UsageError

__all__ = ["COMMANDS", "help_text", "main"]

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("apps.cli.demo", "The whole main job on sample or real data, then serve it."),
    "serve": ("apps.cli.serve", "Serve phone pages, APIs and Streamlit in one process."),
    "places": ("apps.cli.places", "Find and convert administrative units of both eras."),
    "layers": ("apps.cli.layers", "Import, list and export geospatial layers."),
    "registry": ("apps.cli.registry", "Organisations, land, crops, certificates; the audit trail."),
    "plots": ("apps.cli.plots", "Check files of plots against a rule set (EUDR)."),
    "observe": ("apps.cli.observe", "Import readings of stations; read series back."),
    "environment": ("apps.cli.environment", "Weather and soil: tables and maps in, a place out."),
    "statistics": ("apps.cli.statistics", "Import, check and show published statistics."),
    "quality": ("apps.cli.quality", "Correct, complete, clean, live: four figures, with counts."),
    "scenes": ("apps.cli.scenes", "Add rasters to the workspace; list them."),
    "zonal": ("apps.cli.zonal", "Statistics of rasters over zones, exact coverage."),
    "forecast": ("apps.cli.forecast", "Forecast salinity and yield with intervals and baselines."),
    "advice": ("apps.cli.advice", "When a place may take water, in one plain sentence."),
    "trace": ("apps.cli.trace", "Events and lots: hash, validate, capture, trace, question."),
    "labels": ("apps.cli.labels", "Print QR label sheets and decode them back."),
    "opendata": ("apps.cli.opendata", "Publish the open-data catalogue; follow a change feed."),
    "ledger": ("apps.cli.ledger", "Checkpoints, proofs, keys, audit of the transparency log."),
    "backup": ("apps.cli.backup", "The whole workspace in one verified file, under writes."),
    "restore": ("apps.cli.restore", "A workspace from a backup, judged before and after."),
    "doctor": ("apps.cli.doctor", "What is wrong with a workspace, and what to do."),
    "access": ("apps.cli.access", "Accounts, roles, API tokens, the access trail."),
}
"""Command → (module with `app`, a Typer application; the line shown in ``--help``)."""


HELP = """\
Usage: agridata COMMAND [ARGUMENTS]

  Agriculture data platform with farm-to-market traceability that proves itself.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit; after a command, that command's own help.

Commands:
"""


def help_text() -> str:
    """Return what ``agridata --help`` prints."""
    width = max(map(len, COMMANDS)) + 2
    return HELP + "".join(f"  {name:<{width}}{line}\n" for name, (_, line) in COMMANDS.items())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code (0, 1, 2 or 3, see the contract)."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    if not given or given[0] in ("-h", "--help"):
        print(help_text(), end="")
        return 0 if given else 2
    if given[0] == "--version":
        print(f"agridata {agridata.__version__}")
        return 0
    if given[0] not in COMMANDS:
        return _wrong_usage(f"no such command {given[0]!r}", as_json=as_json)
    return _run(given[0], given[1:], as_json=as_json)


def _run(name: str, arguments: list[str], *, as_json: bool) -> int:
    """Import the command's module and run it; here, and only here, everything is caught."""
    import typer
    from typer.exceptions import TyperException
    from typer.main import get_command

    try:
        command = get_command(importlib.import_module(COMMANDS[name][0]).app)
        result = command.main(args=arguments, prog_name=f"agridata {name}", standalone_mode=False)
    except typer.Abort:
        return 1
    except TyperException as error:
        return _wrong_usage(str(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001  the outermost layer tells a person, never a traceback
        return _failed(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _wrong_usage(problem: str, *, as_json: bool) -> int:
    from apps.cli._common import report_error

    return report_error(UsageError(problem, fix="see --help"), as_json=as_json)


def _failed(error: Exception, *, as_json: bool) -> int:
    from apps.cli._common import report_error

    if isinstance(error, AgridataError):
        return report_error(error, as_json=as_json)
    incident = uuid.uuid4().hex[:8]
    if os.environ.get("AGRIDATA_LOG") == "debug":
        logging.basicConfig(level=logging.DEBUG)
    logging.getLogger("agridata").debug("incident %s", incident, exc_info=error)
    told = AgridataError(
        f"unexpected {type(error).__name__}: {error} (incident {incident})",
        fix="run again with AGRIDATA_LOG=debug and report what it prints",
        problem_vi=f"lỗi ngoài dự kiến (mã {incident})",
        fix_vi="chạy lại với AGRIDATA_LOG=debug và báo cho người quản trị",
    )
    return report_error(told, as_json=as_json)
