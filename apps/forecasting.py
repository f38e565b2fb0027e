"""Workspace → frames → forecast → rows: what the demo, the commands and notebooks share.

Pages never call this: they read the rows that the ``store_…`` functions leave in
the tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, select

from agridata.forecasts import (
    Advice,
    SalinityForecast,
    intake_window,
    store_advice,
    store_salinity,
    store_yield,
)
from agridata.observations import Station, find_station, readings_frame, series
from agridata.places import get_unit
from agridata.vocabulary import Utc, local_date

if TYPE_CHECKING:
    import pandas as pd

    from remote_sensing.salinity import AdviceResult, Drivers, SalinityForecaster

__all__ = [
    "SalinityRun",
    "YieldRun",
    "advise",
    "advise_at_station",
    "past_origins",
    "run_salinity",
    "run_yield",
    "salinity_drivers",
    "salinity_forecaster",
    "salinity_readings",
    "salinity_scores",
    "salinity_skill",
    "simulated_stations",
    "store_advice_result",
    "store_salinity_run",
    "store_yield_run",
    "window_documents",
    "yield_scores",
]

SALINITY = "water_salinity"
DRIVER_VARIABLES = ("discharge", "wind_u", "wind_v", "rain")

BACKTEST_DAYS = 270
"""Days with readings that the backtest goes back over: the nine months on which the forecaster
itself decides between model and baselines, so that the stored scores explain the choice."""

BACKTEST_STEP_DAYS = 5
"""Every fifth day is an origin; 5 does not divide the 14.77-day tide, so all phases occur."""

YIELD_BACKTEST_YEARS = 10
"""Target years of the yield backtest: two disaster years of the delta are among them."""

ADVICE_HISTORY_DAYS = 75
"""Readings that shape the tidal day: five spring–neap cycles."""


@dataclass(frozen=True)
class SalinityRun:
    """Forecast rows (contract columns) from the local day of `as_of`, and scores per lead."""

    forecast: pd.DataFrame
    backtest: pd.DataFrame
    as_of: Utc


@dataclass(frozen=True)
class YieldRun:
    """Yield forecast rows (contract columns, t/ha) and the backtest beside them."""

    forecast: pd.DataFrame
    backtest: pd.DataFrame


def salinity_readings(session: Session, until: Utc | None = None) -> pd.DataFrame:
    """Return every salinity reading known at `until`, point and daily maximum."""
    return readings_frame(session, SALINITY, ("point", "daily_max"), until)


def salinity_drivers(session: Session, until: Utc | None = None) -> Drivers:
    """Return daily discharge, wind and rain; a variable without readings stays None.

    Where several stations report a driver the one with most readings speaks, so that
    two places are never mixed.
    """
    from remote_sensing.salinity import Drivers, daily_mean

    found: dict[str, pd.DataFrame] = {}
    for name in DRIVER_VARIABLES:
        frame = readings_frame(session, name, ("point", "daily_mean"), until)
        if len(frame):
            station = frame["station"].value_counts().idxmax()
            found[name] = daily_mean(frame[frame["station"] == station])
    return Drivers(**found)


def salinity_forecaster(
    session: Session,
    origins: Sequence[date],
    leads: Iterable[int],
    *,
    until: Utc | None = None,
    seed: int = 0,
) -> SalinityForecaster:
    """Return a forecaster over the readings of the workspace known at `until`.

    Raises
    ------
    InputError
        If the workspace holds no usable salinity readings.
    """
    from remote_sensing.salinity import SalinityForecaster, daily_maximum

    daily = daily_maximum(salinity_readings(session, until))
    drivers = salinity_drivers(session, until)
    return SalinityForecaster.build(daily, origins, leads, drivers=drivers, seed=seed)


def past_origins(forecaster: SalinityForecaster, before: date) -> list[date]:
    """Return backtest origins: every fifth of the last 150 days that have readings."""
    panel = forecaster.engine.panel
    end = max(0, min(panel.column(before), panel.days))
    known = [i for i in range(end) if bool((panel.values[:, i] >= 0).any())]
    return [panel.day(i) for i in known[-BACKTEST_DAYS:][::BACKTEST_STEP_DAYS]]


def run_salinity(
    session: Session, *, as_of: Utc, leads: Iterable[int] = range(1, 16), seed: int = 0
) -> SalinityRun:
    """Forecast every station from the local day of `as_of` and score the months before.

    Only what was known at `as_of` is read, so a past season is replayed honestly.
    """
    from remote_sensing.salinity import COLUMNS, score_forecasts

    chosen = list(leads)
    origin = local_date(as_of)
    forecaster = salinity_forecaster(session, [origin], chosen, until=as_of, seed=seed)
    rows = forecaster.forecast([origin], chosen)
    past = past_origins(forecaster, origin)
    scores = score_forecasts(forecaster.forecast(past, chosen) if past else rows)
    return SalinityRun(rows[list(COLUMNS)], scores, as_of)


def salinity_skill(
    session: Session, *, as_of: Utc, leads: Iterable[int], seed: int = 0
) -> pd.DataFrame:
    """Return the scores per lead of the months before `as_of`; empty without readings."""
    return run_salinity(session, as_of=as_of, leads=leads, seed=seed).backtest


def run_yield(
    session: Session,
    *,
    years: Sequence[int],
    units: Sequence[str] | None = None,
    seasons: Sequence[str] | None = None,
    last_known_year: int | None = None,
    seed: int = 0,
) -> YieldRun:
    """Forecast rice yields from the panel of the workspace; None means every unit, season.

    The backtest stands at the same distance between last figure and target year.
    """
    from agridata.statistics import panel_frame
    from remote_sensing.yields import backtest_yield, forecast_yield

    panel = panel_frame(session)
    rows = forecast_yield(panel, units, seasons, years, last_known_year=last_known_year, seed=seed)
    last = int(rows["last_known_year"].max())
    horizon = max(1, min(years) - last)
    targets = range(last - YIELD_BACKTEST_YEARS + 1, last + 1)
    known = panel[panel["year"] <= last]
    return YieldRun(rows, backtest_yield(known, targets, horizon=horizon, seed=seed))


def advise(
    session: Session, unit_code: str, *, as_of: Utc, threshold_gl: float = 1.0, days: int = 7
) -> AdviceResult:
    """Say when water may be taken in a commune, from its freshest station.

    A commune without a station that has readings answers "unknown".

    Raises
    ------
    NotFoundError
        If there is no such commune.
    """
    from remote_sensing.salinity import advise_without_station, latest_reading

    unit = get_unit(session, unit_code)
    inside = session.exec(select(Station).where(Station.admin_unit_code == unit.code)).all()
    seen = [(latest_reading(_recent(session, one.key, as_of), as_of), one) for one in inside]
    fresh = [(last.time, one.key) for last, one in seen if last is not None]
    if not fresh:
        return advise_without_station(
            unit.code, unit.full_name, threshold_gl=threshold_gl, now=as_of, days=days
        )
    return advise_at_station(
        session, max(fresh)[1], as_of=as_of, threshold_gl=threshold_gl, days=days,
        place=unit.code,
    )  # fmt: skip


def advise_at_station(
    session: Session,
    station_key: str,
    *,
    as_of: Utc,
    threshold_gl: float = 1.0,
    days: int = 7,
    place: str = "",
) -> AdviceResult:
    """Say when water may be taken at a station; stored forecasts are used where they exist.

    Raises
    ------
    NotFoundError
        If there is no such station.
    """
    from remote_sensing.salinity import MAX_READING_AGE_HOURS, advise_station, latest_reading

    station = find_station(session, station_key)
    readings = _recent(session, station.key, as_of)
    last = latest_reading(readings, as_of)
    fresh = last is not None and last.age_hours(as_of) <= MAX_READING_AGE_HOURS
    rows = _forecast_of(session, station.key, as_of, days) if fresh else _no_rows()
    return advise_station(
        place or station.key, station.key, station.name, readings, rows,
        threshold_gl=threshold_gl, now=as_of, days=days, simulated=station.simulated,
    )  # fmt: skip


def store_salinity_run(session: Session, run: SalinityRun) -> int:
    """Store the run's rows with the backtest scores of their leads; return how many."""
    simulated = run.forecast["station"].map(simulated_stations(session))
    scores: list[Any] = [
        salinity_scores(run.backtest, int(lead), str(method))
        for lead, method in zip(run.forecast["lead_days"], run.forecast["method"], strict=True)
    ]
    rows = run.forecast.assign(backtest=scores)
    return sum(
        store_salinity(session, rows[simulated == flag], simulated=flag)
        for flag in (False, True)
        if bool((simulated == flag).any())
    )


