"""Yield of a unit and season in a year, from the figures of earlier years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from remote_sensing.yields._baselines import BASELINES, Outlook, outlook
from remote_sensing.yields._history import METHODS, History, model_forecast
from remote_sensing.yields._intervals import MIN_RESIDUALS, Spread, spread_of
from remote_sensing.yields._panel import Panel, read_panel

__all__ = ["FORECAST_COLUMNS", "forecast_yield"]

FORECAST_COLUMNS = (
    "unit", "season", "year", "last_known_year", "p05", "p50", "p95", "mean", "unit_of_yield",
    "method", "baseline_mean5", "baseline_last", "baseline_trend", "model", "residuals",
    *(f"backtest_rmse_{name}" for name in METHODS),
)  # fmt: skip

MODEL_METHOD = "median regression on last year and trend, shrunk to the five-year median"
BASELINE_METHOD = {
    "mean5": "baseline: mean of the last five years",
    "last": "baseline: last year",
    "trend": "baseline: fifteen-year trend",
}

MIN_KNOWN_YEARS = 3
"""A series with fewer figures in fifteen years has no level of its own: wide interval."""

WIDE_YEARS = 10
"""Years from which all units' figures bound a wide interval."""

WIDE_MARGIN = 1.0
"""t/ha added on both sides where not even 19 residuals exist."""


def forecast_yield(
    panel: pd.DataFrame,
    units: Sequence[str] | None,
    seasons: Sequence[str] | None,
    years: Sequence[int],
    *,
    last_known_year: int | None = None,
    seed: int = 0,  # noqa: ARG001  the model is deterministic; the seed belongs to the interface
) -> pd.DataFrame:
    """Forecast yields with a 90 % interval; only years before each target are used.

    Parameters
    ----------
    panel
        unit_name, season, year, yield_t_ha (t/ha). Zero means not grown.
    units, seasons
        Which to forecast; None means every one the panel knows.
    years
        Target years (year of harvest).
    last_known_year
        Figures after it are not used; None allows all years before each target. A larger
        distance to the target gives a wider interval, from a backtest at that distance.
    seed
        Kept for models that draw random numbers; this one draws none.

    Returns
    -------
    pandas.DataFrame
        One row per unit × season × year in that order, never fewer: `FORECAST_COLUMNS`.
        Yields in t/ha. `mean` equals `p50`: means of old residuals carry the growth of the
        1990s and made it worse in the backtest. `method` tells what is shown and why an
        interval is wide; where the model does not beat the best baseline in the backtest of
        earlier years (RMSE over all units and seasons), that baseline is shown. `model` is
        the model's own figure, `backtest_rmse_*` what the choice rests on. Baselines are NaN
        where nothing is known.

    Raises
    ------
    PanelError
        If the panel is empty before the cut, lacks a column, or is not in t/ha.
    NotFoundError
        If a unit or season never occurs.

    Notes
    -----
    Intervals: split conformal over rolling-origin residuals of all units of the season at
    the same horizon. Residual model on the five-year median with shrinkage, after the
    lesson of CY-Bench (ESSD 18:3997, 2026): what beats averages is a small correction.
    """
    everything = read_panel(panel)
    asked_units = everything.chosen("unit", units)
    asked_seasons = everything.chosen("season", seasons)
    desk = _Desk(panel, last_known_year)
    rows = [
        desk.forecast(unit, season, year)
        for unit in asked_units
        for season in asked_seasons
        for year in years
    ]
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


@dataclass
class _Desk:
    """What was known before each target year, worked out once per year."""

    frame: pd.DataFrame
    last_known_year: int | None
    _years: dict[int, _Year | None] = field(default_factory=dict)
    _panels: dict[int, Panel | None] = field(default_factory=dict)
    _histories: dict[int, History] = field(default_factory=dict)

    def forecast(self, unit: str, season: str, year: int) -> dict[str, Any]:
        """Return one row of the result."""
        known = self._known_before(year)
        head = {"unit": unit, "season": season, "year": year, "unit_of_yield": "t/ha"}
        if known is None:
            return head | {"method": "no figures of earlier years", "residuals": 0}
        return head | known.row(unit, season)

    def _known_before(self, year: int) -> _Year | None:
        if year not in self._years:
            cut = year - 1 if self.last_known_year is None else min(year - 1, self.last_known_year)
            self._years[year] = self._at(cut, year)
        return self._years[year]

    def _at(self, cut: int, year: int) -> _Year | None:
        """Cut the figures first, so that nothing after `cut` can reach the forecast."""
        earlier = self.frame[(self.frame["year"] <= cut) & (self.frame["yield_t_ha"] > 0)]
        if earlier.empty:
            return None
        panel = read_panel(earlier)
        history = History.of(panel, year - panel.last_year)
        return _Year(panel, history, year)


