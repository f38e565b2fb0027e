"""Whether published figures agree: with each other, with their parts, with another source.

Tolerances come from rounding alone: a table that shows 0.1 thousand ha may be wrong by 0.05
thousand ha per figure, and by that times the root of their number in a sum. What is beyond is
named, never corrected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import Session

from agridata.statistics._compare import GROUP, Compared, count, issue, rounding_steps
from agridata.statistics._facts import facts_frame
from agridata.statistics._issues import Issue
from agridata.statistics._subjects import SUBJECTS
from agridata.statistics._sums import check_parts, check_seasons, check_units

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_frame", "check_statistics"]

SLIP_FACTORS = (10.0, 100.0, 1000.0)
SLIP_SHARE = 0.3
"""How near a jump must be to 10, 100 or 1000 times to be a slip of unit, and how much the
years before and after may differ from each other."""

SLIP_MEASURES = ("planted_area", "bearing_area", "production", "yield", "heads", "area", "volume")
SLIP_KINDS = frozenset({"crop", "livestock", "aquaculture", "fishery"})
"""Burnt forest may well be a hundred times last year's."""

YIELD_SLIP_SHARE = 0.05
"""How near yield ÷ (production ÷ area) must be to a power of ten to be a slip of unit."""

COPY_SHARE = 0.5
"""Yields of two years agree to the last digit in about a tenth of the units by chance; in half
of them, the column was filled down."""

COPY_UNITS = 20
COPY_MEASURES = ("planted_area", "yield", "production", "heads")
"""What changes every year everywhere; the number of communes does not."""

LONE_YEARS = 3
"""A year farther than that from every other year of its table stands apart."""

MIN_YEARS = 5
"""Fewer years than this are no series from which one could stand apart."""

UNIT = ["unit_name", "unit_level", *GROUP]


def check_statistics(
    session: Session,
    subjects: Sequence[str] | None = None,
    data_set: str | None = None,
) -> list[Issue]:
    """Name everything in the stored statistics that does not add up.

    Returns
    -------
    list of Issue
        Errors first, then notes; each by check, subject, measure, season, year, unit.
    """
    return check_frame(facts_frame(session, subjects, data_set))


def check_frame(facts: pd.DataFrame, compared: Compared | None = None) -> list[Issue]:
    """Run every check over a `facts_frame`.

    Parameters
    ----------
    compared
        Receives how many figures each check compared, by check, data set and unit.
    """
    if facts.empty:
        return []
    seen: Compared = Compared() if compared is None else compared
    checks: tuple[Callable[[pd.DataFrame, Compared], Iterator[Issue]], ...] = (
        check_units, check_seasons, check_parts, _identity, _slips, _copies, _lone_years, _sources,
    )  # fmt: skip
    facts = facts.assign(half=rounding_steps(facts) / 2)
    found = _one_slip_each([one for check in checks for one in check(facts, seen)])
    return sorted(
        found,
        key=lambda one: (
            one.severity, one.check, one.subject, one.measure, one.season, one.year, one.unit,
            one.data_set,
        ),
    )  # fmt: skip


def _one_slip_each(issues: list[Issue]) -> list[Issue]:
    """Name a slip once: the identity sees it in the yield, the years around in the figure."""

    def place(one: Issue) -> tuple[object, ...]:
        return (one.subject, one.season, one.year, one.unit, one.data_set)

    slips = [one for one in issues if one.check == "unit_slip"]
    by_years = {place(one) for one in slips if one.note_en.endswith(AROUND)}
    return [
        one
        for one in issues
        if one.check != "unit_slip" or one.note_en.endswith(AROUND) or place(one) not in by_years
    ]


AROUND = "times the years around it"