def store_yield_run(session: Session, run: YieldRun, *, simulated: bool) -> int:
    """Store the run's rows with the backtest scores of their season; return how many."""

    def scores(_unit: str, season: Any) -> dict[str, Any]:
        return yield_scores(run.backtest, str(season))

    return store_yield(session, run.forecast, simulated=simulated, backtest=scores)


def store_advice_result(session: Session, result: AdviceResult) -> Advice:
    """Store what a place was told."""
    return store_advice(
        session,
        place_code=result.place,
        station_key=result.station,
        as_of=result.as_of,
        threshold_gl=result.threshold_gl,
        status=result.status,
        last_reading_at=result.last.time if result.last else None,
        last_value_gl=result.last.value if result.last else None,
        windows=[intake_window(one.start, one.end, one.prob_safe) for one in result.windows],
        sentence_vi=result.sentence_vi,
        sentence_en=result.sentence_en,
        simulated=result.simulated,
    )


def window_documents(result: AdviceResult) -> list[dict[str, Any]]:
    """Return the windows as the contract's objects; times are ISO 8601, local offset."""
    documents = []
    for window in result.windows:
        said = result.sentence_of(window)
        documents.append(
            {
                **intake_window(window.start, window.end, window.prob_safe),
                "sentence_vi": said.vi,
                "sentence_en": said.en,
                "data_age": result.data_age_hours,
            }
        )
    return documents