class _Year:
    """Forecasts of every series for one target year."""

    def __init__(self, panel: Panel, history: History, year: int) -> None:
        self.panel = panel
        horizon = year - panel.last_year
        self.outlook: Outlook = outlook(panel.values, horizon)
        self.past = history.table.dropna(subset=list(METHODS))
        self.model = model_forecast(self.outlook, history.weights(panel.last_year))
        self.scores = {
            name: float(np.sqrt(np.mean((self.past["actual"] - self.past[name]) ** 2)))
            if len(self.past)
            else float("nan")
            for name in METHODS
        }
        self.shown = self._shown()

    def _shown(self) -> str:
        """Return the method of least RMSE in the backtest; the five-year mean without one."""
        if len(self.past) < MIN_RESIDUALS:
            return "mean5"
        best = min(BASELINES, key=lambda name: self.scores[name])
        return "model" if self.scores["model"] < self.scores[best] else best

    def row(self, unit: str, season: str) -> dict[str, Any]:
        """Return the forecast of one series as columns."""
        series = self.panel.row(unit, season)
        point = self._point(series)
        spread, reason = self._spread(series, season, grown=bool(np.isfinite(point)))
        if not np.isfinite(point):
            point = self._usual(season)
        low, high = point + spread.low, point + spread.high
        if reason:
            low, high = self._widened(season, low, high)
        return {
            "last_known_year": self.panel.last_year,
            "p05": max(low, 0.0), "p50": point, "p95": high, "mean": point,
            "method": self._method() + (f"; wide interval: {reason}" if reason else ""),
            "residuals": spread.residuals,
            "model": float("nan") if series is None else self.model[series],
            **self._baselines(series),
            **{f"backtest_rmse_{name}": score for name, score in self.scores.items()},
        }  # fmt: skip

    def _point(self, series: int | None) -> float:
        """Return what is shown; the model's median where the baseline itself is unknown."""
        if series is None:
            return float("nan")
        value = self.model if self.shown == "model" else self.outlook.baseline(self.shown)
        return float(value[series] if np.isfinite(value[series]) else self.model[series])

    def _method(self) -> str:
        if self.shown == "model":
            return MODEL_METHOD
        if len(self.past) < MIN_RESIDUALS:
            return f"{BASELINE_METHOD[self.shown]} (too few years for a backtest)"
        return f"{BASELINE_METHOD[self.shown]} (the model does not beat it in the backtest)"

    def _baselines(self, series: int | None) -> dict[str, float]:
        return {
            f"baseline_{name}": float("nan")
            if series is None
            else float(self.outlook.baseline(name)[series])
            for name in BASELINES
        }

    def _spread(self, series: int | None, season: str, *, grown: bool) -> tuple[Spread, str]:
        """Return the interval's offsets, and why it must be widened ("" if it need not)."""
        of_season = self.past[self.past["season"] == season]
        found = spread_of(self._missed(of_season), drifting=True)
        if found is None:
            pooled = spread_of(self._missed(self.past), drifting=True)
            few = f"only {len(of_season)} earlier forecasts of the season to learn from"
            return pooled or Spread(-WIDE_MARGIN, WIDE_MARGIN, len(self.past)), few
        if series is None or not grown:
            return found, "not grown in the last five known years, all units' figures shown"
        years = int(self.outlook.years_known[series])
        if years < MIN_KNOWN_YEARS:
            return found, f"only {years} known years of this unit and season"
        return found, ""

    def _missed(self, table: pd.DataFrame) -> NDArray[np.float64]:
        return (table["actual"] - table[self.shown]).to_numpy(np.float64)

    def _recent(self, season: str) -> NDArray[np.float64]:
        """Return all units' figures of the season in the last ten years, else of all seasons."""
        recent = self.panel.values[:, -WIDE_YEARS:]
        chosen = recent[self.panel.seasons == season]
        chosen = chosen if np.isfinite(chosen).any() else recent
        return np.asarray(chosen[np.isfinite(chosen)])

    def _usual(self, season: str) -> float:
        return float(np.median(self._recent(season)))

    def _widened(self, season: str, low: float, high: float) -> tuple[float, float]:
        around = self._recent(season)
        return min(low, float(around.min())), max(high, float(around.max()))
