"""A unit's series over the years in which its borders changed.

What was published for exactly the extent asked for is shown as it is. A merger is summed from
its whole parts. A part of a unit is estimated by its measured share of area (`agridata.places`)
and says so; where no share was measured, there is no number but a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from agridata.errors import AgridataError, NotFoundError
from agridata.places import convert, get_unit
from agridata.statistics._facts import facts_frame
from agridata.statistics._provinces import (
    ProvinceVersion,
    province_versions,
    version_by_key,
    version_named,
    version_on,
    year_end,
)
from agridata.statistics._subjects import MEASURES
from agridata.vocabulary import REFORM_DATE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Point", "extent_of", "series_across"]

WHOLE_SHARE = 0.99
"""A unit that lies in another with this share of its area lies in it whole (maps differ)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One year: `how` is published, summed, area_share or none (`value` is None then)."""

    year: int
    value: float | None
    unit: str
    how: str
    sources: tuple[str, ...] = ()
    reason_vi: str = ""
    reason_en: str = ""
    flag: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``agridata statistics show``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Sum:
    value: float | None
    how: str
    sources: tuple[str, ...]
    reason: tuple[str, str] = ("", "")
    flag: str = ""


def extent_of(unit: str, on: date | None = None) -> ProvinceVersion:
    """Return the province version that `unit` (name or code) means on a day.

    Parameters
    ----------
    on
        None takes the extent that was in force last.

    Raises
    ------
    NotFoundError
        If there is no such province, or not on that day.
    """
    named = version_named(unit) or tuple(one for one in province_versions() if one.code == unit)
    if not named:
        raise NotFoundError(
            f"no province is called {unit!r}", field="--unit",
            fix="give a name of a province (no tone marks needed) or its two-digit code",
            problem_vi=f"không có tỉnh nào tên {unit!r}",
            fix_vi="hãy ghi tên tỉnh (không cần dấu) hoặc mã hai chữ số",
        )  # fmt: skip
    if on is None:
        return named[-1]
    found = next((one for one in named if one.valid_on(on)), None)
    if found is None:
        spans = "; ".join(f"{one.valid_from or '…'} – {one.valid_to or '…'}" for one in named)
        raise NotFoundError(
            f"{named[0].name} did not exist on {on}", field="--extent", fix=f"it existed: {spans}",
            problem_vi=f"{named[0].name_vi} không tồn tại vào ngày {on}",
            fix_vi=f"thời gian tồn tại: {spans}",
        )  # fmt: skip
    return found


def series_across(
    session: Session,
    extent: ProvinceVersion,
    subject: str,
    measure: str,
    season: str,
    years: range,
    *,
    data_set: str | None = None,
) -> list[Point]:
    """Return the figures of one extent over the years, whatever the units of each year were.

    Parameters
    ----------
    data_set
        Which source to take; None takes, for each figure, the data set that has most of
        the subject.

    Returns
    -------
    list of Point
        One per year of `years`. A yield is production ÷ area of the parts; shares and per
        capita figures are never put together.
    """
    facts = facts_frame(session, [subject], data_set)
    facts = facts[(facts["season"] == season) & (facts["unit_level"] == "province")]
    teller = _Teller(session, _preferred(facts), measure)
    unit = MEASURES[measure].unit
    points = []
    for year in years:
        found = teller.tell(extent, year)
        value = _rounded(found.value, found.how)
        points.append(Point(year, value, unit, found.how, found.sources, *found.reason, found.flag))
    return points


def _rounded(value: float | None, how: str) -> float | None:
    """Return a published figure or sum as it is; an estimate with three digits."""
    if value is None or how != "area_share":
        return value if value is None else round(value, 4)
    return float(f"{value:.3g}")


_Figures = Mapping[tuple[str, str, int], tuple[float, str, str]]
"""(unit version, measure, year) → value, source, flag."""


def _preferred(facts: pd.DataFrame) -> _Figures:
    """Keep one figure per unit, measure and year: of the data set with most figures."""
    size = facts.groupby("data_set_key")["value"].transform("size")
    ordered = facts.assign(size=size).sort_values(["size", "data_set_key"], ascending=[True, False])
    columns = ("unit_version", "measure", "year", "value", "unit_name", "data_set_key", "flag")
    return {
        (str(version), str(measure), int(year)): (float(value), f"{name} ({source})", str(flag))
        for version, measure, year, value, name, source, flag in zip(
            *(ordered[column] for column in columns), strict=True
        )
    }


class _Teller:
    """Puts one year together from the units there were."""

    def __init__(self, session: Session, figures: _Figures, measure: str) -> None:
        self._session = session
        self._figures = figures
        self._measure = measure

    def tell(self, extent: ProvinceVersion, year: int) -> _Sum:
        published = self._published(extent, year, self._measure)
        if published is not None:
            return published
        parts, reason = self._parts(extent, year_end(year))
        if not parts:
            return _Sum(None, "none", (), reason)
        if self._measure == "yield":
            return self._rate(parts, year)
        if not MEASURES[self._measure].extensive:
            return _Sum(None, "none", (), _NOT_ADDITIVE)
        return self._sum(parts, year, self._measure)

    def _published(self, extent: ProvinceVersion, year: int, measure: str) -> _Sum | None:
        found = self._figures.get((extent.key, measure, year))
        if found is None:
            return None
        value, source, flag = found
        return _Sum(value, "published", (source,), flag=flag)

    def _rate(self, parts: Mapping[str, float], year: int) -> _Sum:
        production = self._sum(parts, year, "production")
        area = self._sum(parts, year, "planted_area")
        for one in (production, area):
            if one.value is None:
                return one
        assert production.value is not None
        rate = production.value / area.value if area.value else None
        return _Sum(rate, production.how, production.sources, production.reason)

    def _sum(self, parts: Mapping[str, float], year: int, measure: str) -> _Sum:
        total, sources, missing = 0.0, [], []
        for key, share in parts.items():
            version = version_by_key(key)
            found = self._published(version, year, measure) if version else None
            if version is None or found is None or found.value is None:
                missing.append(version.name if version else key)
                continue
            total += share * found.value
            sources += [text if share == 1 else f"{share:.1%} × {text}" for text in found.sources]
        if missing:
            names = ", ".join(missing)
            return _Sum(None, "none", tuple(sources), (
                f"không có số liệu của {names} năm {year}", f"no figure of {names} for {year}",
            ))  # fmt: skip
        estimated = any(share != 1 for share in parts.values())
        reason = _BY_AREA if estimated else ("", "")
        return _Sum(total, "area_share" if estimated else "summed", tuple(sources), reason)

    def _parts(
        self, extent: ProvinceVersion, day: date
    ) -> tuple[dict[str, float], tuple[str, str]]:
        """Return version → share of it that lies in `extent`, or the reason why not."""
        if extent.valid_on(day):
            return {}, (
                f"{extent.name_vi} không có số liệu năm {day.year}",
                f"nothing was published for {extent.name} in {day.year}",
            )
        if extent.valid_to is not None and extent.valid_to <= day:
            return self._in_successor(extent, day)
        wanted: dict[str, set[str]] = {}
        for version, heir in _leaves(extent, day):
            wanted.setdefault(version.key, set()).add(heir.key)
        if not wanted:
            return {}, (
                f"chưa rõ {_span(extent, 0)} thuộc đơn vị nào năm {day.year}",
                f"it is not known to which unit {_span(extent, 1)} belonged in {day.year}",
            )
        parts = {}
        for key, heirs in wanted.items():
            share, reason = self._share_of(key, heirs)
            if share is None:
                return {}, reason
            parts[key] = share
        return parts, ("", "")

    def _share_of(self, key: str, heirs: set[str]) -> tuple[float | None, tuple[str, str]]:
        """Return the share of a version that went to `heirs`: 1 if it or all its heirs did."""
        whole = _known(key)
        if key in heirs or heirs >= {one.key for one in _heirs(whole)}:
            return 1.0, ("", "")
        total = 0.0
        for heir in sorted(heirs):
            share = self._share(whole, _known(heir))
            if share is None:
                return None, _unknown_share(whole, _known(heir))
            total += share
        return total, ("", "")

    def _in_successor(
        self, extent: ProvinceVersion, day: date
    ) -> tuple[dict[str, float], tuple[str, str]]:
        """Return the share of the later unit that `extent` makes up."""
        heirs = [one for one in _heirs(extent) if one.valid_on(day)]
        if not heirs or any(not part.whole for part in heirs[0].made_of):
            return {}, (
                f"{extent.name_vi} đã chia, chưa rõ tỷ lệ",
                f"{extent.name} was divided since",
            )
        share = self._share(heirs[0], extent)
        if share is None:
            return {}, _unknown_share(heirs[0], extent)
        return {heirs[0].key: share}, ("", "")

    def _share(self, whole: ProvinceVersion, part: ProvinceVersion) -> float | None:
        """Return the share of `whole` that lies in `part`, as `agridata.places` measured it."""
        if (whole.valid_from == REFORM_DATE) != (part.valid_from == REFORM_DATE):
            return self._converted(whole, part)
        heirs = _heirs(whole)
        if part not in heirs or any(len(one.made_of) > 1 for one in heirs):
            return None
        areas = {one.key: self._area(one) for one in heirs}
        if any(area is None for area in areas.values()):
            return None
        mine = areas[part.key]
        return None if mine is None else mine / sum(area or 0 for area in areas.values())

    def _converted(self, whole: ProvinceVersion, part: ProvinceVersion) -> float | None:
        forward = part.valid_from == REFORM_DATE
        try:
            found = convert(self._session, whole.code, "2025" if forward else "pre2025")
        except AgridataError:
            return None
        share = next((one.share_of_area for one in found if one.code == part.code), None)
        return 1.0 if share is not None and share >= WHOLE_SHARE else share

    def _area(self, version: ProvinceVersion) -> float | None:
        """Return the area in km² where this very extent has one in `agridata.places`."""
        last = REFORM_DATE - timedelta(days=1)
        now, _flag = version_on(version.name, last)
        if now is None or now.key != version.key:
            return None
        try:
            return get_unit(self._session, version.code, 1, last).area_km2
        except AgridataError:
            return None


_NOT_ADDITIVE = ("tỷ lệ và số bình quân không cộng được", "shares and averages cannot be added up")
_BY_AREA = (
    "ước tính theo tỷ lệ diện tích đất, không phải số công bố",
    "estimated by share of land area, not published",
)


def _leaves(
    extent: ProvinceVersion, day: date
) -> Iterator[tuple[ProvinceVersion, ProvinceVersion]]:
    """Yield the versions valid on an earlier `day` that `extent` came from.

    Each with itself if the whole of it went in, else with the heir that took a part.
    """
    for part in extent.made_of:
        version = _known(part.version)
        if not version.valid_on(day):
            yield from _leaves(version, day)
        else:
            yield version, version if part.whole else extent


def _heirs(version: ProvinceVersion) -> list[ProvinceVersion]:
    return [
        one
        for one in province_versions()
        if any(part.version == version.key for part in one.made_of)
    ]


def _known(key: str) -> ProvinceVersion:
    version = version_by_key(key)
    assert version is not None, key
    return version


def _span(version: ProvinceVersion, lang: int) -> str:
    """Return the name with its years: "Cần Thơ (…–2003)"."""
    last = version.valid_to - timedelta(days=1) if version.valid_to else None
    years = f"{version.valid_from.year if version.valid_from else '…'}–{last.year if last else '…'}"
    return f"{(version.name_vi, version.name)[lang]} ({years})"


def _unknown_share(whole: ProvinceVersion, part: ProvinceVersion) -> tuple[str, str]:
    return (
        f"chưa có ranh giới để biết phần của {_span(whole, 0)} thuộc {_span(part, 0)}",
        f"no polygons tell which share of {_span(whole, 1)} lies in {_span(part, 1)}",
    )
