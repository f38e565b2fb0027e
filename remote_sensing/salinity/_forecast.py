"""Forecast of the daily maximum salinity: what is shown, with its interval and baselines.

The method shown at a lead is the one with the smallest RMSE over the true forecasts of
the months before the origin: the pooled model, or else the best baseline by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agridata.errors import InputError, NotFoundError, UsageError
from remote_sensing.evaluation import LEVELS, ErrorModel, fit_error_model, rmse
from remote_sensing.salinity._features import BASELINES, Samples
from remote_sensing.salinity._panel import Drivers, build_panel
from remote_sensing.salinity._rolling import Judged, RollingEngine

__all__ = ["COLUMNS", "MAX_LEAD_DAYS", "MODEL", "SalinityForecaster", "forecast_salinity"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLUMNS = (
    "station", "origin", "lead_days", "valid_date", "observed",
    "p05", "p10", "p50", "p90", "p95", "mean", "prob_ge_1", "prob_ge_4", "method",
    "baseline_persistence", "baseline_climatology", "baseline_tide_phase", "baseline_harmonic",
)  # fmt: skip
"""Columns of the contract, in its order."""

MODEL = "pooled_boosting_ridge"
"""Name in `method` where the model is shown; a baseline reads ``baseline_<name>``."""

MAX_LEAD_DAYS = 60
"""Four spring–neap cycles; beyond that a season outlook is another product."""

MIN_PAST_FORECASTS = 60
"""True forecasts at a lead below which no method can be judged there."""

MIN_OWN_DAYS = 30
"""Days after which a station's own spread stands for it where nothing recent is known."""

SEA_WATER_GL = 35.0
"""Upper end of the interval where nothing at all is known."""


