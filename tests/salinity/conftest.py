"""A small made-up delta with known behaviour: spring–neap tide, season, river stations."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from remote_sensing.salinity import Drivers, daily_maximum
from remote_sensing.salinity._model import BOOSTING

FIRST = date(2021, 1, 1)
DAYS = 125
SPRING_NEAP = 14.765294


def made_up_daily(stations=6, days=DAYS, first=FIRST, seed=3, noise=0.25):
    """Daily maxima, g/L: season × spring–neap × station level, with persistent noise."""
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    frames = []
    for number in range(stations):
        level = 1.0 + 1.5 * number
        season = np.sin(np.pi * (day + 20) / (days + 60))
        tide = 1 + 0.45 * np.cos(2 * np.pi * (day - 2) / SPRING_NEAP)
        wander = np.zeros(days)
        for i in range(1, days):
            wander[i] = 0.8 * wander[i - 1] + rng.normal(0, noise)
        value = np.maximum(level * season * tide * np.exp(0.3 * wander), 0.0).round(2)
        dates = pd.date_range(first, periods=days)
        frames.append(pd.DataFrame({"station": f"s{number}", "date": dates, "value": value}))
    return pd.concat(frames, ignore_index=True)


def made_up_drivers(days=DAYS, first=FIRST, seed=4):
    rng = np.random.default_rng(seed)
    dates = pd.date_range(first, periods=days)

    def frame(values):
        return pd.DataFrame({"date": dates, "value": values})

    flow = 3000 + 200 * rng.normal(size=days).cumsum().clip(-5, 5)
    return Drivers(discharge=frame(flow), wind_u=frame(rng.normal(size=days)),
                   wind_v=frame(rng.normal(size=days)))  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def small_trees():
    """Fifteen trees instead of sixty: the same walk, a fraction of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BOOSTING, "max_iter", 15)
        patch.setitem(BOOSTING, "learning_rate", 0.25)
        yield


@pytest.fixture(scope="session")
def delta():
    return made_up_daily()


@pytest.fixture(scope="session")
def drivers():
    return made_up_drivers()


@pytest.fixture(scope="session")
def real_readings(shared_dir):
    """The real sheets as `readings_frame` gives them, flagged by the same two rules."""
    folder = shared_dir / "data" / "salinity_vn"
    points = pd.read_csv(folder / "salinity_bihourly_2020_2022.csv.gz", parse_dates=["time"])
    points = points.rename(columns={"salinity_gl": "value"}).assign(statistic="point")
    days = pd.read_csv(
        folder / "salinity_daily_maxmin_2021_2022_2024.csv.gz", parse_dates=["date"]
    ).rename(columns={"salinity_max_gl": "value", "date": "time"})
    columns = ["station", "time", "value", "statistic"]
    frame = pd.concat([points[columns], days.assign(statistic="daily_max")[columns]])
    kinds = frame.groupby(["station", frame["time"].dt.year])["value"].transform("nunique")
    frame["flag"] = np.where(kinds == 1, "constant_season", "")
    frame.loc[frame["value"] > 45, "flag"] = "range"
    frame["time"] = frame["time"].dt.tz_localize("Asia/Ho_Chi_Minh").dt.tz_convert("UTC")
    return frame.reset_index(drop=True)


@pytest.fixture(scope="session")
def real_daily(real_readings):
    return daily_maximum(real_readings)


@pytest.fixture(scope="session")
def real_drivers(shared_dir):
    folder = shared_dir / "data" / "salinity_vn"
    flow = pd.read_csv(folder / "mrc_kratie_daily_discharge_1924_2024.csv.gz", parse_dates=["date"])
    flow = flow.rename(columns={"discharge_m3s": "value"})[["date", "value"]]
    return Drivers(discharge=flow[flow["date"] >= "2019-12-01"])
