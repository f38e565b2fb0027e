"""Intake windows: hours from the tidal shape, merging, staleness, daily-only stations."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.vocabulary import Utc, local_midnight, to_local, to_utc
from remote_sensing.salinity import (
    SAFE_PROBABILITY,
    advise_station,
    advise_without_station,
    daily_windows,
    intake_windows,
    latest_reading,
    slot_probabilities,
)

TODAY = date(2022, 3, 20)
NOW = Utc(local_midnight(TODAY) + timedelta(hours=6))
LUNAR_HALF_DAY = 12.4206


def tidal_readings(now=NOW, days=70, peak=8.0, low_share=0.05):
    """Two-hourly readings whose only tide is M2: the low and high hours walk by 50 min a day."""
    start = local_midnight(to_local(now).date() - timedelta(days=days))
    times = [start + timedelta(hours=1 + 2 * i) for i in range(12 * (days + 1))]
    times = [time for time in times if time <= now]
    values = [peak * share(time, low_share) for time in times]
    return pd.DataFrame({"time": pd.to_datetime(times, utc=True), "value": values})


def share(time, low_share=0.05):
    hours = time.timestamp() / 3600
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * hours / LUNAR_HALF_DAY)
    return low_share + (1 - low_share) * wave


def forecast(levels, days=7):
    """Rows with quantiles p05, p10, p50, p90, p95 = `levels` on every day ahead."""
    names = ["p05", "p10", "p50", "p90", "p95"]
    row = dict(zip(names, levels, strict=True))
    above = {f"prob_ge_{limit}": float(levels[2] >= limit) for limit in (1, 4)}
    return pd.DataFrame(
        [
            {"valid_date": TODAY + timedelta(days=i), "lead_days": i + 1, "method": "m", **row,
             **above}
            for i in range(days)
        ]
    )  # fmt: skip


STEADY = (7.4, 7.6, 8.0, 8.4, 8.6)


def with_flags(points, statistic="point"):
    return points.assign(flag="", statistic=statistic)


def test_safe_hours_follow_the_tide_and_not_the_clock():
    slots = slot_probabilities(tidal_readings(), forecast(STEADY), threshold_gl=4.0, now=NOW)
    middle = [end - timedelta(hours=1) for end in slots["end"]]
    truth = np.asarray([8.0 * share(time) for time in middle])
    clear = np.abs(truth - 4.0) > 1.5
    called = slots["prob_safe"].to_numpy() >= SAFE_PROBABILITY
    assert clear.sum() > 40
    assert (called == (truth < 4.0))[clear].mean() > 0.95


def test_windows_are_ordered_disjoint_and_as_safe_as_their_worst_slot():
    slots = slot_probabilities(tidal_readings(), forecast(STEADY), threshold_gl=4.0, now=NOW)
    windows = intake_windows(tidal_readings(), forecast(STEADY), threshold_gl=4.0, now=NOW)
    assert len(windows) > 7
    assert windows[0].start >= NOW
    for before, after in pairwise(windows):
        assert before.end < after.start
    for window in windows:
        inside = slots[(slots["start"] >= window.start) & (slots["end"] <= window.end)]
        assert window.prob_safe == pytest.approx(inside["prob_safe"].min(), abs=1e-3)
        assert window.prob_safe >= SAFE_PROBABILITY
    covered = sum((w.end - w.start).total_seconds() for w in windows) / 7200
    assert covered == pytest.approx((slots["prob_safe"] >= SAFE_PROBABILITY).sum())


@given(low=st.floats(0.1, 30), high=st.floats(0.1, 30))
def test_a_higher_threshold_is_never_less_safe(low, high):
    low, high = sorted((low, high))
    points, rows = tidal_readings(days=35), forecast((2.0, 3.0, 6.0, 9.0, 12.0))
    chance = [
        slot_probabilities(points, rows, threshold_gl=limit, now=NOW)["prob_safe"].to_numpy()
        for limit in (low, high)
    ]
    assert (chance[0] <= chance[1] + 1e-12).all()
    assert ((chance[1] >= 0) & (chance[1] < 1)).all()


def test_readings_after_now_are_not_used():
    points = tidal_readings()
    later = pd.DataFrame(
        {"time": [pd.Timestamp(NOW) + pd.Timedelta(hours=h) for h in (1, 3, 5)], "value": 30.0}
    )
    args = {"threshold_gl": 4.0, "now": NOW}
    a = slot_probabilities(points, forecast(STEADY), **args)
    b = slot_probabilities(pd.concat([points, later]), forecast(STEADY), **args)
    pd.testing.assert_frame_equal(a, b)


def test_without_a_known_shape_the_whole_day_is_as_salt_as_its_maximum():
    few = tidal_readings().tail(3)
    slots = slot_probabilities(few, forecast(STEADY), threshold_gl=4.0, now=NOW)
    assert (slots["prob_safe"] == 0).all()


def test_daily_only_station_gives_whole_days():
    fresh = (0.1, 0.1, 0.2, 0.4, 0.5)
    windows = daily_windows(forecast(fresh), threshold_gl=1.0, now=NOW, days=3)
    assert [(w.start, w.end) for w in windows] == [(NOW, local_midnight(date(2022, 3, 23)))]
    assert daily_windows(forecast(STEADY), threshold_gl=1.0, now=NOW) == []


def advised(readings, rows, now=NOW, threshold=4.0):
    return advise_station("31645", "dai_ngai", "Đại Ngãi", readings, rows,
                          threshold_gl=threshold, now=now, simulated=False)  # fmt: skip


def test_advice_names_hours_chance_threshold_and_age():
    result = advised(with_flags(tidal_readings()), forecast(STEADY))
    first = result.windows[0]
    start, end = to_local(first.start), to_local(first.end)
    assert result.status == "advice"
    assert result.resolution == "two_hourly"
    assert result.data_age_hours == 1.0
    for part in (f"từ {start.hour} giờ", f"đến {end.hour} giờ", "Chủ nhật 20/03", "4,0 g/L",
                 f"{int(first.prob_safe * 100)} %", "đo lúc 5 giờ ngày 20/03/2022",
                 "1 giờ trước"):  # fmt: skip
        assert part in result.sentence_vi
    for part in (f"{start:%H:%M}", f"{end:%H:%M}", "Sunday 20 March", "4.0 g/L", "1 hour ago"):
        assert part in result.sentence_en


def test_no_window_is_said_and_not_left_empty():
    result = advised(with_flags(tidal_readings()), forecast(STEADY), threshold=0.3)
    assert result.status == "advice"
    assert result.windows == ()
    assert "không có giờ nào đủ chắc" in result.sentence_vi
    assert "do not take water yet" in result.sentence_en


@pytest.mark.parametrize(
    ("hours", "status"), [(47, "advice"), (49.01, "unknown"), (900, "unknown")]
)
def test_a_stale_reading_gives_unknown_never_advice(hours, status):
    readings = with_flags(tidal_readings())
    last = readings["time"].max()
    now = to_utc((last + pd.Timedelta(hours=hours)).to_pydatetime())
    rows = forecast((0.01, 0.02, 0.1, 0.2, 0.3), days=60)
    result = advised(readings, rows, now=now)
    assert result.status == status
    if status == "unknown":
        assert result.windows == ()
        assert "Chưa rõ" in result.sentence_vi
        assert "không có số đo mới" in result.sentence_vi
        assert "Unknown" in result.sentence_en


def test_flagged_readings_do_not_refresh_a_station():
    readings = with_flags(tidal_readings())
    readings.loc[readings["time"] > pd.Timestamp(NOW) - pd.Timedelta(hours=60), "flag"] = "range"
    assert advised(readings, forecast(STEADY)).status == "unknown"


def test_a_daily_maximum_is_known_only_when_its_day_has_ended():
    midnight = pd.Timestamp(local_midnight(TODAY))
    rows = pd.DataFrame(
        {"time": [midnight - pd.Timedelta(days=1), midnight], "value": [2.7, 9.9], "flag": "",
         "statistic": "daily_max"}
    )  # fmt: skip
    last = latest_reading(rows, NOW)
    assert last is not None
    assert (last.value, last.age_hours(NOW)) == (2.7, 6.0)
    result = advised(rows, forecast(STEADY), threshold=1.0)
    assert result.resolution == "daily"
    assert "không có ngày nào đủ chắc" in result.sentence_vi
    assert "cao nhất ngày 19/03/2022: 2,7 g/L" in result.sentence_vi
    assert "theo ngày" in result.sentence_vi


def test_a_place_without_station_is_unknown():
    result = advise_without_station("31396", "Xã Hiệp Hưng", threshold_gl=1.0, now=NOW)
    assert (result.status, result.station, result.windows) == ("unknown", None, ())
    assert "Xã Hiệp Hưng" in result.sentence_vi
    assert result.data_age_hours is None


def test_simulated_readings_are_called_so():
    result = advise_station("x", "s", "S", with_flags(tidal_readings()), forecast(STEADY),
                            threshold_gl=4.0, now=NOW, simulated=True)  # fmt: skip
    assert "mô phỏng" in result.sentence_vi
    assert "Simulated" in result.sentence_en