def simulated_stations(session: Session) -> Mapping[str, bool]:
    """Return station key → whether its readings are simulated."""
    return dict(session.exec(select(Station.key, Station.simulated)).all())


def _recent(session: Session, station_key: str, as_of: Utc) -> pd.DataFrame:
    start = Utc(as_of - timedelta(days=ADVICE_HISTORY_DAYS))
    return series(session, station_key, SALINITY, None, start, as_of)


def _forecast_of(session: Session, station_key: str, as_of: Utc, days: int) -> pd.DataFrame:
    """Return the stored rows of the day, or forecast them now."""
    import pandas as pd

    origin = local_date(as_of)
    stored = session.exec(
        select(SalinityForecast)
        .where(SalinityForecast.station_key == station_key, SalinityForecast.origin == origin)
        .where(SalinityForecast.lead_days <= days)
    ).all()
    if len(stored) == days:
        return pd.DataFrame([row.model_dump() for row in stored])
    forecaster = salinity_forecaster(session, [origin], range(1, days + 1), until=as_of)
    if station_key not in forecaster.engine.panel.stations:
        return _no_rows()
    return forecaster.forecast([origin], range(1, days + 1), [station_key])


def _no_rows() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


def _number(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def salinity_scores(backtest: pd.DataFrame, lead: int, method: str) -> dict[str, Any]:
    """Return the scores of a lead in the form that `SalinityForecast.backtest` promises."""
    from remote_sensing.salinity import BASELINES

    found = backtest[backtest["lead_days"] == lead] if len(backtest) else backtest
    if not len(found):
        return {"shown": method}
    row = found.iloc[0]
    model = {name: _number(row[name]) for name in ("coverage90", "nse", "skill")}
    scores: dict[str, Any] = {
        "model": {"rmse": _number(row["rmse_model"]), "n": int(row["n"]), **model},
        "best_baseline": str(row["best_baseline"]),
    }
    scores |= {name: {"rmse": _number(row[f"rmse_{name}"])} for name in BASELINES}
    return scores | {"shown": method}


def yield_scores(backtest: pd.DataFrame, season: str) -> dict[str, Any]:
    """Return method → scores of a season (of all seasons where it has none of its own)."""
    for wanted in (season, "all"):
        found = backtest[backtest["season"] == wanted] if len(backtest) else backtest
        if len(found):
            return {
                str(row["method"]): {
                    str(name): _number(value)
                    for name, value in row.items()
                    if name not in ("season", "method")
                }
                for row in found.to_dict("records")
            }
    return {}