@dataclass
class SalinityForecaster:
    """A rolling engine with the rule of what is shown; build once, ask often."""

    engine: RollingEngine

    @classmethod
    def build(
        cls,
        daily: pd.DataFrame,
        origins: Sequence[date],
        leads: Iterable[int],
        *,
        drivers: Drivers | None = None,
        seed: int = 0,
    ) -> SalinityForecaster:
        """Lay out the data for `origins` and `leads`; see `forecast_salinity`."""
        longest = max(_checked_leads(leads))
        if not origins:
            raise UsageError("no origin was given", field="origins", fix="give at least one day")
        panel = build_panel(daily, drivers, max(origins) + timedelta(days=1))
        return cls(RollingEngine(panel, seed, longest))

    def forecast(
        self,
        origins: Sequence[date],
        leads: Iterable[int],
        stations: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the contract's rows, station-major within each origin.

        Besides the contract's columns there is ``model_mean`` (what the pooled model
        says, shown or not), which backtests score.
        """
        wanted = self._stations(stations)
        days = np.asarray(sorted({self.engine.panel.column(day) for day in origins}))
        chosen = np.asarray(_checked_leads(leads), dtype=np.int64)
        judged = self.engine.judge(Samples.grid(wanted, days, chosen))
        parts = [self._at(int(day), judged.take(judged.samples.origin == day)) for day in days]
        return pd.concat(parts, ignore_index=True)

    def _stations(self, stations: Sequence[str] | None) -> Ints:
        known = {key: row for row, key in enumerate(self.engine.panel.stations)}
        for key in stations or ():
            if key not in known:
                raise NotFoundError(
                    f"station {key!r} has no salinity readings", field="stations",
                    fix="see the station keys, or ask for all",
                    problem_vi=f"trạm {key!r} không có số đo độ mặn",
                    fix_vi="hãy xem danh sách trạm",
                )  # fmt: skip
        if not known:
            raise InputError(
                "there are no salinity readings", field="stations", fix="import readings first",
                problem_vi="chưa có số đo độ mặn nào", fix_vi="hãy nhập số đo trước",
            )  # fmt: skip
        chosen = known if stations is None else stations
        return np.asarray([known[key] for key in chosen], dtype=np.int64)

    def _at(self, origin: int, judged: Judged) -> pd.DataFrame:
        past = self.engine.look_back(origin)
        choice = _choose(judged, past)
        grid = self._distribution(origin, judged, choice, past)
        panel, samples = self.engine.panel, judged.samples
        day = panel.day(origin)
        spoken = np.isin(choice.method, [MODEL, *[f"baseline_{name}" for name in BASELINES]])
        columns: dict[str, object] = {
            "station": [panel.stations[i] for i in samples.station],
            "origin": day,
            "lead_days": samples.lead,
            "valid_date": [day + timedelta(days=int(lead) - 1) for lead in samples.lead],
            "observed": judged.observed,
        }
        columns |= {f"p{level:02d}": _level(grid, level) for level in (5, 10, 50, 90, 95)}
        columns["mean"] = np.where(spoken, choice.centre, grid.mean(axis=1))
        columns |= {f"prob_ge_{limit}": (grid >= limit).mean(axis=1) for limit in (1, 4)}
        columns["method"] = choice.method
        columns |= {f"baseline_{name}": judged.base[name] for name in BASELINES}
        columns["model_mean"] = judged.model
        return pd.DataFrame(columns)

    def _distribution(
        self, origin: int, judged: Judged, choice: _Choice, past: Judged | None
    ) -> Floats:
        """Return values at `LEVELS` per row."""
        grid = np.full((judged.observed.size, LEVELS.size), np.nan)
        for method in np.unique(choice.method):
            rows = np.flatnonzero(choice.method == method)
            errors = None if past is None else _errors_of(str(method), past)
            if errors is None:
                grid[rows] = self._wide(origin, judged.samples.take(rows))
            else:
                part = judged.take(rows)
                grid[rows] = errors.distribution(
                    choice.centre[rows], part.design, part.samples.lead
                )
        return grid

    def _wide(self, origin: int, samples: Samples) -> Floats:
        """Spread of everything known before the origin: the station's own, else everyone's."""
        before = self.engine.panel.values[:, : max(origin, 0)]
        pooled = before[np.isfinite(before)]
        result = np.empty((samples.lead.size, LEVELS.size))
        for station in np.unique(samples.station):
            own = before[station][np.isfinite(before[station])]
            values = own if own.size >= MIN_OWN_DAYS else pooled
            row = np.quantile(values, LEVELS) if values.size else LEVELS * SEA_WATER_GL
            result[samples.station == station] = row
        return result


@dataclass(frozen=True)
class _Choice:
    """Per row: the name of the method shown and its point forecast (NaN where it has none)."""

    method: NDArray[np.str_]
    centre: Floats


def _level(grid: Floats, percent: int) -> Floats:
    return grid[:, int(np.argmin(np.abs(LEVELS - percent / 100)))]


def _checked_leads(leads: Iterable[int]) -> list[int]:
    chosen = sorted({int(lead) for lead in leads})
    if not chosen or chosen[0] < 1 or chosen[-1] > MAX_LEAD_DAYS:
        raise UsageError(
            f"leads must be whole days from 1 to {MAX_LEAD_DAYS}",
            field="leads", fix="for example 1,3,7,14",
        )  # fmt: skip
    return chosen


def _points(method: str, judged: Judged) -> Floats:
    return judged.model if method == MODEL else judged.base[method.removeprefix("baseline_")]


def ranking(past: Judged, lead: int) -> list[str]:
    """Return the methods by RMSE at `lead` over the same true forecasts, best first.

    A method that is missing on more than half of the rows is not ranked; empty where
    fewer than `MIN_PAST_FORECASTS` rows exist.
    """
    part = past.take(past.samples.lead == lead)
    names = [MODEL, *[f"baseline_{name}" for name in BASELINES]]
    points = {name: _points(name, part) for name in names}
    usable = [name for name in names if np.isfinite(points[name]).mean() > 0.5] if len(
        part.observed
    ) else []  # fmt: skip
    if not usable:
        return []
    common = np.all([np.isfinite(points[name]) for name in usable], axis=0)
    if int(common.sum()) < MIN_PAST_FORECASTS:
        return []
    error = {name: rmse(part.observed[common], points[name][common]) for name in usable}
    return sorted(usable, key=lambda name: error[name])


def _choose(judged: Judged, past: Judged | None) -> _Choice:
    """Pick per row the best-ranked method that has a value at the station."""
    size = judged.observed.size
    own = np.isfinite(judged.base["climatology"])
    method = np.where(own, "too_little_data_own_spread", "too_little_data_all_stations")
    method = method.astype("<U40")
    centre = np.full(size, np.nan)
    if past is None:
        return _Choice(method, centre)
    for lead in np.unique(judged.samples.lead):
        nearest = int(past.samples.lead[np.argmin(np.abs(past.samples.lead - lead))])
        open_rows = (judged.samples.lead == lead) & judged.enough
        for name in ranking(past, nearest):
            value = _points(name, judged)
            rows = open_rows & np.isfinite(value)
            method[rows] = name
            centre[rows] = value[rows]
            open_rows &= ~rows
    return _Choice(method, centre)


def _errors_of(method: str, past: Judged) -> ErrorModel | None:
    """Errors that `method` made in the past; None where it is no point method."""
    if method.startswith("too_little_data"):
        return None
    error = past.observed - _points(method, past)
    known = np.isfinite(error)
    return fit_error_model(error[known], past.design[known], past.samples.lead[known])


def forecast_salinity(
    daily: pd.DataFrame,
    origins: Sequence[date],
    leads: Iterable[int],
    *,
    drivers: Drivers | None = None,
    stations: Sequence[str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecast the daily maximum salinity at stations.

    Parameters
    ----------
    daily
        ``station, date, value``: daily maximum, g/L, local day (see `daily_maximum`).
        May reach beyond the origins: later values fill `observed` and nothing else.
    origins
        Local days; only values of days before an origin are used for it.
    leads
        Whole days 1…60; lead 1 is the origin day itself.
    drivers
        Discharge, wind and rain, optional.
    stations
        Keys to forecast (default: every station of `daily`); all stations teach.
    seed
        For the choice of training rows and the trees.

    Returns
    -------
    DataFrame
        Exactly `COLUMNS`, one row per origin × station × lead; g/L and probabilities.
        `method` is ``pooled_boosting_ridge``, ``baseline_<name>`` where the model did not
        beat that baseline in the months before the origin, or ``too_little_data_…`` with
        the spread of all earlier values as interval.

    Raises
    ------
    InputError
        Missing columns, a station-day twice, a negative value, no readings at all.
    NotFoundError
        A station without readings.
    UsageError
        No origin, or a lead outside 1…60.
    """
    chosen = list(leads)
    forecaster = SalinityForecaster.build(daily, origins, chosen, drivers=drivers, seed=seed)
    return forecaster.forecast(origins, chosen, stations)[list(COLUMNS)]
