"""One run: every rule over the whole workspace, added up per data set and per unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from agridata.quality._clean import clean_checks
from agridata.quality._complete import complete_checks
from agridata.quality._correct import correct_checks
from agridata.quality._figures import figure_checks
from agridata.quality._live import live_checks, review_checks
from agridata.quality._nouns import BY_HAND, Known
from agridata.quality._readings import reading_checks
from agridata.quality._rules import DIMENSIONS, RULES, Check, Tally
from agridata.vocabulary import Utc

__all__ = ["Figures", "QualityReport", "measure"]


@dataclass(slots=True)
class Figures:
    """The four figures of one data set or unit, with the counts behind them."""

    key: str
    title_vi: str
    title_en: str
    simulated: bool
    rows: int
    tallies: dict[str, Tally] = field(default_factory=dict)

    def counts(self, dimension: str) -> tuple[int, int]:
        """Return how many things were checked and how many failed, over all rules."""
        mine = [tally for rule, tally in self.tallies.items() if RULES[rule].dimension == dimension]
        return sum(one.checked for one in mine), sum(one.failing for one in mine)

    def figure(self, dimension: str) -> float | None:
        """Return the share that passed; None where nothing was checked."""
        checked, failing = self.counts(dimension)
        return 1 - failing / checked if checked else None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``agridata quality report``."""
        return {
            **{name: _rounded(self.figure(name)) for name in DIMENSIONS},
            "rows": self.rows,
            "simulated": self.simulated,
            "title_vi": self.title_vi,
            "title_en": self.title_en,
            "counts": {name: self._counts(name) for name in DIMENSIONS},
        }

    def _counts(self, dimension: str) -> dict[str, Any]:
        checked, failing = self.counts(dimension)
        return {
            "checked": checked,
            "failing": failing,
            "rules": {
                rule: {
                    "checked": tally.checked,
                    "failing": tally.failing,
                    "examples": tally.examples,
                    "raises_by": _rounded(tally.failing / checked if checked else 0.0),
                    "fix_vi": RULES[rule].fix_vi,
                    "fix_en": RULES[rule].fix_en,
                }
                for rule, tally in self.tallies.items()
                if RULES[rule].dimension == dimension
            },
        }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Outcome of a run; `as_of` is None where each data set was judged at its own moment."""

    now: Utc
    as_of: Utc | None
    data_sets: Mapping[str, Figures]
    units: Mapping[str, Figures]

    def overall(self) -> dict[str, float | None]:
        """Return the mean of each figure over the data sets that have it (each counts once)."""
        means = {}
        for name in DIMENSIONS:
            found = [one.figure(name) for one in self.data_sets.values()]
            there = [figure for figure in found if figure is not None]
            means[name] = _rounded(sum(there) / len(there) if there else None)
        return means

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``agridata quality report``."""
        return {
            "as_of": (self.as_of or self.now).isoformat(),
            "overall": self.overall(),
            "data_sets": {key: one.as_dict() for key, one in self.data_sets.items()},
            "units": {key: one.as_dict() for key, one in self.units.items()},
        }


def measure(session: Session, *, now: Utc, as_of: Utc | None = None) -> QualityReport:
    """Measure the four figures of every data set and unit; nothing is written.

    Parameters
    ----------
    now
        The wall clock.
    as_of
        Moment of which freshness is judged; None takes each data set's own, else `now`.

    Returns
    -------
    QualityReport
        A data set with no rows has None everywhere: no data is never "passed".
    """
    known = Known(session, now=now, as_of=as_of)
    checks = list(_checks(known))
    judged = {
        one.data_set for one in checks if RULES[one.rule].dimension == "live" and one.tally.checked
    }
    checks += review_checks(known, judged)
    return QualityReport(now, as_of, _by_data_set(known, checks), _by_unit(known, checks))


def _checks(known: Known) -> Iterator[Check]:
    yield from correct_checks(known)
    yield from complete_checks(known)
    yield from clean_checks(known)
    yield from live_checks(known)
    yield from reading_checks(known)
    yield from figure_checks(known)


def _add(figures: Figures, check: Check) -> None:
    figures.tallies.setdefault(check.rule, Tally()).add(check.tally)


def _by_data_set(known: Known, checks: Iterable[Check]) -> dict[str, Figures]:
    found = {
        key: Figures(key, one.title_vi, one.title_en, one.simulated, one.rows_stored)
        for key, one in sorted(known.data_sets.items())
    }
    by_hand = Figures(BY_HAND, "Nhập tay", "Entered by hand", False, 0)
    for check in checks:
        if check.data_set == BY_HAND:
            found.setdefault(BY_HAND, by_hand)
        if check.data_set in found:
            _add(found[check.data_set], check)
    return found


def _by_unit(known: Known, checks: Iterable[Check]) -> dict[str, Figures]:
    names = _unit_names(known)
    simulated: dict[str, bool] = {}
    found: dict[str, Figures] = {}
    for check in checks:
        if not check.unit:
            continue
        one = known.data_sets.get(check.data_set)
        simulated[check.unit] = simulated.get(check.unit, True) and bool(one and one.simulated)
        vi, en = names.get(check.unit, (check.unit, check.unit))
        _add(found.setdefault(check.unit, Figures(check.unit, vi, en, False, 0)), check)
    for code, figures in found.items():
        figures.simulated = simulated[code]
        figures.rows = max(tally.checked for tally in figures.tallies.values())
    return dict(sorted(found.items()))


def _unit_names(known: Known) -> dict[str, tuple[str, str]]:
    """Return names by code; a province is called as its statistics call it."""
    listed = {code: (spans[-1].name, spans[-1].name) for code, spans in known.units.items()}
    return listed | known.province_names
