"""From a station's readings and forecast to what a person is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from agridata.vocabulary import GramsPerLitre, Utc
from remote_sensing.salinity._sentences import (
    LastReading,
    Sentence,
    advice_sentence,
    no_station_sentence,
    stale_sentence,
    window_sentence,
)
from remote_sensing.salinity._windows import (
    MAX_READING_AGE_HOURS,
    IntakeWindow,
    daily_windows,
    intake_windows,
)

__all__ = [
    "AdviceResult",
    "advise_station",
    "advise_without_station",
    "known_readings",
    "latest_reading",
]

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class AdviceResult:
    """What a place is told about its intake, and on what that rests.

    `status` is "unknown" where there is no station or its last reading is older than
    `MAX_READING_AGE_HOURS`: then there are no windows. `resolution` is "two_hourly" or
    "daily" ("" without a station). `method` names how the forecast was made.
    """

    place: str
    station: str | None
    station_name: str
    as_of: Utc
    threshold_gl: GramsPerLitre
    days: int
    status: Literal["advice", "unknown"]
    resolution: Literal["two_hourly", "daily", ""]
    last: LastReading | None
    windows: tuple[IntakeWindow, ...]
    sentence_vi: str
    sentence_en: str
    method: str
    simulated: bool

    @property
    def data_age_hours(self) -> float | None:
        """Age of the last reading at `as_of`, hours."""
        return None if self.last is None else self.last.age_hours(self.as_of)

    def sentence_of(self, window: IntakeWindow) -> Sentence:
        """Return the sentence of one of the windows."""
        return window_sentence(
            window, self.threshold_gl, self.last, self.as_of, station=self.station_name,
            whole_days=self.resolution == "daily", simulated=self.simulated,
        )  # fmt: skip


def latest_reading(readings: pd.DataFrame, now: Utc) -> LastReading | None:
    """Return the latest unflagged reading that was known at `now`.

    Parameters
    ----------
    readings
        ``time`` (aware), ``value`` (g/L), ``flag``, ``statistic`` of one station. A
        ``daily_max`` stands at its day's local midnight but is known when the day has
        ended, and counts from then.
    """
    known = known_readings(readings, now)
    if known.empty:
        return None
    row = known.sort_values("known_at").iloc[-1]
    return LastReading(
        Utc(pd.Timestamp(row["known_at"]).to_pydatetime()),
        GramsPerLitre(float(row["value"])),
        whole_day=bool(row["statistic"] != "point"),
    )


def known_readings(readings: pd.DataFrame, now: Utc) -> pd.DataFrame:
    """Return the unflagged rows known at `now`, with the moment ``known_at``."""
    clean = readings[readings["flag"].fillna("").eq("") & readings["value"].notna()]
    clean = clean[clean["statistic"].isin(["point", "daily_max"])]
    ends = clean["statistic"].ne("point").astype("int64") * DAY_HOURS
    known_at = pd.to_datetime(clean["time"], utc=True) + pd.to_timedelta(ends, unit="h")
    clean = clean.assign(known_at=known_at)
    return clean[clean["known_at"] <= now]


def advise_station(
    place: str,
    station: str,
    station_name: str,
    readings: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    threshold_gl: float,
    now: Utc,
    days: int = 7,
    simulated: bool,
) -> AdviceResult:
    """Say when water may be taken at `place`, which `station` speaks for.

    Parameters
    ----------
    readings
        As in `latest_reading`; what was not known at `now` is ignored.
    forecast
        Rows of `forecast_salinity` for this station with origin on the local day of
        `now` and leads 1…`days`.
    """
    last = latest_reading(readings, now)
    common = {
        "place": place, "station": station, "station_name": station_name, "as_of": now,
        "threshold_gl": GramsPerLitre(threshold_gl), "days": days, "last": last,
        "simulated": simulated,
    }  # fmt: skip
    stale = last is None or last.age_hours(now) > MAX_READING_AGE_HOURS
    if last is None or stale or forecast.empty:
        said = stale_sentence(station_name, last, now, simulated=simulated)
        return AdviceResult(
            **common, status="unknown", resolution="", windows=(),  # type: ignore[arg-type]  # one dict of mixed values
            sentence_vi=said.vi, sentence_en=said.en, method="",
        )  # fmt: skip
    known = known_readings(readings, now)
    recent = known[known["known_at"] > now - pd.Timedelta(hours=MAX_READING_AGE_HOURS)]
    by_hour = bool(recent["statistic"].eq("point").any())
    if by_hour:
        points = known.loc[known["statistic"].eq("point"), ["time", "value"]]
        windows = intake_windows(points, forecast, threshold_gl=threshold_gl, now=now, days=days)
    else:
        windows = daily_windows(forecast, threshold_gl=threshold_gl, now=now, days=days)
    said = advice_sentence(
        windows, threshold_gl, last, now, station=station_name, days=days,
        whole_days=not by_hour, simulated=simulated,
    )  # fmt: skip
    return AdviceResult(
        **common, status="advice", resolution="two_hourly" if by_hour else "daily",  # type: ignore[arg-type]  # as above
        windows=tuple(windows), sentence_vi=said.vi, sentence_en=said.en,
        method=", ".join(sorted(set(forecast["method"]))),
    )  # fmt: skip


def advise_without_station(
    place: str, place_name: str, *, threshold_gl: float, now: Utc, days: int = 7
) -> AdviceResult:
    """Say that nothing is known about `place`: no station with readings speaks for it."""
    said = no_station_sentence(place_name)
    return AdviceResult(
        place=place, station=None, station_name="", as_of=now,
        threshold_gl=GramsPerLitre(threshold_gl), days=days, status="unknown", resolution="",
        last=None, windows=(), sentence_vi=said.vi, sentence_en=said.en, method="",
        simulated=False,
    )  # fmt: skip
