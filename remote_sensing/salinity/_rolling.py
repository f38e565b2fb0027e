"""The rolling engine: models trained at fixed calendar cuts, never on what came later.

For an origin the model is the one of the last cut on or before it, and a cut's model has
seen only samples whose *valid* day lies before the cut. A forecast therefore depends on
the data before its origin, the seed and nothing else: not on other origins, leads or
stations that were asked for, and not on later data (property-tested).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from remote_sensing.salinity._features import (
    BASELINES,
    Samples,
    baselines,
    describe,
    enough_data,
    scale_of,
)
from remote_sensing.salinity._history import History, build_history, gather
from remote_sensing.salinity._model import PooledModel, fit_pooled_model
from remote_sensing.salinity._panel import Panel

__all__ = ["TRAINED_LEADS", "Judged", "RollingEngine"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRAINED_LEADS = tuple(range(1, 16))
"""Leads that every model learns; longer ones are learnt when asked for."""

LOOK_BACK_CUTS = 8
"""Earlier months with readings whose true forecasts give the errors: 1½ dry seasons."""

LOOK_BACK_STEP_DAYS = 2
"""Origins of those months: every second day, more are almost the same forecast again."""

MIN_READINGS_PER_CUT = 30
"""Station-days that a month must hold to count as one with readings."""


@dataclass(frozen=True)
class Judged:
    """Samples with what was forecast and what happened; all columns ``[n]``, g/L.

    `model` is NaN where the model may not speak; `observed` is NaN where unknown;
    `design` holds the predictors of the error's size.
    """

    samples: Samples
    observed: Floats
    model: Floats
    base: dict[str, Floats]
    enough: NDArray[np.bool_]
    design: Floats

    def take(self, rows: Ints | NDArray[np.bool_]) -> Judged:
        """Return the chosen rows."""
        base = {name: value[rows] for name, value in self.base.items()}
        return Judged(
            self.samples.take(rows), self.observed[rows], self.model[rows], base,
            self.enough[rows], self.design[rows],
        )  # fmt: skip


@dataclass
class RollingEngine:
    """Panel, history and the models fitted so far (one per month that was needed)."""

    panel: Panel
    seed: int
    longest_lead: int = TRAINED_LEADS[-1]
    history: History = field(init=False)
    _models: dict[int, PooledModel] = field(default_factory=dict, init=False)
    _look_back: dict[int, Judged] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.history = build_history(self.panel)

    @property
    def leads(self) -> Ints:
        """Leads the models learn."""
        longer = [lead for lead in (20, 25, 30, 45, 60) if lead <= self.longest_lead]
        wanted = {*TRAINED_LEADS, *longer, self.longest_lead}
        return np.asarray(sorted(wanted), dtype=np.int64)

    def cut_of(self, origin: int) -> int:
        """Return the column of the first day of the origin's month."""
        return self.panel.column(self.panel.day(origin).replace(day=1))

    def judge(self, samples: Samples) -> Judged:
        """Forecast `samples` with the model of each origin's cut."""
        base = baselines(self.panel, self.history, samples)
        enough = enough_data(self.history, samples)
        model = np.full(samples.lead.size, np.nan)
        cuts = np.asarray([self.cut_of(int(o)) for o in np.unique(samples.origin)])
        of_origin = dict(zip(np.unique(samples.origin).tolist(), cuts.tolist(), strict=True))
        cut = np.asarray([of_origin[int(o)] for o in samples.origin], dtype=np.int64)
        for one in np.unique(cut):
            rows = np.flatnonzero((cut == one) & enough)
            if rows.size:
                part = {name: value[rows] for name, value in base.items()}
                model[rows] = self._predict(int(one), samples.take(rows), part)
        observed = gather(self.panel.values, samples.station, samples.valid)
        return Judged(samples, observed, model, base, enough, self._design(samples, base, model))

    def look_back(self, origin: int) -> Judged | None:
        """Return true forecasts of the months before `origin` that are known by then.

        The last `LOOK_BACK_CUTS` months with readings and the origin's own month;
        only samples whose valid day lies before the origin. None if there are none.
        """
        cuts = self._cuts_before(self.cut_of(origin))
        months = [self._month(cut) for cut in [*cuts, self.cut_of(origin)]]
        kept = [m.take((m.samples.valid < origin) & np.isfinite(m.observed)) for m in months]
        kept = [m for m in kept if m.samples.lead.size]
        return _join(kept) if kept else None

    def _predict(self, cut: int, samples: Samples, base: dict[str, Floats]) -> Floats:
        model = self._model(cut)
        table = describe(self.panel, self.history, samples, base)
        scale = scale_of(self.history, samples)
        return model.predict(table, samples.lead, base["persistence"], scale)

    def _model(self, cut: int) -> PooledModel:
        if cut not in self._models:
            samples = self._training_samples(cut)
            base = baselines(self.panel, self.history, samples)
            self._models[cut] = fit_pooled_model(
                describe(self.panel, self.history, samples, base),
                samples.lead,
                gather(self.panel.values, samples.station, samples.valid),
                base["persistence"],
                scale_of(self.history, samples),
                seed=self.seed,
            )
        return self._models[cut]

    def _training_samples(self, cut: int) -> Samples:
        """Every sample that the cut may learn from: valid before the cut, value known."""
        known = np.isfinite(self.panel.values[:, : max(cut, 0)])
        station, valid = np.nonzero(known)
        leads = self.leads
        samples = Samples(
            np.repeat(station, leads.size).astype(np.int64),
            (valid[:, None] - leads[None, :] + 1).ravel().astype(np.int64),
            np.tile(leads, station.size),
        )
        samples = samples.take(samples.origin >= 1)
        return samples.take(enough_data(self.history, samples))

    def _cuts_before(self, cut: int) -> list[int]:
        """Columns of the last months before `cut` that hold enough readings."""
        found: list[int] = []
        day = self.panel.day(cut)
        while len(found) < LOOK_BACK_CUTS and cut > 0:
            end = cut
            day = _month_before(day)
            cut = self.panel.column(day)
            known = np.isfinite(self.panel.values[:, max(cut, 0) : end]).sum()
            if known >= MIN_READINGS_PER_CUT:
                found.append(cut)
        return found[::-1]

    def _month(self, cut: int) -> Judged:
        """True forecasts made on the days of one month, at every trained lead."""
        if cut not in self._look_back:
            day = self.panel.day(cut)
            end = self.panel.column(_month_after(day))
            origins = np.arange(max(cut, 1), min(end, self.panel.days), dtype=np.int64)
            of_step = (self.panel.first_ordinal + origins) % LOOK_BACK_STEP_DAYS == 0
            stations = np.arange(len(self.panel.stations), dtype=np.int64)
            samples = Samples.grid(stations, origins[of_step], self.leads)
            known = np.isfinite(gather(self.panel.values, samples.station, samples.valid))
            samples = samples.take(known & enough_data(self.history, samples))
            self._look_back[cut] = self.judge(samples)
        return self._look_back[cut]

    def _design(self, samples: Samples, base: dict[str, Floats], model: Floats) -> Floats:
        """Intercept, log of recent movement, log of the level, lead and its root."""
        centre = np.where(np.isfinite(model), model, np.nan_to_num(base["persistence"]))
        return np.column_stack(
            [
                np.ones(samples.lead.size),
                np.log(scale_of(self.history, samples)),
                np.log(centre + 0.1),
                np.log(samples.lead.astype(np.float64)),
            ]
        )


def _month_before(day: date) -> date:
    return day.replace(year=day.year - (day.month == 1), month=(day.month - 2) % 12 + 1, day=1)


def _month_after(day: date) -> date:
    return day.replace(year=day.year + (day.month == 12), month=day.month % 12 + 1, day=1)


def _join(parts: list[Judged]) -> Judged:
    return Judged(
        Samples(
            np.concatenate([part.samples.station for part in parts]),
            np.concatenate([part.samples.origin for part in parts]),
            np.concatenate([part.samples.lead for part in parts]),
        ),
        np.concatenate([part.observed for part in parts]),
        np.concatenate([part.model for part in parts]),
        {name: np.concatenate([part.base[name] for part in parts]) for name in BASELINES},
        np.concatenate([part.enough for part in parts]),
        np.concatenate([part.design for part in parts]),
    )
