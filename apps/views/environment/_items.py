"""What every item of the page is made of: figures, origins, ages, what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from agridata.environment import Finding, LatestValue, Rule, SoilValue
from agridata.vocabulary import local_date
from apps.views._text import Lang, Sentence, day, moment, number, say
from apps.views.environment._text import ENVIRONMENT, FINDINGS, MARKS, SOURCES

__all__ = [
    "KELVIN",
    "UNITS",
    "Item",
    "age_text",
    "amount",
    "from_text",
    "month_text",
    "pixels",
    "rule_text",
    "span",
    "told",
    "when",
]

KELVIN = 273.15
UNITS: Mapping[str, tuple[str, float, int]] = {
    "air_temperature": ("°C", -KELVIN, 1), "rain": ("mm", 0.0, 0),
    "relative_humidity": ("%", 0.0, 0), "sunshine_duration": ("h", 0.0, 0),
}  # fmt: skip
"""Variable → unit on screens, what to add to the stored value, decimals."""
"""Variable → unit on screens, what to add to the stored value, decimals."""


@dataclass(frozen=True, slots=True)
class Item:
    """One figure: value, where it is from, what kind of source, what it means, by which rule.

    `state` is fresh, old, far, unknown, or "" for what does not age; only a fresh or ageless
    item has a `meaning`. `level` is fine or watch.
    """

    key: str
    label: str
    value: str
    origin: str
    badge: str
    state: str
    note: str = ""
    meaning: str = ""
    rule: str = ""
    level: str = ""
    simulated: bool = False


def told(item: Item, finding: Finding | None, lang: Lang) -> Item:
    """Return the item with what it means, by which rule; unchanged without a finding."""
    if finding is None:
        return item
    figures = {name: number(value, lang, 2) for name, value in finding.values.items()}
    if "share" in finding.values:
        figures["share"] = number(finding.values["share"], lang, 0)
    return replace(
        item, meaning=FINDINGS[finding.key].text(lang, **figures),
        rule=rule_text(finding.rule, lang), level=finding.level,
    )  # fmt: skip


def rule_text(rule: Rule, lang: Lang) -> str:
    source = SOURCES.get(rule.key, Sentence(rule.source, rule.source)).text(lang)
    return f"{source} ({MARKS[rule.mark].text(lang)})"


def amount(variable: str, value: float, lang: Lang, *, unit: bool = True) -> str:
    name, add, digits = UNITS[variable]
    text = number(value + add, lang, digits if variable != "rain" or value >= 10 else 1)
    return f"{text} {name}" if unit else text


def span(value: SoilValue, unit: str, factor: float, add: float, digits: int, lang: Lang) -> str:
    figures = {
        name: number(part * factor + add, lang, digits)
        for name, part in (("mean", value.mean), ("low", value.low), ("high", value.high))
    }
    return say(ENVIRONMENT, lang, "span", unit=unit, **figures)


def pixels(value: SoilValue, lang: Lang) -> str:
    return say(ENVIRONMENT, lang, "pixels", n=number(value.pixels, lang, 0))


def from_text(name: str, km: float, lang: Lang) -> str:
    return say(ENVIRONMENT, lang, "from", name=name, km=number(km, lang, 0))


def when(value: LatestValue, lang: Lang) -> str:
    age = age_text(value.age, lang)
    if value.statistic.startswith("monthly"):
        return say(ENVIRONMENT, lang, "of_month", month=month_text(local_date(value.time)), age=age)
    if value.statistic.startswith("daily"):
        return say(ENVIRONMENT, lang, "of_day", day=day(local_date(value.time), lang), age=age)
    return say(ENVIRONMENT, lang, "of_moment", moment=moment(value.time, lang), age=age)


def month_text(first: date) -> str:
    return f"{first.month}/{first.year}"


def age_text(age: timedelta, lang: Lang) -> str:
    hours = age.total_seconds() / 3600
    if hours < 48:
        return say(ENVIRONMENT, lang, "hours", n=number(round(hours), lang, 0))
    return say(ENVIRONMENT, lang, "days", n=number(int(hours // 24), lang, 0))
