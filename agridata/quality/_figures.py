"""Statistics under the four figures: they agree, have their years, are no copies, are recent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agridata.quality._nouns import Known
from agridata.quality._rules import Check, Tally, tallied
from agridata.statistics import (
    Compared,
    check_frame,
    facts_frame,
    version_on,
    year_end,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figure_checks"]

RULE_OF_CHECK: Mapping[str, str] = {
    "units_do_not_add_up": "figures_agree",
    "seasons_do_not_add_up": "figures_agree",
    "parts_do_not_add_up": "figures_agree",
    "production_not_area_times_yield": "figures_agree",
    "year_out_of_place": "figures_agree",
    "unit_slip": "unit_of_value",
    "copied_year": "own_year",
}
"""Check of `agridata.statistics` → rule; two sources that differ are a note, no failure."""

RECENT_YEARS = 2
"""A yearbook of a year appears in the middle of the next."""

COMMON_SHARE = 0.5
"""A year is expected of a unit if this share of the units has it: it was published then."""


Codes = Mapping[str, str]


def figure_checks(known: Known) -> Iterator[Check]:
    """Count figures of the statistics tables."""
    facts = facts_frame(known.session)
    if facts.empty:
        return
    codes = _codes(known, facts)
    yield from _agreement(facts, codes)
    yield from tallied("years_present", _years(facts, codes))
    yield from tallied("statistics_recent", _recent(known, facts, codes))


def _codes(known: Known, facts: pd.DataFrame) -> Codes:
    """Return the code of each province, as of its last year in the tables; tell its name."""
    provinces = facts[facts["unit_level"] == "province"]
    codes = {}
    for unit, year in provinces.groupby("unit_name")["year"].max().items():
        version, _flag = version_on(str(unit), year_end(int(year)))
        if version is not None:
            codes[str(unit)] = version.code
            known.province_names[version.code] = (version.name_vi, version.name)
    return codes


def _agreement(facts: pd.DataFrame, codes: Codes) -> Iterator[Check]:
    compared: Compared = Counter()
    issues = check_frame(facts, compared)
    tallies: dict[tuple[str, str, str], Tally] = {}
    for (check, data_set, unit), number in compared.items():
        if check in RULE_OF_CHECK:
            place = (RULE_OF_CHECK[check], data_set, codes.get(unit, ""))
            tallies.setdefault(place, Tally()).add(Tally(number))
    for one in issues:
        if one.check in RULE_OF_CHECK:
            place = (RULE_OF_CHECK[one.check], one.data_set, codes.get(one.unit, ""))
            tally = tallies.setdefault(place, Tally())
            tally.add(Tally(0, 1, [one.sentence_en]))
            tally.checked = max(tally.checked, tally.failing)
    for (rule, data_set, unit), tally in tallies.items():
        yield Check(rule, data_set, unit, tally)


SERIES = ["data_set_key", "subject", "measure", "season"]


def _years(facts: pd.DataFrame, codes: Codes) -> Iterator[tuple[str, str, bool, str]]:
    """Expect of a unit each year inside its own span that most units have."""
    for keys, table in facts.groupby(SERIES):
        data_set, subject, measure, season = map(str, keys)
        by_unit = {
            str(unit): {int(year) for year in group["year"]}
            for unit, group in table.groupby("unit_name")
        }
        spread = Counter(year for years in by_unit.values() for year in years)
        common = {year for year, number in spread.items() if number >= COMMON_SHARE * len(by_unit)}
        for unit, years in by_unit.items():
            code = codes.get(unit, "")
            for year in sorted(common):
                if min(years) <= year <= max(years):
                    key = f"{unit} {year} {subject} {measure} {season}"
                    yield data_set, code, year in years, key


def _recent(
    known: Known, facts: pd.DataFrame, codes: Codes
) -> Iterator[tuple[str, str, bool, str]]:
    """Expect a figure of the last years of every unit that still exists."""
    last = facts.groupby([*SERIES, "unit_name", "unit_level"])["year"].max()
    for keys, year in last.items():
        data_set, subject, measure, season, unit, level = map(str, keys)  # type: ignore[call-overload]  # a tuple: the index has six levels
        now = known.day(data_set).year
        if level == "province" and not _exists(unit, now - RECENT_YEARS):
            continue
        passed = int(year) >= now - RECENT_YEARS
        yield (
            data_set,
            codes.get(unit, ""),
            passed,
            f"{unit} {subject} {measure} {season}: {int(year)}",
        )


def _exists(unit: str, year: int) -> bool:
    """Tell whether a province is there (a unit whose name is no province is taken to be)."""
    version, flag = version_on(unit, year_end(year))
    return version is None or not flag
