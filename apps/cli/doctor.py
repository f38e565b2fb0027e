"""`agridata doctor`: what is wrong with a workspace, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from agridata.storage import Health
from agridata.vocabulary import utc_now
from apps.cli._common import AsOf, Home, Json, emit, moment, opened

app = typer.Typer()

SEVERITIES = {"error": "LỖI / ERROR", "warning": "chú ý / warning", "note": "ghi chú / note"}


@app.command()
def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also audit the whole ledger (long for a large one).")
    ] = False,
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Look at everything, change nothing; exit 1 if something must be mended."""
    from apps.doctor import examine

    given = moment(as_of) if as_of is not None else None
    health = examine(opened(home), now=utc_now(), as_of=given, deep=deep)
    emit(health.as_dict(), as_json=as_json, text="\n".join(lines_of(health)))
    if not health.ok:
        raise typer.Exit(1)


def lines_of(health: Health) -> list[str]:
    """Return what people read: each finding with its remedy, Vietnamese first."""
    lines = []
    for one in health.findings:
        lines += [
            f"{SEVERITIES[one.severity]} · {one.what} · {one.where}",
            f"  {one.problem_vi}",
            f"  {one.problem}",
            f"  → {one.fix_vi}",
            f"  → {one.fix}",
        ]
    verdict = "ổn / healthy" if health.ok else "cần xử lý / needs mending"
    return [*lines, f"{verdict}: {len(health.checked)} mục đã kiểm tra / checks carried out"]
