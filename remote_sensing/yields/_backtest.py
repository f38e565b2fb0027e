"""How good the yield forecasts would have been, beside every baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from remote_sensing.yields._baselines import BASELINES
from remote_sensing.yields._forecast import forecast_yield
from remote_sensing.yields._panel import read_panel

__all__ = ["backtest_yield"]


def backtest_yield(
    panel: pd.DataFrame, years: Sequence[int], *, horizon: int = 1, seed: int = 0
) -> pd.DataFrame:
    """Forecast each of `years` from the years `horizon` and more before it, and score it.

    Parameters
    ----------
    panel
        As `forecast_yield`; years up to the targets and their outcome.
    years
        Target years.
    horizon
        Years between the last known figure and the target, ≥ 1.
    seed
        Passed on.

    Returns
    -------
    pandas.DataFrame
        One row per season (and ``all``) × method (``shown`` is what `forecast_yield` gives,
        ``model`` the model wherever it stands, then the baselines): season, method, n,
        rmse, mae (t/ha), skill_rmse and skill_mae (1 − score / score of mean5, on the same
        rows), anomaly_r (correlation of departures from mean5), coverage90 (only ``shown``).
    """
    forecasts = pd.concat(
        [
            forecast_yield(panel, None, None, [year], last_known_year=year - horizon, seed=seed)
            for year in years
        ],
        ignore_index=True,
    )
    known = _outcomes(panel, years)
    joined = forecasts.merge(known, on=["unit", "season", "year"], how="inner")
    joined = joined.dropna(subset=["model", *(f"baseline_{name}" for name in BASELINES)])
    groups = [*joined.groupby("season"), ("all", joined)]
    return pd.DataFrame([
        row for season, group in groups for row in _scores(str(season), group)
    ])  # fmt: skip


def _outcomes(panel: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    matrix = read_panel(panel)
    table = pd.DataFrame(matrix.values, columns=range(matrix.first_year, matrix.last_year + 1))
    table = table.assign(unit=matrix.units, season=matrix.seasons)
    long = table.melt(id_vars=["unit", "season"], var_name="year", value_name="actual")
    long = long[long["year"].isin(list(years))].dropna(subset=["actual"])
    return long.astype({"year": int})


def _scores(season: str, group: pd.DataFrame) -> list[dict[str, object]]:
    columns = {"shown": "p50", "model": "model"} | {name: f"baseline_{name}" for name in BASELINES}
    usual = _errors(group, "baseline_mean5")
    inside = group["actual"].between(group["p05"], group["p95"])
    return [
        {
            "season": season, "method": method, "n": len(group),
            **_errors(group, column),
            "skill_rmse": 1 - _errors(group, column)["rmse"] / usual["rmse"],
            "skill_mae": 1 - _errors(group, column)["mae"] / usual["mae"],
            "anomaly_r": _anomaly(group, column),
            "coverage90": float(inside.mean()) if method == "shown" else float("nan"),
        }
        for method, column in columns.items()
    ]  # fmt: skip


def _errors(group: pd.DataFrame, column: str) -> dict[str, float]:
    missed = (group[column] - group["actual"]).to_numpy(np.float64)
    return {"rmse": float(np.sqrt(np.mean(missed**2))), "mae": float(np.mean(np.abs(missed)))}


def _anomaly(group: pd.DataFrame, column: str) -> float:
    """Correlation of forecast and outcome, both as departures from the five-year mean."""
    said = (group[column] - group["baseline_mean5"]).to_numpy(np.float64)
    came = (group["actual"] - group["baseline_mean5"]).to_numpy(np.float64)
    if len(said) < 3 or said.std() == 0 or came.std() == 0:
        return float("nan")
    return float(np.corrcoef(said, came)[0, 1])
