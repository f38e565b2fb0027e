"""Real sheets of the delta: the forecaster beats its baselines, advice keeps its promise."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from agridata.vocabulary import Utc, local_midnight
from remote_sensing.salinity import (
    SAFE_PROBABILITY,
    SalinityForecaster,
    score_forecasts,
    slot_probabilities,
)

pytestmark = pytest.mark.shared

STATIONS = ["ben_luc", "cau_noi", "cau_quan", "dai_ngai", "hung_my", "soc_trang", "tan_an",
            "tra_kha", "tra_vinh", "tran_de"]  # fmt: skip
ORIGINS = [date(2022, 3, 1) + timedelta(days=3 * i) for i in range(20)]


def test_known_traps_of_the_sheets(real_daily):
    by_station = real_daily.groupby("station")["value"]
    assert by_station.max()["cau_noi"] < 45  # the typed 110.6 is gone, its day is not
    assert ((real_daily["station"] == "cau_noi") & (real_daily["date"] == "2021-05-01")).any()
    copied = real_daily[real_daily["station"].isin(["tuyen_nhon", "xuan_khanh"])]
    assert set(copied["date"].dt.year) == {2020}
    assert "soc_cung" not in set(real_daily["station"])


def test_persistence_of_dai_ngai_is_the_published_one(real_daily):
    """NSE 0.92 / 0.54 / -0.24 / 0.27 at 1 / 3 / 7 / 14 days, 2020–22 (data sheet)."""
    values = real_daily[real_daily["station"] == "dai_ngai"].set_index("date")["value"]
    series = values[values.index < "2023"].asfreq("D")
    for lead, wanted in ((1, 0.92), (3, 0.54), (7, -0.24), (14, 0.27)):
        pair = pd.DataFrame({"seen": series, "said": series.shift(lead)}).dropna()
        error = ((pair["seen"] - pair["said"]) ** 2).mean()
        assert 1 - error / pair["seen"].var(ddof=0) == pytest.approx(wanted, abs=0.02)


@pytest.fixture(scope="module")
def rows(real_daily, real_drivers):
    daily = real_daily[real_daily["date"] < "2023"]
    leads = range(1, 8)
    forecaster = SalinityForecaster.build(daily, ORIGINS, [*leads, 14], drivers=real_drivers)
    return forecaster.forecast(ORIGINS, [*leads, 14], STATIONS)


def test_model_beats_the_best_baseline_on_spring_2022(rows):
    scores = score_forecasts(rows).set_index("lead_days")
    assert (scores["n"] >= 150).all()
    assert (scores["skill"] > 0).all()
    assert (scores["skill"].loc[[3, 7]] > 0.1).all()
    assert scores["coverage90"].between(0.83, 0.97).all()
    assert scores["brier_ge_4"].max() < 0.15


def test_slots_called_safe_were_safe(rows, real_readings):
    """Advice says ≥ 80 %: over the season it must come true at least so often."""
    points = real_readings[real_readings["statistic"].eq("point") & real_readings["flag"].eq("")]
    called = kept = 0
    for station in STATIONS:
        mine = points[points["station"] == station][["time", "value"]]
        truth = mine.set_index("time")["value"]
        for origin in ORIGINS[::4]:
            now = Utc(local_midnight(origin) + timedelta(hours=6))
            part = rows[(rows["station"] == station) & (rows["origin"] == origin)]
            slots = slot_probabilities(mine, part, threshold_gl=1.0, now=now)
            middle = pd.DatetimeIndex(slots["end"]) - pd.Timedelta(hours=1)
            seen = truth.reindex(middle.tz_convert("UTC")).to_numpy()
            safe = (slots["prob_safe"].to_numpy() >= SAFE_PROBABILITY) & np.isfinite(seen)
            called += int(safe.sum())
            kept += int((seen[safe] <= 1.0).sum())
    assert called > 500
    assert kept / called >= 0.8
