"""One plain sentence in Vietnamese and in English; hours on the clock of the province."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agridata.vocabulary import GramsPerLitre, Utc, to_local
from remote_sensing.salinity._windows import SAFE_PROBABILITY, IntakeWindow

__all__ = [
    "LastReading",
    "Sentence",
    "advice_sentence",
    "no_station_sentence",
    "stale_sentence",
    "window_sentence",
]

WEEKDAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS_SHOWN_AS_DAYS = 72
"""Ages beyond this are told in days."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same statement in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class LastReading:
    """The latest reading; for a daily maximum `time` is the end of its day."""

    time: Utc
    value: GramsPerLitre
    whole_day: bool = False

    def age_hours(self, now: Utc) -> float:
        """Return the age at `now`, hours."""
        return (now - self.time).total_seconds() / 3600.0


def advice_sentence(
    windows: Sequence[IntakeWindow],
    threshold_gl: float,
    last: LastReading,
    now: Utc,
    *,
    station: str,
    days: int,
    whole_days: bool = False,
    simulated: bool = False,
) -> Sentence:
    """Return when water may be taken first, how sure that is and what it rests on.

    With no window it says so; `whole_days` marks a station that reports once a day.
    """
    if windows:
        first = window_sentence(
            windows[0], threshold_gl, last, now, station=station, whole_days=whole_days,
            simulated=simulated,
        )  # fmt: skip
        more = len(windows) - 1
        if not more:
            return first
        return Sentence(
            f"{first.vi} Trong {days} ngày tới còn {more} đợt nữa.",
            f"{first.en} There {'is 1 more window' if more == 1 else f'are {more} more windows'} "
            f"in the next {days} days.",
        )
    sure = round(SAFE_PROBABILITY * 100)
    span = ("ngày", "day") if whole_days else ("giờ", "hour")
    vi = (
        f"Trong {days} ngày tới không có {span[0]} nào đủ chắc (từ {sure} %) là độ mặn không quá "
        f"{_comma(threshold_gl)} g/L: chưa nên lấy nước"
    )
    en = (
        f"In the next {days} days no {span[1]} is sure enough (at least {sure} %) to stay within "
        f"{threshold_gl:.1f} g/L: do not take water yet"
    )
    return _resting_on(vi, en, last, now, station, whole_days=whole_days, simulated=simulated)


def window_sentence(
    window: IntakeWindow,
    threshold_gl: float,
    last: LastReading | None,
    now: Utc,
    *,
    station: str,
    whole_days: bool = False,
    simulated: bool = False,
) -> Sentence:
    """Return the sentence of one window."""
    when_vi, when_en = _span(window, whole_days=whole_days)
    chance = int(window.prob_safe * 100 + 1e-9)  # never promise more than there is
    vi = (
        f"Có thể lấy nước {when_vi}: khả năng {chance} % độ mặn không quá "
        f"{_comma(threshold_gl)} g/L"
    )
    en = (
        f"Water may be taken {when_en}: {chance} % chance that salinity stays within "
        f"{threshold_gl:.1f} g/L"
    )
    return _resting_on(vi, en, last, now, station, whole_days=whole_days, simulated=simulated)


def stale_sentence(
    station: str, last: LastReading | None, now: Utc, *, simulated: bool = False
) -> Sentence:
    """Return the sentence for a station whose last reading is too old, or missing."""
    seen_vi, seen_en = "", ""
    if last is not None:
        age_vi, age_en = _age(last.age_hours(now))
        seen_vi = f" (lần cuối {_moment_vi(last.time)}, {age_vi})"
        seen_en = f" (last one at {_moment_en(last.time)}, {age_en})"
    mark_vi, mark_en = _mark(simulated=simulated)
    return Sentence(
        f"Chưa rõ có lấy nước được hay không: trạm {station} không có số đo mới{seen_vi}.{mark_vi}",
        f"Unknown whether water may be taken: station {station} has no new reading{seen_en}."
        f"{mark_en}",
    )


