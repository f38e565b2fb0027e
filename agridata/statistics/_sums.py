"""Whether parts add up: provinces to the country, seasons to the year, kinds to the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from agridata.statistics._compare import Compared, adds, count, issue
from agridata.statistics._issues import Issue
from agridata.statistics._provinces import province_versions, year_end
from agridata.statistics._subjects import SUBJECTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PARTS", "check_parts", "check_seasons", "check_units"]

SUM_SIGMAS = 3.0
"""A sum of n rounded figures strays by step·√(n/12); three times that is no rounding."""

WHOLE_COUNTRY = 0.9
"""A source that lists fewer of the provinces of its year is regional; its sum is no country."""

SLACK = 1e-6

PARTS: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("fishery", "production", ("aquaculture", "capture"), "equal"),
    ("aquaculture", "production", ("aquaculture_fish", "aquaculture_shrimp"), "at_most"),
    ("capture", "production", ("capture_sea_fish",), "at_most"),
    ("cereals", "planted_area", ("rice", "maize"), "at_most"),
    ("cereals", "production", ("rice", "maize"), "at_most"),
    ("farms_2011", "count", (
        "farms_crops", "farms_livestock", "farms_fishing", "farms_other"), "equal"),
)  # fmt: skip
"""Whole, measure, parts, and whether the parts make up the whole or only part of it."""


def check_units(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Compare the sum over provinces with the country's figure, whichever source has it."""
    whole = facts[(facts["unit_level"] == "country") & facts["measure"].map(adds)]
    parts = _of_the_whole_country(facts[facts["unit_level"] == "province"])
    keys = ["subject", "measure", "season", "year"]
    sums = parts.groupby([*keys, "data_set_key"], as_index=False).agg(
        total=("value", "sum"), units=("value", "size"), half_part=("half", "max")
    )
    joined = whole.merge(sums, on=keys, suffixes=("", "_parts"))
    joined = joined.drop_duplicates([*keys, "value", "data_set_key_parts"])
    count(compared, "units_do_not_add_up", joined)
    for _, row in joined.iterrows():
        spread = SUM_SIGMAS * 2 * row["half_part"] * math.sqrt(row["units"] / 12)
        if abs(row["total"] - row["value"]) > row["half"] + spread + SLACK:
            yield issue(
                "units_do_not_add_up", row, row["total"], row["value"],
                f"tổng {row['units']} tỉnh ({row['data_set_key_parts']})",
                f"sum of {row['units']} provinces ({row['data_set_key_parts']})",
            )  # fmt: skip


def check_seasons(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Compare the sum of a unit's seasons with its whole year in the same data set."""
    adding = facts[facts["measure"].map(adds)]
    keys = ["unit_name", "unit_level", "subject", "measure", "year", "data_set_key"]
    parts = adding[adding["season"] != "year"].groupby(keys, as_index=False).agg(
        total=("value", "sum"), spread=("half", "sum")
    )  # fmt: skip
    joined = adding[adding["season"] == "year"].merge(parts, on=keys)
    count(compared, "seasons_do_not_add_up", joined)
    gap = (joined["total"] - joined["value"]).abs()
    for _, row in joined[gap > joined["half"] + joined["spread"] + SLACK].iterrows():
        yield issue("seasons_do_not_add_up", row, row["total"], row["value"])


def check_parts(facts: pd.DataFrame, compared: Compared) -> Iterator[Issue]:
    """Compare wholes with the sum of their kinds (fishery is aquaculture and capture)."""
    keys = ["unit_name", "unit_level", "measure", "season", "year", "data_set_key"]
    for whole, measure, names, rule in PARTS:
        chosen = facts[(facts["measure"] == measure) & (facts["season"] == "year")]
        parts = chosen[chosen["subject"].isin(names)].groupby(keys, as_index=False).agg(
            total=("value", "sum"), number=("value", "size"), spread=("half", "sum")
        )  # fmt: skip
        joined = chosen[chosen["subject"] == whole].merge(parts, on=keys)
        count(compared, "parts_do_not_add_up", joined)
        gap = joined["total"] - joined["value"]
        partly = (rule == "at_most") | (joined["number"] < len(names))
        beyond = gap.where(~partly, gap.clip(lower=0)).abs()
        for _, row in joined[beyond > joined["half"] + joined["spread"] + SLACK].iterrows():
            yield issue(
                "parts_do_not_add_up", row, row["total"], row["value"],
                "cộng " + ", ".join(SUBJECTS[name].vi for name in names),
                "sum of " + ", ".join(SUBJECTS[name].en for name in names),
            )  # fmt: skip


def _of_the_whole_country(provinces: pd.DataFrame) -> pd.DataFrame:
    """Keep the years in which a data set lists (nearly) every province there was."""
    listed = provinces.groupby(["data_set_key", "year"])["unit_name"].transform("nunique")
    there = provinces["year"].map(_provinces_in)
    return provinces[listed >= WHOLE_COUNTRY * there]


@cache
def _provinces_in(year: int) -> int:
    return sum(one.valid_on(year_end(year)) for one in province_versions())
