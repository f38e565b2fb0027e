"""Forecasts and advice into the workspace, as they were issued; replaced, never doubled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.forecasts._frames import baselines_of, check_quantiles, day_of, rows_of
from agridata.forecasts.models import Advice, SalinityForecast, YieldForecast
from agridata.observations import Station
from agridata.vocabulary import Utc, to_local

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["intake_window", "store_advice", "store_salinity", "store_yield"]

SALINITY_COLUMNS = (
    "station", "origin", "lead_days", "valid_date", "p05", "p10", "p50", "p90", "p95", "mean",
    "prob_ge_1", "prob_ge_4", "method",
)  # fmt: skip
YIELD_COLUMNS = (
    "unit", "season", "year", "last_known_year", "p05", "p50", "p95", "mean", "unit_of_yield",
    "method",
)  # fmt: skip
YIELD_UNITS: Mapping[str, float] = {
    "t/ha": 1.0, "quintal/ha": 0.1, "kg/ha": 0.001,
}  # fmt: skip
STATUSES = ("advice", "unknown")

Scores = Callable[[str, Any], Mapping[str, Any]]
"""Backtest scores of a forecast row: (station, lead) or (unit, season) → scores."""


def store_salinity(
    session: Session, frame: pd.DataFrame, *, simulated: bool, backtest: Scores | None = None
) -> int:
    """Store salinity forecasts, replacing those of the same station, origin and lead.

    Parameters
    ----------
    frame
        Columns of the contract (``station, origin, lead_days, valid_date, p05 … p95,
        mean, prob_ge_1, prob_ge_4, method, baseline_*``), g/L; an optional column
        ``backtest`` holds a mapping of scores per row.
    backtest
        ``backtest(station, lead_days)`` gives the scores where the frame has no column.

    Returns
    -------
    int
        Rows stored; the caller commits.

    Raises
    ------
    InputError
        If an interval is missing or crosses, or a valid date does not follow its lead.
    NotFoundError
        If a station is unknown.
    """
    known = set(session.exec(select(Station.key)))
    rows = [
        _salinity_row(where, cells, known, backtest, simulated=simulated)
        for where, cells in rows_of(frame, SALINITY_COLUMNS)
    ]
    return _replace(session, rows, "salinity_forecast", ("station_key", "origin", "lead_days"))


def _salinity_row(
    where: str,
    cells: Mapping[str, Any],
    known: set[str],
    backtest: Scores | None,
    *,
    simulated: bool,
) -> SalinityForecast:
    names = ("p05", "p10", "p50", "p90", "p95")
    check_quantiles(where, cells, names)
    station, lead = str(cells["station"]), int(cells["lead_days"])
    if station not in known:
        raise NotFoundError(f"no station {station!r}", where=where, fix="import stations first")
    origin, valid = day_of(cells["origin"]), day_of(cells["valid_date"])
    if lead < 1 or (valid - origin).days != lead - 1:
        raise InputError(
            f"lead {lead} from {origin} is not {valid}", where=where, field="valid_date",
            fix="valid_date = origin + lead_days - 1",
        )  # fmt: skip
    chances = [float(cells[name]) for name in ("prob_ge_1", "prob_ge_4")]
    if not all(0 <= chance <= 1 for chance in chances):
        raise InputError("a probability is not between 0 and 1", where=where, field="prob_ge_1")
    return SalinityForecast(
        station_key=station, origin=origin, lead_days=lead, valid_date=valid,
        p05=float(cells["p05"]), p10=float(cells["p10"]), p50=float(cells["p50"]),
        p90=float(cells["p90"]), p95=float(cells["p95"]), mean=float(cells["mean"]),
        prob_ge_1=chances[0], prob_ge_4=chances[1], method=str(cells["method"]),
        baselines=baselines_of(cells), backtest=_scores(cells, backtest, station, lead),
        simulated=simulated,
    )  # fmt: skip


def store_yield(
    session: Session,
    frame: pd.DataFrame,
    *,
    simulated: bool,
    crop: str = "rice",
    backtest: Scores | None = None,
) -> int:
    """Store yield forecasts in t/ha, replacing those of the same unit, crop, season, year.

    Parameters
    ----------
    frame
        Columns of the contract (``unit, season, year, p05, p50, p95, mean,
        unit_of_yield, method, baseline_*``) and ``last_known_year``; quintal/ha and
        kg/ha become t/ha. An optional column ``backtest`` holds scores per row.
    backtest
        ``backtest(unit, season)`` gives the scores (in t/ha) where the frame has none.

    Returns
    -------
    int
        Rows stored; the caller commits.

    Raises
    ------
    InputError
        If an interval is missing or crosses, the unit of yield is unknown, or a figure
        of the forecast year itself was known.
    """
    rows = [
        _yield_row(where, cells, crop, backtest, simulated=simulated)
        for where, cells in rows_of(frame, YIELD_COLUMNS)
    ]
    return _replace(session, rows, "yield_forecast", ("unit_name", "crop", "season", "year"))


def _yield_row(
    where: str,
    cells: Mapping[str, Any],
    crop: str,
    backtest: Scores | None,
    *,
    simulated: bool,
) -> YieldForecast:
    names = ("p05", "p50", "p95")
    check_quantiles(where, cells, names)
    unit_of_yield = str(cells["unit_of_yield"])
    if unit_of_yield not in YIELD_UNITS:
        raise InputError(
            f"{unit_of_yield!r} is not a unit of yield", where=where, field="unit_of_yield",
            fix=f"use one of {', '.join(YIELD_UNITS)}",
        )  # fmt: skip
    factor = YIELD_UNITS[unit_of_yield]
    year, known_until = int(cells["year"]), int(cells["last_known_year"])
    if known_until >= year:
        raise InputError(
            f"a forecast for {year} may not know the figures of {known_until}",
            where=where, field="last_known_year", fix="use earlier years only",
        )  # fmt: skip
    unit, season = str(cells["unit"]), str(cells["season"])
    return YieldForecast(
        unit_name=unit, crop=crop, season=season, year=year, last_known_year=known_until,
        p05=float(cells["p05"]) * factor, p50=float(cells["p50"]) * factor,
        p95=float(cells["p95"]) * factor, mean=float(cells["mean"]) * factor,
        method=str(cells["method"]), baselines=baselines_of(cells, factor),
        backtest=_scores(cells, backtest, unit, season), simulated=simulated,
    )  # fmt: skip


def store_advice(
    session: Session,
    *,
    place_code: str,
    station_key: str | None,
    as_of: Utc,
    threshold_gl: float,
    status: str,
    last_reading_at: Utc | None,
    last_value_gl: float | None,
    windows: Sequence[Mapping[str, Any]],
    sentence_vi: str,
    sentence_en: str,
    simulated: bool,
) -> Advice:
    """Store what a place was told, replacing the advice of the same moment and threshold.

    Parameters
    ----------
    windows
        ``{from, to, prob_safe}`` each, see `intake_window`; none where status is
        "unknown".

    Returns
    -------
    Advice
        With `data_age_hours` from `last_reading_at` to `as_of`; the caller commits.

    Raises
    ------
    UsageError
        If the status is neither "advice" nor "unknown", if advice rests on no reading
        or on one after `as_of`, or if "unknown" comes with windows.
    """
    _check_advice(status, as_of, last_reading_at, windows)
    age = (as_of - last_reading_at).total_seconds() / 3600 if last_reading_at else None
    advice = Advice(
        place_code=place_code, station_key=station_key, as_of=as_of, threshold_gl=threshold_gl,
        status=status, last_reading_at=last_reading_at, last_value_gl=last_value_gl,
        data_age_hours=age, windows=[dict(window) for window in windows],
        sentence_vi=sentence_vi, sentence_en=sentence_en, simulated=simulated,
    )  # fmt: skip
    _replace(session, [advice], "advice", ("place_code", "as_of", "threshold_gl"))
    return session.exec(
        select(Advice).where(
            Advice.place_code == place_code,
            Advice.as_of == as_of,
            Advice.threshold_gl == threshold_gl,
        )
    ).one()


def intake_window(start: Utc, end: Utc, prob_safe: float) -> dict[str, Any]:
    """Return one window as stored and shown: ISO times with the province's offset."""
    return {
        "from": to_local(start).isoformat(),
        "to": to_local(end).isoformat(),
        "prob_safe": round(float(prob_safe), 4),
    }