def no_station_sentence(place: str) -> Sentence:
    """Return the sentence for a place that no station speaks for."""
    return Sentence(
        f"Chưa rõ có lấy nước được hay không: {place} chưa có trạm đo độ mặn, không có số đo mới.",
        f"Unknown whether water may be taken: {place} has no salinity station with readings.",
    )


def _resting_on(
    vi: str,
    en: str,
    last: LastReading | None,
    now: Utc,
    station: str,
    *,
    whole_days: bool,
    simulated: bool,
) -> Sentence:
    mark_vi, mark_en = _mark(simulated=simulated)
    if whole_days:
        mark_vi = f" Trạm chỉ có số đo theo ngày nên chưa nói được theo giờ.{mark_vi}"
        mark_en = f" The station reports once a day, so nothing is said about hours.{mark_en}"
    if last is None:
        return Sentence(f"{vi}.{mark_vi}", f"{en}.{mark_en}")
    age_vi, age_en = _age(last.age_hours(now))
    if last.whole_day:
        day = to_local(last.time - timedelta(hours=1))
        what_vi = f"cao nhất ngày {day:%d/%m/%Y}: {_comma(last.value)} g/L"
        what_en = f"highest of {day.day} {day:%B %Y}: {last.value:.1f} g/L"
    else:
        what_vi = f"đo lúc {_moment_vi(last.time)}: {_comma(last.value)} g/L"
        what_en = f"measured at {_moment_en(last.time)}: {last.value:.1f} g/L"
    return Sentence(
        f"{vi} (trạm {station}, {what_vi}, {age_vi}).{mark_vi}",
        f"{en} (station {station}, {what_en}, {age_en}).{mark_en}",
    )


def _mark(*, simulated: bool) -> tuple[str, str]:
    return (" [Số liệu mô phỏng]", " [Simulated data]") if simulated else ("", "")


def _comma(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _age(hours: float) -> tuple[str, str]:
    if hours > HOURS_SHOWN_AS_DAYS:
        days = int(hours // 24)
        return f"{days} ngày trước", f"{days} days ago"
    whole = max(int(hours), 0)
    if whole == 0:
        return "chưa đến 1 giờ trước", "less than 1 hour ago"
    return f"{whole} giờ trước", f"{whole} hour{'s' if whole > 1 else ''} ago"


def _clock_vi(moment: datetime) -> str:
    return f"{moment.hour} giờ {moment.minute:02d}" if moment.minute else f"{moment.hour} giờ"


def _moment_vi(moment: Utc) -> str:
    local = to_local(moment)
    return f"{_clock_vi(local)} ngày {local:%d/%m/%Y}"


def _moment_en(moment: Utc) -> str:
    local = to_local(moment)
    return f"{local:%H:%M} on {local.day} {local:%B %Y}"


def _span(window: IntakeWindow, *, whole_days: bool) -> tuple[str, str]:
    """Return from–to in words; an end at midnight belongs to the day before, as 24 h."""
    start, end = to_local(window.start), to_local(window.end)
    last = end - timedelta(minutes=1)
    first_vi, first_en = _day_vi(start), _day_en(start)
    if whole_days:
        if start.date() == last.date():
            return f"cả ngày {first_vi}", f"all day on {first_en}"
        return f"từ {first_vi} đến hết {_day_vi(last)}", f"from {first_en} through {_day_en(last)}"
    midnight = (end.hour, end.minute) == (0, 0)
    to_vi = "24 giờ" if midnight else _clock_vi(end)
    to_en = "24:00" if midnight else f"{end:%H:%M}"
    if start.date() == last.date():
        return (
            f"từ {_clock_vi(start)} đến {to_vi} {first_vi}",
            f"from {start:%H:%M} to {to_en} on {first_en}",
        )
    return (
        f"từ {_clock_vi(start)} {first_vi} đến {to_vi} {_day_vi(last)}",
        f"from {start:%H:%M} on {first_en} to {to_en} on {_day_en(last)}",
    )


def _day_vi(moment: datetime) -> str:
    return f"{WEEKDAYS_VI[moment.weekday()]} {moment:%d/%m}"


def _day_en(moment: datetime) -> str:
    return f"{WEEKDAYS_EN[moment.weekday()]} {moment.day} {moment:%B}"