def _identity(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Name yields that no rounding of area, production and yield explains."""
    keys = ["unit_name", "unit_level", "subject", "season", "year", "data_set_key"]
    rates = facts[facts["measure"] == "yield"]
    for measure, suffix in (("planted_area", "_area"), ("production", "_production")):
        other = facts[facts["measure"] == measure][[*keys, "value", "half"]]
        rates = rates.merge(other, how="left", on=keys, suffixes=("", suffix))
    rates = rates.dropna(subset=["value_area", "value_production"])
    rates = rates[rates["value_area"] > 0]
    count(compared, "production_not_area_times_yield", rates)
    low = (rates["value_production"] - rates["half_production"]).clip(lower=0) / (
        rates["value_area"] + rates["half_area"]
    )
    high = (rates["value_production"] + rates["half_production"]) / (
        rates["value_area"] - rates["half_area"]
    ).clip(lower=1e-9)
    slack = rates["half"] + 1e-6
    wrong = (rates["value"] + slack < low) | (rates["value"] - slack > high)
    for _, row in rates[wrong].iterrows():
        implied = row["value_production"] / row["value_area"]
        ratio = _power_of_ten(row["value"] / implied if implied else 0.0)
        if ratio:
            yield issue(
                "unit_slip", row, row["value"], implied,
                f"bằng {ratio:g} lần sản lượng ÷ diện tích",
                f"{ratio:g} times production ÷ area",
            )  # fmt: skip
        else:
            yield issue("production_not_area_times_yield", row, row["value"], implied)


def _power_of_ten(ratio: float) -> float:
    """Return the power of ten near `ratio`, 0 if it is near none (or near 1)."""
    if ratio <= 0:
        return 0.0
    power = 10.0 ** round(math.log10(ratio))
    return power if power != 1 and abs(ratio / power - 1) <= YIELD_SLIP_SHARE else 0.0


def _slips(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Name a year that is 10, 100 or 1000 times (or a part of) the years around it."""
    known = facts["subject"].map(lambda name: name in SUBJECTS and SUBJECTS[name].kind)
    chosen = facts[
        facts["measure"].isin(SLIP_MEASURES)
        & known.isin(SLIP_KINDS)
        & (facts["value"] > 20 * facts["half"])
    ].sort_values([*UNIT, "year"])
    groups = chosen.groupby(UNIT)["value"]
    before, after = groups.shift(1), groups.shift(-1)
    count(compared, "unit_slip", chosen[before.notna() & after.notna()])
    level = (before * after) ** 0.5
    steady = (before / after).between(1 / (1 + SLIP_SHARE), 1 + SLIP_SHARE)
    for factor in SLIP_FACTORS:
        for ratio in (factor, 1 / factor):
            near = (chosen["value"] / level / ratio).between(1 / (1 + SLIP_SHARE), 1 + SLIP_SHARE)
            for index in chosen.index[steady & near]:
                yield issue(
                    "unit_slip", chosen.loc[index], chosen.loc[index, "value"], level[index],
                    f"khoảng {ratio:g} lần các năm bên cạnh", f"about {ratio:g} {AROUND}",
                )  # fmt: skip


def _copies(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Name a year in which at least half of the units repeat the year before exactly."""
    chosen = facts[facts["measure"].isin(COPY_MEASURES) & (facts["unit_level"] != "country")]
    chosen = chosen.sort_values([*UNIT, "year"])
    earlier = chosen.groupby(UNIT)[["value", "year"]].shift(1)
    pairs = chosen[earlier["year"] == chosen["year"] - 1].assign(
        same=chosen["value"] == earlier["value"]
    )
    for _, group in pairs.groupby([*GROUP, "year"]):
        if len(group) < COPY_UNITS:
            continue
        compared["copied_year", str(group["data_set_key"].iloc[0]), "*"] += 1
        if group["same"].mean() >= COPY_SHARE:
            same, before = int(group["same"].sum()), int(group["year"].iloc[0]) - 1
            yield _of_all_units(
                "copied_year", group.iloc[0], same, 0, "units",
                f"{same} trên {len(group)} đơn vị lặp lại {before}",
                f"{same} of {len(group)} units repeat {before}",
            )  # fmt: skip


def _of_all_units(
    check: str, row: pd.Series[float], found: float, expected: float, unit: str, vi: str, en: str
) -> Issue:
    return replace(issue(check, row, found, expected, vi, en), unit="*", unit_of_value=unit)


def _lone_years(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Name a year far from all others of its table, and the missing year it may be."""
    for _, group in facts.groupby(GROUP):
        years = sorted({int(year) for year in group["year"]})
        if len(years) < MIN_YEARS:
            continue
        compared["year_out_of_place", str(group["data_set_key"].iloc[0]), "*"] += len(years)
        for year in years:
            others = [one for one in years if one != year]
            if min(abs(year - one) for one in others) <= LONE_YEARS:
                continue
            meant = _meant(year, others)
            yield _of_all_units(
                "year_out_of_place", group[group["year"] == year].iloc[0], year, meant, "year",
                f"có lẽ là {meant}, năm bị thiếu" if meant else "",
                f"probably {meant}, which is missing" if meant else "",
            )  # fmt: skip


def _meant(year: int, others: Sequence[int]) -> int:
    """Return the one missing year that differs from `year` in one digit, 0 if there is none."""
    guesses = [
        one
        for one in range(min(others), max(others))
        if one not in others and sum(a != b for a, b in zip(str(one), str(year), strict=True)) == 1
    ]
    return guesses[0] if len(guesses) == 1 else 0


def _sources(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Name figures that two data sets publish differently, beyond the coarser rounding."""
    keys = ["unit_name", "unit_level", "subject", "measure", "season", "year"]
    twice = facts[facts.duplicated(keys, keep=False)].sort_values([*keys, "data_set_key"])
    for _, group in twice.groupby(keys):
        first, *rest = (row for _, row in group.iterrows())
        count(compared, "sources_differ", group.iloc[1:])
        for other in rest:
            if abs(other["value"] - first["value"]) > first["half"] + other["half"] + 1e-6:
                yield issue(
                    "sources_differ", other, other["value"], first["value"],
                    f"so với {first['data_set_key']}", f"against {first['data_set_key']}",
                )  # fmt: skip
