"""Runs are kept: one row per run and data set (or unit), read back by pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.quality._measure import Figures, QualityReport
from agridata.quality._rules import DIMENSIONS
from agridata.quality.models import QualityMeasure
from agridata.vocabulary import Utc, to_utc

__all__ = ["history", "latest", "record"]


def record(session: Session, report: QualityReport) -> int:
    """Store a run and return its number of rows; the caller commits.

    A run at the same moment replaces the earlier one, so that measuring twice changes
    nothing.
    """
    as_of = report.as_of or report.now
    session.execute(sa.delete(QualityMeasure).where(col(QualityMeasure.as_of) == as_of))
    rows = [
        *(_row(report, "data_set", one) for one in report.data_sets.values()),
        *(_row(report, "unit", one) for one in report.units.values()),
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


def _row(report: QualityReport, scope: str, figures: Figures) -> QualityMeasure:
    counts: dict[str, Any] = {
        rule: {"checked": one.checked, "failing": one.failing, "examples": one.examples}
        for rule, one in figures.tallies.items()
    }
    return QualityMeasure(
        as_of=report.as_of or report.now, measured_at=report.now, scope=scope, key=figures.key,
        title_vi=figures.title_vi, title_en=figures.title_en, simulated=figures.simulated,
        row_count=figures.rows, counts=counts, correct=figures.figure("correct"),
        complete=figures.figure("complete"), clean=figures.figure("clean"),
        live=figures.figure("live"),
    )  # fmt: skip


def latest(session: Session, scope: str, until: Utc) -> list[QualityMeasure]:
    """Return the rows of the last run up to a moment, by key; empty where there was none."""
    moment = session.scalar(
        sa.select(sa.func.max(QualityMeasure.as_of)).where(
            col(QualityMeasure.scope) == "data_set", col(QualityMeasure.as_of) <= until
        )
    )
    if moment is None:
        return []
    query = select(QualityMeasure).where(
        QualityMeasure.scope == scope, QualityMeasure.as_of == moment
    )
    return list(session.exec(query.order_by(col(QualityMeasure.key))).all())


def history(
    session: Session, key: str | None, until: Utc, limit: int = 24
) -> Sequence[tuple[Utc, dict[str, float | None]]]:
    """Return the figures of past runs, oldest first.

    Parameters
    ----------
    key
        A data set; None gives the mean over the data sets of each run.
    limit
        Number of newest runs.
    """
    names = list(DIMENSIONS)
    figures = [sa.func.avg(getattr(QualityMeasure, name)) for name in names]
    query = sa.select(col(QualityMeasure.as_of), *figures).where(
        col(QualityMeasure.scope) == "data_set", col(QualityMeasure.as_of) <= until
    )
    if key is not None:
        query = query.where(col(QualityMeasure.key) == key)
    newest = query.group_by(col(QualityMeasure.as_of)).order_by(col(QualityMeasure.as_of).desc())
    return [
        (to_utc(moment), dict(zip(names, values, strict=True)))
        for moment, *values in reversed(session.execute(newest.limit(limit)).all())
    ]
