"""Scores per lead of forecasts over past origins, model and baselines on the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from remote_sensing.evaluation import brier, coverage, nash_sutcliffe, rmse, skill
from remote_sensing.salinity._features import BASELINES
from remote_sensing.salinity._forecast import MODEL, SalinityForecaster
from remote_sensing.salinity._panel import Drivers

__all__ = ["MIN_SEASON_DAYS", "backtest_salinity", "score_forecasts", "shown_method"]

MIN_SEASON_DAYS = 10
"""Forecast days of a station and year below which its own skill is not counted."""

HALF = 0.5
"""A method that speaks on fewer of the observed rows is not compared."""

NAN = float("nan")

MIN_SEASON_STD_GL = 0.5
"""Where the water hardly changes every method is right, and skill is noise."""


def backtest_salinity(
    daily: pd.DataFrame,
    *,
    origins: Sequence[date],
    leads: Iterable[int],
    drivers: Drivers | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecast from every past origin as if it were today and score what was said.

    Parameters are those of `forecast_salinity`.

    Returns
    -------
    DataFrame
        One row per lead, see `score_forecasts`.
    """
    chosen = list(leads)
    forecaster = SalinityForecaster.build(daily, origins, chosen, drivers=drivers, seed=seed)
    return score_forecasts(forecaster.forecast(origins, chosen))


def score_forecasts(rows: pd.DataFrame) -> pd.DataFrame:
    """Score forecasts (with ``model_mean``) where the observed value is known.

    Returns
    -------
    DataFrame
        ``lead_days, n, rmse_model, rmse_<baseline>…, best_baseline, nse, skill, seasons,
        nse_median, skill_median, skill_positive_share, coverage90, brier_ge_1,
        brier_ge_4, rmse_shown, shown``. RMSE in g/L over the `n` rows where the model
        and every baseline speak (without enough data the model does not and is NaN).
        `skill` is 1 − RMSE/RMSE of the baseline that turned out best. The medians are
        over station-seasons of at least `MIN_SEASON_DAYS` days and a standard deviation
        above `MIN_SEASON_STD_GL`, each against its own best baseline. `coverage90` and
        Brier scores are of the forecast that was shown, over every observed row. `shown`
        names what this table would show from now on.
    """
    seen = rows[rows["observed"].notna()]
    leads = sorted({int(lead) for lead in seen["lead_days"]})
    scored = [_score_lead(lead, seen[seen["lead_days"] == lead]) for lead in leads]
    return pd.DataFrame(scored)


def shown_method(backtest: pd.DataFrame, lead: int) -> str:
    """Return what is shown at `lead`: the model, or ``baseline_<name>`` if that beats it."""
    row = backtest.loc[backtest["lead_days"] == lead].iloc[0]
    return str(row["shown"])


def _score_lead(lead: int, part: pd.DataFrame) -> dict[str, object]:
    columns = {"model": "model_mean"} | {name: f"baseline_{name}" for name in BASELINES}
    spoken = {name: col for name, col in columns.items() if part[col].notna().mean() > HALF}
    common = part.dropna(subset=list(spoken.values()))
    seen = common["observed"]
    error = {name: rmse(seen, common[col]) for name, col in spoken.items()}
    bases = [name for name in BASELINES if name in spoken and len(common)]
    best = min(bases, key=lambda name: error[name]) if bases else ""
    row: dict[str, object] = {"lead_days": lead, "n": len(common)}
    row |= {f"rmse_{name}": error.get(name, NAN) for name in columns}
    gain = skill(error.get("model", NAN), error[best]) if best else NAN
    fit = nash_sutcliffe(seen, common["model_mean"]) if "model" in spoken else NAN
    row |= {"best_baseline": best, "nse": fit, "skill": gain}
    row |= _by_season(common, bases)
    row |= {
        "coverage90": coverage(part["observed"], part["p05"], part["p95"]),
        "brier_ge_1": brier(part["observed"] >= 1, part["prob_ge_1"]),
        "brier_ge_4": brier(part["observed"] >= 4, part["prob_ge_4"]),
        "rmse_shown": rmse(seen, common["mean"]),
        "shown": MODEL if gain > 0 else f"baseline_{best}" if best else "too_little_data",
    }
    return row


def _by_season(common: pd.DataFrame, bases: list[str]) -> dict[str, object]:
    """Medians over station-seasons, each against the baseline that was best there."""
    gains: list[float] = []
    fits: list[float] = []
    year = pd.to_datetime(common["valid_date"]).dt.year
    for _, season in common.groupby(["station", year]):
        seen = season["observed"]
        if len(season) < MIN_SEASON_DAYS or float(seen.std()) <= MIN_SEASON_STD_GL:
            continue
        best = min(rmse(seen, season[f"baseline_{name}"]) for name in bases)
        gains.append(skill(rmse(seen, season["model_mean"]), best))
        fits.append(nash_sutcliffe(seen, season["model_mean"]))
    return {
        "seasons": len(gains),
        "nse_median": float(np.median(fits)) if fits else NAN,
        "skill_median": float(np.median(gains)) if gains else NAN,
        "skill_positive_share": float(np.mean(np.asarray(gains) > 0)) if gains else NAN,
    }
