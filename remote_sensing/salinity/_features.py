"""Samples (station, origin, lead) and what a model may know of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remote_sensing.salinity._history import (
    MAX_LAST_AGE_DAYS,
    History,
    gather,
    gather_days,
)
from remote_sensing.salinity._panel import EPOCH_ORDINAL, Panel
from remote_sensing.salinity._tide import BEAT_PERIODS_DAYS, analogue_days, phases

__all__ = ["BASELINES", "Samples", "baselines", "describe", "enough_data", "scale_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASELINES = ("persistence", "climatology", "tide_phase", "harmonic")

MIN_RECENT_DAYS = 3
"""Known days of the last 15 below which a station has too little data for the model."""

SMALLEST_SCALE_GL = 0.1
"""Sheets are written to 0.1 g/L; a calm fresh station must not divide by nothing."""


@dataclass(frozen=True)
class Samples:
    """Columns of equal length: panel row, origin column, lead (days, 1 = origin day)."""

    station: Ints
    origin: Ints
    lead: Ints

    @property
    def valid(self) -> Ints:
        """Column of the day that is forecast."""
        return self.origin + self.lead - 1

    def take(self, rows: Ints | NDArray[np.bool_]) -> Samples:
        """Return the chosen rows."""
        return Samples(self.station[rows], self.origin[rows], self.lead[rows])

    @classmethod
    def grid(cls, stations: Ints, origins: Ints, leads: Ints) -> Samples:
        """Return every combination, station-major."""
        parts = np.meshgrid(stations, origins, leads, indexing="ij")
        return cls(*(part.ravel().astype(np.int64) for part in parts))


def enough_data(history: History, samples: Samples) -> NDArray[np.bool_]:
    """Tell where the model may speak: a recent last value and some days before it."""
    age = gather(history.age, samples.station, samples.origin)
    count = gather(history.count15, samples.station, samples.origin)
    return (age <= MAX_LAST_AGE_DAYS) & (count >= MIN_RECENT_DAYS)


def scale_of(history: History, samples: Samples) -> Floats:
    """Return the size of recent movement at the station, g/L, always positive."""
    s, o = samples.station, samples.origin
    last = gather(history.last, s, o)
    spread = np.hypot(0.25 * gather(history.mean15, s, o), gather(history.std30, s, o))
    rough = np.where(np.isfinite(spread), spread, 0.3 * last)
    return np.where(np.isfinite(rough), rough, 0.0) + SMALLEST_SCALE_GL


def _analogue(panel: Panel, samples: Samples, cycles_back: int) -> Floats:
    """Mean of the days of the same tidal phase that are known at the origin."""
    total = np.zeros(samples.lead.size)
    count = np.zeros(samples.lead.size)
    for back in analogue_days(samples.lead, cycles_back):
        value = gather(panel.values, samples.station, samples.valid - back)
        usable = np.isfinite(value) & (back >= samples.lead)
        total += np.where(usable, value, 0.0)
        count += usable
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def baselines(panel: Panel, history: History, samples: Samples) -> dict[str, Floats]:
    """Return the four baselines, g/L; NaN where a baseline has nothing to rest on.

    * persistence: the last known daily maximum;
    * climatology: mean of the days within ±7 of the same day in earlier years, or the
      mean of all days so far in a station's first season;
    * tide_phase: mean of the days 14 and 15 (or 29 and 30 …) before the valid day that
      are known at the origin;
    * harmonic: regression of the last 60 days on the beats of the main tidal
      constituents and on the discharge known at the origin.
    """
    s, o, v = samples.station, samples.origin, samples.valid
    seasonal = gather(history.climatology, s, v)
    own = gather(history.own_mean, s, o)
    return {
        "persistence": gather(history.last, s, o),
        "climatology": np.where(np.isfinite(seasonal), seasonal, own),
        "tide_phase": _analogue(panel, samples, 1),
        "harmonic": _harmonic_value(panel, history, samples),
    }


def _harmonic_value(panel: Panel, history: History, samples: Samples) -> Floats:
    tide = phases(panel.first_ordinal + samples.valid)[:, :6]
    flow = np.nan_to_num(gather_days(history.flow, samples.origin) - 8.0)
    terms = np.column_stack([np.ones(samples.lead.size), tide, flow])
    column = samples.origin.clip(0, panel.days - 1)
    weights = history.harmonic[samples.station, column]
    inside = (samples.origin >= 0) & (samples.origin < panel.days)
    value: Floats = np.where(inside, np.einsum("np,np->n", weights, terms), np.nan)
    return np.maximum(value, 0.0)


def describe(
    panel: Panel, history: History, samples: Samples, base: dict[str, Floats]
) -> dict[str, Floats]:
    """Return the predictors of each sample; NaN where unknown.

    Differences are to the last value and in units of `scale_of`, so that what is learnt
    at one station serves another of different salinity.
    """
    s, o, v = samples.station, samples.origin, samples.valid
    last = base["persistence"]
    scale = scale_of(history, samples)

    def relative(value: Floats) -> Floats:
        return (value - last) / scale

    columns: dict[str, Floats] = {"lead": samples.lead.astype(np.float64)}
    columns["age"] = gather(history.age, s, o)
    for lag in (1, 2, 3, 4, 5, 7, 10):
        columns[f"lag{lag}"] = relative(gather(panel.values, s, o - lag))
    for name in ("mean3", "mean7", "mean15", "mean30", "max15", "min15"):
        columns[name] = relative(gather(getattr(history, name), s, o))
    columns["mean15_before"] = relative(gather(history.mean15, s, o - 15))
    columns["tide_phase"] = relative(base["tide_phase"])
    columns["tide_phase_before"] = relative(_analogue(panel, samples, 2))
    same_as_last = _analogue(panel, Samples(s, o, np.zeros_like(o)), 1)
    columns["tide_phase_change"] = (base["tide_phase"] - same_as_last) / scale
    columns["harmonic"] = relative(base["harmonic"])
    columns["climatology"] = relative(gather(history.climatology, s, v))
    seasonal_step = gather(history.climatology, s, v) - gather(history.climatology, s, o - 1)
    columns["climatology_change"] = seasonal_step / scale
    columns["level"] = np.log1p(last)
    columns["level30"] = np.log1p(gather(history.mean30, s, o))
    columns["scale"] = np.log(scale)
    columns["variation"] = gather(history.std30, s, o) / (gather(history.mean30, s, o) + 0.1)
    columns |= _calendar(panel, o, v)
    columns |= _driver_columns(history, o)
    return columns


def _calendar(panel: Panel, origin: Ints, valid: Ints) -> dict[str, Floats]:
    at_valid = phases(panel.first_ordinal + valid)
    at_origin = phases(panel.first_ordinal + origin)
    names = [f"{part}{i}" for i in range(len(BEAT_PERIODS_DAYS)) for part in ("sin", "cos")]
    columns = {f"valid_{name}": at_valid[:, i] for i, name in enumerate(names)}
    columns |= {f"origin_{names[i]}": at_origin[:, i] for i in (0, 1)}
    stamps = (panel.first_ordinal + valid - EPOCH_ORDINAL).astype("datetime64[D]")
    of_year = (stamps - stamps.astype("datetime64[Y]")).astype(np.float64)
    return columns | {"day_of_year": of_year}


def _driver_columns(history: History, origin: Ints) -> dict[str, Floats]:
    means = history.driver_means

    def known(name: str, before: int = 0) -> Floats:
        return gather_days(means[name], origin - before)

    flow = known("discharge_3")
    columns = {
        "flow": flow,
        "flow_change7": flow - known("discharge_3", 7),
        "flow_change15": flow - known("discharge_3", 15),
        "rain_7": known("rain_7"),
    }
    for name in ("wind_u", "wind_v"):
        columns |= {f"{name}_{width}": known(f"{name}_{width}") for width in (1, 3, 7)}
    return columns
