"""Daily maximum: local days, flags, completeness, which source wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd

from remote_sensing.salinity import daily_maximum, daily_mean


def readings(rows):
    return pd.DataFrame(rows, columns=["station", "time", "value", "flag", "statistic"])


def point(hours, value, flag="", station="a"):
    """A reading `hours` after local midnight of 2022-03-01 (17:00 UTC the day before)."""
    start = datetime(2022, 2, 28, 17, tzinfo=UTC)
    return (station, start + timedelta(hours=hours), value, flag, "point")


def test_local_day_not_utc_day():
    rows = [point(h, 1.0) for h in range(1, 23, 2)] + [point(23, 5.0), point(25, 9.0)]
    result = daily_maximum(readings(rows))
    assert result.to_dict("records") == [
        {"station": "a", "date": pd.Timestamp("2022-03-01"), "value": 5.0}
    ]


def test_eight_of_twelve_readings_are_needed():
    assert len(daily_maximum(readings([point(h, 1.0) for h in range(1, 17, 2)]))) == 1
    assert len(daily_maximum(readings([point(h, 1.0) for h in range(1, 15, 2)]))) == 0


def test_repeated_times_do_not_make_a_day_complete():
    assert len(daily_maximum(readings([point(h, 1.0) for h in (1, 3, 5, 7)] * 3))) == 0


def test_flagged_and_missing_values_do_not_count():
    rows = [point(h, 2.0) for h in range(1, 19, 2)] + [point(19, 110.6, "range"), point(21, None)]
    assert daily_maximum(readings(rows))["value"].tolist() == [2.0]


def test_published_maximum_wins_and_other_statistics_are_ignored():
    midnight = datetime(2022, 2, 28, 17, tzinfo=UTC)
    rows = [point(h, 2.0) for h in range(1, 25, 2)]
    rows += [("a", midnight, 3.5, "", "daily_max"), ("a", midnight, 0.1, "", "daily_min")]
    assert daily_maximum(readings(rows))["value"].tolist() == [3.5]


def test_no_readings_give_an_empty_frame():
    empty = readings([point(1, 1.0)]).iloc[:0]
    result = daily_maximum(empty)
    assert list(result.columns) == ["station", "date", "value"]
    assert result.empty


def test_driver_mean_per_local_day():
    frame = readings([point(1, 2.0), point(3, 4.0), point(25, 10.0), point(27, 99.0, "range")])
    assert daily_mean(frame)["value"].tolist() == [3.0, 10.0]
