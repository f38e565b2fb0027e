"""The links old commune → new commune: published ones, corrected by polygons where there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agridata.places._overlap import SLIVER_SHARE
from agridata.places._records import Catalogue, FileRows, UnitRecord

__all__ = ["LinkRecord", "Polygons", "build_links"]

COVERED = 0.9
"""From this covered share on, the polygons of the new communes tell all of an old one."""

BORDER_SHARE = 0.05
"""A new commune with less than this in an old province only touches it: there the district of
the old commune must meet it too."""


@dataclass(slots=True)
class LinkRecord:
    """A row of `admin_crosswalk` in the making."""

    old_code: str
    new_code: str
    share_of_area: float | None
    data_set_key: str
    old_is_split: bool = False


@dataclass(frozen=True, slots=True)
class Polygons:
    """What the polygons of both eras say.

    `shares` is old commune → new commune → share of the old one's area (see
    `measured_shares`); `provinces` and `districts` are new commune → old unit → share of
    the new one's area (see `reach_of_old`).
    """

    catalogue: Catalogue
    shares: Mapping[str, Mapping[str, float]]
    provinces: Mapping[str, Mapping[str, float]]
    districts: Mapping[str, Mapping[str, float]]

    def share(self, old_code: str, new_code: str) -> float | None:
        """Return the measured share of an old commune, None below a sliver or unmeasured."""
        share = self.shares.get(old_code, {}).get(new_code, 0.0)
        return round(min(share, 1.0), 6) if share >= SLIVER_SHARE else None

    def exclude_part(self, old: UnitRecord, new: UnitRecord) -> bool:
        """Tell whether `old` is fully mapped onto other communes than `new`."""
        known = self.shares.get(old.code, {})
        return sum(known.values()) >= COVERED and known.get(new.code, 0.0) < SLIVER_SHARE

    def exclude_province(self, old: UnitRecord, new: UnitRecord) -> bool:
        """Tell whether `new` lies outside the old province (and district) of `old`.

        Districts alone do not decide: some of their polygons show an older state.
        """
        district = self.catalogue.get("old", 2, old.parent_code)
        province = self.catalogue.get("old", 1, district.parent_code) if district else None
        if new.geom is None or district is None or province is None or province.geom is None:
            return False
        reach = self.provinces[new.code].get(province.code, 0.0)
        if district.geom is None or reach < SLIVER_SHARE:
            return reach < SLIVER_SHARE
        local = self.districts[new.code].get(district.code, 0.0)
        return reach < BORDER_SHARE and local < SLIVER_SHARE


def build_links(
    published: Iterable[tuple[int, Mapping[str, str]]],
    published_key: str,
    report: FileRows,
    polygons: Polygons,
) -> list[LinkRecord]:
    """Return all links to store; published rows that polygons contradict are rejected.

    Parameters
    ----------
    published
        Rows with ``old_ward_code`` and ``new_ward_code``, numbered as in the file.
    """
    links: dict[tuple[str, str], LinkRecord] = {}
    for number, row in published:
        report.rows += 1
        pair = (row["old_ward_code"], row["new_ward_code"])
        problem = _problem(pair, polygons)
        if pair in links:
            problem = ("new_ward_code", "the same link stands twice", "remove one")
        if problem:
            report.reject(number, *problem)
        else:
            links[pair] = LinkRecord(*pair, polygons.share(*pair), published_key)
    links |= _unpublished(polygons, set(links))
    parts = Counter(link.old_code for link in links.values())
    for link in links.values():
        link.old_is_split = parts[link.old_code] > 1
    return list(links.values())


def _problem(pair: tuple[str, str], polygons: Polygons) -> tuple[str, str, str] | None:
    old = polygons.catalogue.get("old", 3, pair[0])
    new = polygons.catalogue.get("new", 3, pair[1])
    if old is None:
        return ("old_ward_code", f"no commune {pair[0]} before the reform", "check the code")
    if new is None:
        return ("new_ward_code", f"no commune {pair[1]} since the reform", "check the code")
    if polygons.exclude_part(old, new):
        said = f"less than 1 % of {old.full_name} lies in {new.full_name}"
    elif polygons.exclude_province(old, new):
        said = f"{new.full_name} does not reach into the old province of {old.full_name}"
    else:
        return None
    return (
        "new_ward_code",
        f"polygons contradict: {said}",
        "probably a namesake in another old province; polygons decide",
    )


def _unpublished(
    polygons: Polygons, published: set[tuple[str, str]]
) -> dict[tuple[str, str], LinkRecord]:
    """Return the links that polygons show and no published row names."""
    found = {}
    for old_code, parts in polygons.shares.items():
        old = polygons.catalogue.get("old", 3, old_code)
        for new_code in parts:
            pair, share = (old_code, new_code), polygons.share(old_code, new_code)
            if share is not None and pair not in published and old and old.geometry_data_set_key:
                found[pair] = LinkRecord(*pair, share, old.geometry_data_set_key)
    return found