def _check_advice(
    status: str, as_of: Utc, last_reading_at: Utc | None, windows: Sequence[Mapping[str, Any]]
) -> None:
    if status not in STATUSES:
        raise UsageError(f"{status!r} is no status", field="status", fix="advice or unknown")
    if last_reading_at is not None and last_reading_at > as_of:
        raise UsageError(
            f"the reading of {last_reading_at} lies after {as_of}", field="last_reading_at",
            fix="use only what was known at that moment",
        )  # fmt: skip
    if status == "advice" and last_reading_at is None:
        raise UsageError("advice rests on no reading", field="status", fix='say "unknown"')
    if status == "unknown" and windows:
        raise UsageError('"unknown" with windows', field="windows", fix="leave them out")


def _scores(
    cells: Mapping[str, Any], backtest: Scores | None, first: str, second: Any
) -> dict[str, Any]:
    given = cells.get("backtest")
    if isinstance(given, Mapping):
        return dict(given)
    return dict(backtest(first, second)) if backtest else {}


def _replace(session: Session, rows: Sequence[SQLModel], table: str, key: Sequence[str]) -> int:
    """Delete the rows that have the keys of `rows`, then insert `rows`."""
    columns = SQLModel.metadata.tables[table].c
    keys = {tuple(getattr(row, name) for name in key) for row in rows}
    if len(keys) != len(rows):
        raise InputError(
            f"the same {', '.join(key)} stands in the forecast twice",
            where=table, fix="keep one row per key",
        )  # fmt: skip
    if not keys:
        return 0
    stored = SQLModel.metadata.tables[table]
    matches = sa.and_(*(columns[name] == sa.bindparam(f"key_{name}") for name in key))
    session.connection().execute(
        sa.delete(stored).where(matches),
        [{f"key_{name}": part for name, part in zip(key, one, strict=True)} for one in keys],
    )
    session.execute(sa.insert(stored), [row.model_dump(exclude={"id"}) for row in rows])
    session.expire_all()  # SQLite may give a new row the number of one deleted here
    return len(rows)
