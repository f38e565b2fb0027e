"""The choices that make the one sample province, shared by its maker, the demo and tests."""

from __future__ import annotations

from datetime import date

from agridata.vocabulary import Utc, parse_as_of

__all__ = [
    "SAMPLE_AS_OF",
    "SAMPLE_COMMUNES",
    "SAMPLE_SCENE_DATES",
    "SAMPLE_SEASON_YEAR",
    "SAMPLE_SEED",
]

SAMPLE_SEED = 952
SAMPLE_SEASON_YEAR = 2026

SAMPLE_AS_OF: Utc = parse_as_of("2026-03-20T06:00")
"""Moment at which every screen of the sample province stands; the last reading is at 05:00."""

SAMPLE_COMMUNES = ("31333", "31338", "31453", "31489", "31492", "31495")
"""Vị Tân, Hỏa Lựu, Vĩnh Thuận Đông, Vĩnh Viễn, Lương Tâm, Xà Phiên: neighbours at the salt's edge.

31453 has fields but no station, 31492 two stations.
"""

SAMPLE_SCENE_DATES: tuple[date, ...] = (
    date(2025, 12, 10), date(2025, 12, 20), date(2025, 12, 30), date(2026, 1, 9),
    date(2026, 1, 19), date(2026, 1, 29), date(2026, 2, 8), date(2026, 2, 18),
    date(2026, 2, 25), date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 18),
)  # fmt: skip
