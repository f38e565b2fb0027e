"""Yield of single fields: means of season, district and intensity, shrunk to one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from remote_sensing.yields._field_table import field_features, field_yields
from remote_sensing.yields._intervals import Spread, spread_of

__all__ = ["forecast_fields"]

LEVELS = {
    "by_season": ("season",),
    "by_unit": ("season", "unit"),
    "by_intensity": ("season", "unit", "intensity"),
}
"""Groups from coarse to fine; each level corrects the one above it."""

SHRINKAGES = (5.0, 10.0, 20.0, 40.0, 80.0)
"""Fields a group needs before its own mean counts half; chosen by cross-validation."""

BASELINE = 0.0
"""No shrinkage and no intensity: the plain mean of season × district."""

FOLDS = 10
MIN_FIELDS = 2
WIDE_MARGIN = 2.0
"""t/ha on both sides where fewer than 19 residuals exist: about the range within a season."""

METHOD = "mean of season, district and intensity, shrunk"
BASELINE_METHOD = "baseline: mean of season and district (the model does not beat it)"


def forecast_fields(
    train: pd.DataFrame, test: pd.DataFrame, *, seed: int = 0, where: str = "train"
) -> pd.DataFrame:
    """Forecast the yield of each field of `test` from the fields of `train`.

    Parameters
    ----------
    train
        Columns of the field survey: District, Season(…) SA/WS, Rice Crop Intensity(…) D/T,
        Date of Harvest (dd-mm-yyyy), Latitude, Longitude, Rice Yield (kg/ha).
    test
        The same columns; its yield column, if there, is dropped unread.
    seed
        Of the assignment of places to folds.
    where
        Name of the training table in error messages.

    Returns
    -------
    pandas.DataFrame
        One row per row of `test`, in its order: row (from 0), unit (district), season, year,
        p05, p50, p95, mean, unit_of_yield (t/ha), method, baseline_mean5, baseline_last,
        baseline_trend (NaN: a survey of one year has none), baseline_season_district,
        residuals, cv_rmse, cv_rmse_baseline.

    Raises
    ------
    PanelError
        If a table lacks its columns or a training yield is no yield in kg/ha.

    Notes
    -----
    Everything is chosen and every interval made by cross-validation **by place**: fields
    measured in two seasons stand in one fold, since a random split lets a model recognise
    a place it has seen. Intervals: split conformal per season.
    """
    known = _with_keys(field_features(train, where)).assign(actual=field_yields(train, where))
    asked = _with_keys(field_features(_without_yield(test), "test"))
    folds = _folds(known["place"], seed)
    strength, scores = _choose(known, folds)
    missed = known["actual"].to_numpy(np.float64) - _out_of_place(known, folds, strength)
    model = _Means.of(known, strength)
    plain = _Means.of(known, BASELINE)
    spreads = {season: _season_spread(known, missed, season) for season in set(asked["season"])}
    points, baselines = model.of_fields(asked), plain.of_fields(asked)
    table = pd.DataFrame([
        _row(number, field, points[number], *spreads[field.season], strength)
        for number, field in enumerate(asked.itertuples(index=False))
    ])  # fmt: skip
    return table.assign(
        baseline_mean5=np.nan, baseline_last=np.nan, baseline_trend=np.nan,
        baseline_season_district=baselines, cv_rmse=scores[strength],
        cv_rmse_baseline=scores[BASELINE],
    )  # fmt: skip


def _without_yield(test: pd.DataFrame) -> pd.DataFrame:
    return test[[name for name in test.columns if "yield" not in str(name).casefold()]]


@dataclass(frozen=True)
class _Means:
    """A mean and corrections per group, each shrunk by ``n / (n + strength)``."""

    centre: float
    corrections: dict[str, dict[Any, float]]

    @classmethod
    def of(cls, known: pd.DataFrame, strength: float) -> _Means:
        centre = float(known["actual"].mean())
        left = known["actual"] - centre
        corrections: dict[str, dict[Any, float]] = {}
        for level in list(LEVELS) if strength else list(LEVELS)[:2]:
            groups = left.groupby(known[level]).agg(["sum", "count"])
            weak = strength if corrections else 0.0  # the season itself is not shrunk
            corrections[level] = (groups["sum"] / (groups["count"] + weak)).to_dict()
            left = left - known[level].map(corrections[level])
        return cls(centre, corrections)

    def of_fields(self, fields: pd.DataFrame) -> NDArray[np.float64]:
        """Return the forecast of each field; an unknown group adds nothing."""
        value = np.full(len(fields), self.centre)
        for level, effect in self.corrections.items():
            value += fields[level].map(effect).fillna(0.0).to_numpy(np.float64)
        return value


def _with_keys(fields: pd.DataFrame) -> pd.DataFrame:
    """Add one column per level that names the group of each field."""
    keys = {level: fields[list(names)].agg("|".join, axis=1) for level, names in LEVELS.items()}
    return fields.assign(**keys)


def _folds(places: pd.Series[Any], seed: int) -> NDArray[np.int64]:
    """Return a fold per row; rows of one place share it."""
    names, number = np.unique(places.to_numpy(str), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray(order[number] % min(FOLDS, max(len(names), MIN_FIELDS)), np.int64)


def _splits(folds: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    for fold in np.unique(folds):
        yield folds == fold


def _out_of_place(
    known: pd.DataFrame, folds: NDArray[np.int64], strength: float
) -> NDArray[np.float64]:
    """Return for each field the forecast of a model that has not seen its place."""
    forecast = np.full(len(known), np.nan)
    for held in _splits(folds):
        if not held.all():
            forecast[held] = _Means.of(known[~held], strength).of_fields(known[held])
    return forecast


def _choose(known: pd.DataFrame, folds: NDArray[np.int64]) -> tuple[float, dict[float, float]]:
    """Return the strength of least cross-validated RMSE (`BASELINE` if none beats it)."""
    actual = known["actual"].to_numpy(np.float64)
    scores = {
        strength: float(np.sqrt(np.mean((actual - _out_of_place(known, folds, strength)) ** 2)))
        for strength in (BASELINE, *SHRINKAGES)
    }
    return min(scores, key=lambda strength: scores[strength]), scores


def _season_spread(
    known: pd.DataFrame, missed: NDArray[np.float64], season: str
) -> tuple[Spread, str]:
    """Return the season's interval offsets, and why they are wide ("" if not)."""
    own = missed[(known["season"] == season).to_numpy()]
    found = spread_of(own, drifting=False)
    if found is not None:
        return found, ""
    return (
        Spread(-WIDE_MARGIN, WIDE_MARGIN, len(own)),
        f"only {len(own)} training fields of the season",
    )


def _row(
    number: int, field: Any, point: float, spread: Spread, reason: str, strength: float
) -> dict[str, Any]:
    method = METHOD if strength else BASELINE_METHOD
    return {
        "row": number, "unit": field.unit, "season": field.season, "year": field.year,
        "p05": max(point + spread.low, 0.0), "p50": point, "p95": point + spread.high,
        "mean": point, "unit_of_yield": "t/ha",
        "method": method + (f"; wide interval: {reason}" if reason else ""),
        "residuals": spread.residuals,
    }  # fmt: skip
