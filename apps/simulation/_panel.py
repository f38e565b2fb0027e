"""A rice panel by province and season, simulated around the few published figures.

Published (rice_and_yield.md §2): Hậu Giang winter-spring 2019–20 about 77,850 ha,
7.7 t/ha, 597,600 t; summer-autumn 2023 75,207 ha, 6.036 t/ha and 2024 74,184.9 ha,
6.004 t/ha, 445,406 t. Delta means: winter-spring 6.27 t/ha (2017) and 7.0 (2021),
summer-autumn 5.21 (2011), 5.5 (2012), 5.62 (2019); spring rice 2016 −17 % (drought and
salt). Everything else in the series is invented, names of provinces included to be
read by the same loader as the official panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._models import stream

__all__ = ["RICE_PANEL_COLUMNS", "PanelRow", "simulate_rice_panel"]

_SEASONS = ("winter_spring", "summer_autumn", "main_season")

RICE_PANEL_COLUMNS: tuple[str, ...] = (
    "province",
    "year",
    *(
        f"{measure}_{season}"
        for season in _SEASONS
        for measure in ("cultivated_area", "rice_yield", "rice_production")
    ),
)
"""Area in 1000 ha, yield in quintal/ha, production in 1000 t; 0 = not grown."""

_FIRST_YEAR = {"Hau Giang": 2004}
"""Hậu Giang is a province since 2004."""

_AREAS_THOUSAND_HA = {  # invented, the size of real ones
    "Can Tho": (85.0, 75.0, 0.0),
    "Hau Giang": (79.0, 76.0, 0.0),
    "Kien Giang": (290.0, 285.0, 60.0),
    "Soc Trang": (145.0, 175.0, 18.0),
    "Bac Lieu": (46.0, 58.0, 48.0),
}
_LEVEL = {"Can Tho": 2.0, "Hau Giang": 3.5, "Kien Giang": 0.0, "Soc Trang": -2.0, "Bac Lieu": -1.0}
"""Yield against the delta mean, quintal/ha (invented; Hậu Giang's from its 2020 record)."""

_DELTA = {  # year → quintal/ha; published anchors of the module's docstring, the first invented
    "winter_spring": {1995: 50.0, 2017: 63.5, 2021: 70.0, 2025: 71.0},
    "summer_autumn": {1995: 38.0, 2011: 52.1, 2012: 55.0, 2019: 56.2, 2025: 57.0},
    "main_season": {1995: 33.0, 2025: 46.0},
}
_SALT_LOSS = {  # share of winter-spring yield lost; 2016 from the press, 2020 invented
    2016: {"Soc Trang": 0.22, "Bac Lieu": 0.25, "Kien Giang": 0.20, "Hau Giang": 0.08},
    2020: {"Soc Trang": 0.06, "Bac Lieu": 0.08},
}
_PUBLISHED = {  # (province, year, season) → area 1000 ha, quintal/ha, production 1000 t
    ("Hau Giang", 2020, "winter_spring"): (77.8, 76.8, 597.6),
    ("Hau Giang", 2023, "summer_autumn"): (75.2, 60.4, 453.9),
    ("Hau Giang", 2024, "summer_autumn"): (74.2, 60.0, 445.4),
}


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One province and year; `cells` follow `RICE_PANEL_COLUMNS` after the first two."""

    province: str
    year: int
    cells: tuple[float, ...]


def simulate_rice_panel(
    *, seed: int, first_year: int = 1995, last_year: int = 2025
) -> list[PanelRow]:
    """Return the simulated panel, ordered by province and year.

    Returns
    -------
    list of PanelRow
        Cells rounded to 0.1; production is area × yield within rounding. The published
        figures of Hậu Giang stand in it unchanged.
    """
    return [
        PanelRow(
            province,
            year,
            tuple(cell for season in _SEASONS for cell in _figures(province, year, season, seed)),
        )
        for province in sorted(_AREAS_THOUSAND_HA)
        for year in range(max(first_year, _FIRST_YEAR.get(province, 0)), last_year + 1)
    ]


def _figures(province: str, year: int, season: str, seed: int) -> tuple[float, float, float]:
    """Return area (1000 ha), yield (quintal/ha) and production (1000 t)."""
    known = _PUBLISHED.get((province, year, season))
    if known:
        return known
    base = _AREAS_THOUSAND_HA[province][_SEASONS.index(season)]
    if not base:
        return 0.0, 0.0, 0.0
    own, shared = stream(seed, province, season, str(year)), stream(seed, season, str(year))
    area = round(base * (1 + own.normal(0, 0.015)) * (1 - 0.002 * (year - 2015)), 1)
    anchors = _DELTA[season]
    mean = float(np.interp(year, list(anchors), list(anchors.values())))
    level = _LEVEL[province] * (1.0 if season == "winter_spring" else 0.6)
    yielded = mean + level + shared.normal(0, 0.9) + own.normal(0, 1.3)
    if season == "winter_spring":
        yielded *= 1 - _SALT_LOSS.get(year, {}).get(province, 0.0)
    yielded = round(yielded, 1)
    return area, yielded, round(area * yielded / 10, 1)
