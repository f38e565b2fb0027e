"""Sowing waves of the winter-spring season, dated by the moon as the province does.

Published for winter-spring 2023–24 (rice_and_yield.md §1: baohaugiang.com.vn 126467,
vnews, vnanet): wave 1 on 21–27 Nov 2023 (lunar 9–15/10), wave 2, the main one, on
19–25 Dec (7–13/11), wave 3 on 17–23 Jan 2024 (7–13/12, low land), and an option for
strong El Niño years on 23–29 Oct. The weeks follow the spring tide and the flights of
the brown planthopper, so other years keep the lunar day, not the solar one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

__all__ = ["SowingWave", "winter_spring_waves"]

_SYNODIC_DAYS = 29.530588861
_NEW_MOON = datetime(2000, 1, 6, 14, 20, tzinfo=UTC)
"""Mean new moon (J. Meeus, Astronomical Algorithms, 1998, ch. 49), within 14 h of the true."""


@dataclass(frozen=True, slots=True)
class SowingWave:
    """A week in which a part of the fields is sown; `share` of all fields, 0–1."""

    name: str
    first_day: date
    last_day: date
    share: float


_WAVES = (  # months after the month of wave 1, day of the lunar month, share (simulated)
    ("early", -1, 9, 0.20),
    ("wave 1", 0, 9, 0.35),
    ("wave 2", 1, 7, 0.35),
    ("wave 3", 2, 7, 0.10),
)
_FIRST_MONTH = (11, 13)
"""Lunar month 10 of 2023, that of wave 1, began on 13 November."""


def _month_near(day: date) -> int:
    """Return the number of the mean new moon nearest to `day`."""
    noon = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    return round((noon - _NEW_MOON) / timedelta(days=1) / _SYNODIC_DAYS)


def _first_day(month: int) -> date:
    """Return the first day of lunar month `month`, on the clock of Vietnam."""
    return (_NEW_MOON + timedelta(days=month * _SYNODIC_DAYS, hours=7)).date()


def winter_spring_waves(season_year: int) -> tuple[SowingWave, ...]:
    """Return the four waves of the winter-spring season that is harvested in `season_year`.

    Month 10 of other years is the one that begins nearest to 13 November. For 2024 the
    waves start on the published days, within a day.
    """
    month = _month_near(date(season_year - 1, *_FIRST_MONTH))
    starts = [
        (name, _first_day(month + later) + timedelta(days=lunar_day - 1), share)
        for name, later, lunar_day, share in _WAVES
    ]
    return tuple(
        SowingWave(name, start, start + timedelta(days=6), share) for name, start, share in starts
    )
