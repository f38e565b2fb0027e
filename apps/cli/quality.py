"""`agridata quality`: correct, complete, clean, live, per data set and per unit."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer

from agridata.errors import InputError
from agridata.quality import DIMENSIONS, RULES, Figures, QualityReport, history, measure, record
from agridata.vocabulary import parse_as_of, utc_now
from apps.cli._common import AsOf, Home, Json, emit, moment, opened

app = typer.Typer(no_args_is_help=True, help="Correct, complete, clean, live: four figures.")

SHOWN = 12
"""Failing rules on a terminal; ``--json`` and ``--out`` have them all."""


@app.callback()
def group() -> None:
    """Four quality figures per data set and per unit, with the counts behind each."""


@app.command("report")
def report_command(
    out: Annotated[
        Path | None, typer.Option(help="Also write the report: .json or .csv by suffix.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do not keep this run in the history.")
    ] = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Measure every data set and unit, keep the run, say what lowers each figure."""
    judged = None if as_of is None else parse_as_of(as_of)
    with opened(home).session() as session:
        report = measure(session, now=utc_now() if judged is None else judged, as_of=judged)
        if not dry_run:
            record(session, report)
            session.commit()
    if out is not None:
        _write(report, out)
    emit(report.as_dict(), as_json=json, text=_text(report))


@app.command("history")
def history_command(
    key: Annotated[str, typer.Argument(help="A data set; without it, the mean of all.")] = "",
    limit: Annotated[int, typer.Option(help="Newest runs.", min=1, max=1000)] = 24,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show the figures of past runs, oldest first."""
    with opened(home).session() as session:
        runs = history(session, key or None, moment(as_of), limit)
    if not runs:
        raise InputError(
            f"no run was kept{f' of {key!r}' if key else ''}", field="KEY",
            fix="run `agridata quality report`",
            problem_vi="chưa có lần đo nào", fix_vi="hãy chạy `agridata quality report`",
        )  # fmt: skip
    listed = [{"as_of": when.isoformat(), **figures} for when, figures in runs]
    lines = [
        f"{when:%Y-%m-%d %H:%M}Z  "
        + "  ".join(f"{name} {_percent(figures[name])}" for name in figures)
        for when, figures in runs
    ]
    emit({"key": key or None, "runs": listed}, as_json=json, text="\n".join(lines))


def _percent(figure: float | None) -> str:
    """Round down: 100 % is shown only where nothing fails."""
    return "   –  " if figure is None else f"{int(figure * 1000) / 10:5.1f}%"


def _text(report: QualityReport) -> str:
    width = max([len(key) for key in report.data_sets] or [8])
    overall = report.overall()
    lines = [f"{'':{width}}  " + "  ".join(f"{name:>8}" for name in DIMENSIONS)]
    lines += [
        f"{key:{width}}  " + "  ".join(f"{_percent(one.figure(name)):>8}" for name in DIMENSIONS)
        for key, one in report.data_sets.items()
    ]
    lines.append(
        f"{'mean':{width}}  " + "  ".join(f"{_percent(overall[name]):>8}" for name in DIMENSIONS)
    )
    worst = sorted(_failing(report), key=lambda one: (-one[0], one[1]))[:SHOWN]
    return "\n".join([*lines, *(line for _, line in worst)])


def _failing(report: QualityReport) -> list[tuple[float, str]]:
    """Return (what mending would add, sentence) of every failing rule."""
    found = []
    for key, one in report.data_sets.items():
        for rule, tally in one.tallies.items():
            checked, _ = one.counts(RULES[rule].dimension)
            if tally.failing:
                gain = tally.failing / checked
                sentence = (
                    f"{key}: {RULES[rule].en}: {tally.failing} of {tally.checked} fail → "
                    f"{RULES[rule].fix_en} ({RULES[rule].dimension} +{gain:.1%})"
                )
                found.append((gain, sentence))
    return found


def _write(report: QualityReport, out: Path) -> None:
    suffix = out.suffix.lower()
    if suffix not in (".json", ".csv"):
        raise InputError(
            f"{suffix or 'no suffix'} is not a format of the report", where=str(out),
            field="--out", fix="end the name in .json or .csv",
            problem_vi="định dạng không được hỗ trợ", fix_vi="hãy dùng đuôi .json hoặc .csv",
        )  # fmt: skip
    try:
        if suffix == ".json":
            text = jsonlib.dumps(report.as_dict(), ensure_ascii=False, indent=2)
            out.write_text(text + "\n", encoding="utf-8")
        else:
            _write_csv(report, out)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error}", where=str(out), field="--out", fix="check the folder",
            problem_vi="không ghi được tệp", fix_vi="hãy kiểm tra thư mục",
        ) from error  # fmt: skip


def _write_csv(report: QualityReport, out: Path) -> None:
    import csv

    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, _row_of("", Figures("", "", "", False, 0), ""))
        writer.writeheader()
        for scope, measured in (("data_set", report.data_sets), ("unit", report.units)):
            for one in measured.values():
                writer.writerow(_row_of(scope, one, ""))
                writer.writerows(_row_of(scope, one, rule) for rule in one.tallies)


def _row_of(scope: str, one: Figures, rule: str) -> dict[str, Any]:
    """Return a line of the CSV: the four figures, or one rule's counts."""
    tally = one.tallies.get(rule)
    return {
        "scope": scope,
        "key": one.key,
        "title_vi": one.title_vi,
        "title_en": one.title_en,
        "simulated": one.simulated,
        "rows": one.rows,
        **{name: None if rule else one.figure(name) for name in DIMENSIONS},
        "rule": rule,
        "figure": RULES[rule].dimension if rule else "",
        "checked": tally.checked if tally else None,
        "failing": tally.failing if tally else None,
        "fix_vi": RULES[rule].fix_vi if rule and tally and tally.failing else "",
        "fix_en": RULES[rule].fix_en if rule and tally and tally.failing else "",
        "examples": "; ".join(tally.examples) if tally else "",
    }
