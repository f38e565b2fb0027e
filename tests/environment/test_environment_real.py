"""The real tables: nothing lost, every figure computed a second time on another way."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from environment_world import DAILY, ERA5, MONTHLY, RealWeather
from pyproj import Geod
from sqlmodel import SQLModel, select

from agridata.environment import (
    TEXTURES,
    nearest_normal,
    normals_of_year,
    soil_of,
    stations_near,
    texture_class,
)
from agridata.observations import Station
from agridata.places import get_unit, hau_giang_communes
from agridata.storage import DataSet
from agridata.vocabulary import LonLat, parse_as_of
from apps.views.environment import environment_table

pytestmark = pytest.mark.shared

CAN_THO = LonLat(105.767, 10.05)
AS_OF = parse_as_of("2025-03-31")
COLUMNS = {
    ("air_temperature", "monthly_mean"): ("Ta", 273.15),
    ("air_temperature", "monthly_mean_max"): ("Tx", 273.15),
    ("air_temperature", "monthly_mean_min"): ("Tm", 273.15),
    ("rain", "monthly_sum"): ("Rf", 0.0),
    ("relative_humidity", "monthly_mean"): ("rH", 0.0),
    ("sunshine_duration", "monthly_sum"): ("Sh", 0.0),
}
MEASURED = ["Ta", "Tx", "Tm", "Rf", "aH", "rH", "Sh"]


@pytest.fixture
def session(real_weather: RealWeather):
    with real_weather.workspace.session() as opened:
        yield opened


@pytest.fixture(scope="module")
def months(shared_dir: Path) -> pd.DataFrame:
    return pd.read_csv(shared_dir / "data" / "weather_vn" / f"{MONTHLY}.csv.gz")


@pytest.fixture(scope="module")
def days(shared_dir: Path) -> pd.DataFrame:
    frame = pd.read_csv(shared_dir / "data" / "weather_vn" / f"{DAILY}.csv.gz")
    return frame.assign(date=pd.to_datetime(frame["date"]))


def readings(session, key: str, *names: str) -> list[sa.Row]:
    reading = SQLModel.metadata.tables["reading"].c
    columns = [reading[name] for name in names]
    return session.execute(sa.select(*columns).where(reading.data_set_key == key)).all()


def impossible(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the months as the flags leave them: NaN where a value cannot be."""
    out = frame.copy()
    out.loc[out["Sh"] > 422, "Sh"] = np.nan
    off = (out["Ta"] - (out["Tx"] + out["Tm"]) / 2).abs().round(6) > 3
    out.loc[off, ["Ta", "Tx", "Tm"]] = np.nan
    return out


def test_no_row_is_lost(real_weather: RealWeather, session):
    for key in (MONTHLY, DAILY):
        path = real_weather.data / "weather_vn" / f"{key}.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            rows = sum(1 for line in stream) - 1
        report, row = real_weather.reports[key], session.get(DataSet, key)
        assert report.rows == rows == report.imported + len(report.rejected)
        assert rows == row.rows_in_file == row.rows_stored + row.rows_rejected
    assert len(real_weather.reports[MONTHLY].rejected) == 48, "months with no value at all"
    assert not real_weather.reports[DAILY].rejected
    assert real_weather.reports["stations"].imported == 67


def test_every_measured_cell_is_a_reading(session, months, days):
    stored = len(readings(session, MONTHLY, "id"))
    assert stored == int(months[MEASURED].notna().sum().sum())
    assert len(readings(session, DAILY, "id")) == 4 * len(days)


def test_flags_are_those_of_a_count_in_the_file(real_weather: RealWeather, session, months):
    off = ((months["Ta"] - (months["Tx"] + months["Tm"]) / 2).abs().round(6) > 3).sum()
    told = real_weather.reports[MONTHLY].flagged
    assert (months["Rf"] > 2000).sum() == 7, "true floods of central Vietnam"
    assert told["range"] == (months["Sh"] > 422).sum() == 36
    assert told["inconsistent"] == 3 * off
    rain = [
        row for row in readings(session, MONTHLY, "variable", "value", "flag")
        if row.variable == "rain" and row.value > 2000
    ]  # fmt: skip
    assert len(rain) == 7
    assert {row.flag for row in rain} == {""}


@pytest.mark.parametrize("series", COLUMNS, ids=" ".join)
def test_normals_of_can_tho_by_numpy(session, months, series):
    column, add = COLUMNS[series]
    here = impossible(months[months["station"] == "Can Tho"])
    normals = normals_of_year(session, CAN_THO, *series, before=AS_OF)
    assert set(normals) == set(range(1, 13))
    for month, normal in normals.items():
        values = here.loc[here["month"] == month, ["year", column]].dropna().tail(30)
        low, high = np.percentile(values[column] + add, [10, 90])
        assert normal.mean == pytest.approx((values[column] + add).mean(), abs=1e-6)
        assert (normal.p10, normal.p90) == pytest.approx((low, high), abs=1e-6)
        assert normal.years == len(values)
        assert (normal.first_year, normal.last_year) == (values["year"].min(), 2017)
        assert normal.station.key == "imhen_can_tho"
        assert normal.station.km < 0.01


def test_a_normal_knows_only_the_years_before(session, months):
    then = nearest_normal(
        session, CAN_THO, "rain", "monthly_sum", 3, before=parse_as_of("1995-03-31")
    )
    here = months[(months["station"] == "Can Tho") & (months["month"] == 3)]
    known = here[here["year"] < 1995]["Rf"]
    assert then.mean == pytest.approx(known.mean())
    assert (then.first_year, then.last_year, then.years) == (1979, 1994, 16)


def test_derived_months_of_the_daily_product_by_pandas(session, days):
    held = {
        (row.station_id, row.variable, row.statistic, row.time): row.value
        for row in readings(
            session, f"{DAILY}.monthly", "station_id", "variable", "statistic", "time", "value"
        )
    }
    ids = dict(session.exec(select(Station.key, Station.id)).all())
    here = days[days["province"] == "Can Tho"]
    groups = here.groupby(here["date"].dt.to_period("M"))
    whole = {month: group for month, group in groups if len(group) == month.days_in_month}
    assert len(whole) == 146, "months with a missing day, and June 2021, are left out"
    assert len(held) == 15 * 146 * 4
    for month, group in whole.items():
        start = month.to_timestamp().tz_localize("Asia/Ho_Chi_Minh").tz_convert("UTC")
        key = ids["wwo_can_tho"]
        when = start.to_pydatetime()
        rain = held[key, "rain", "monthly_sum", when]
        assert rain == pytest.approx(group["rain"].sum(), abs=1e-6)
        high = held[key, "air_temperature", "monthly_mean_max", when]
        assert high == pytest.approx(group["max"].mean() + 273.15, abs=1e-6)


def test_derived_days_of_the_reanalysis_by_pandas(session, shared_dir):
    path = shared_dir / "data" / "salinity_vn" / f"{ERA5}.csv.gz"
    hours = pd.read_csv(path, parse_dates=["time"])
    hours = hours[hours["time"].dt.year == 2025]
    local = hours["time"] + pd.Timedelta(hours=7)
    heat = hours.groupby(local.dt.date)["t2m"].agg(["max", "min", "mean", "size"])
    rain = hours.groupby((local - pd.Timedelta(hours=1)).dt.date)["tp"].agg(["sum", "size"])
    held = {
        (row.variable, row.statistic, (row.time + pd.Timedelta(hours=7)).date()): row.value
        for row in readings(session, f"{ERA5}.daily", "variable", "statistic", "time", "value")
    }
    heat, rain = heat[heat["size"] == 24], rain[rain["size"] == 24]
    assert len(held) == 3 * len(heat) + len(rain)
    for day, row in heat.iloc[::9].iterrows():
        assert held["air_temperature", "daily_max", day] == pytest.approx(row["max"])
        assert held["air_temperature", "daily_mean", day] == pytest.approx(row["mean"])
    for day, row in rain.iloc[::9].iterrows():
        assert held["rain", "daily_sum", day] == pytest.approx(1000 * row["sum"], abs=1e-5)


def test_distance_and_order_of_stations(session):
    unit = get_unit(session, "31321")
    point = unit.geom.representative_point()
    here = LonLat(point.x, point.y)
    near = stations_near(session, here, "rain", "monthly_sum", within_km=200)
    assert [one.km for one in near] == sorted(one.km for one in near)
    first = next(one for one in near if one.kind == "official")
    assert first.key == "imhen_can_tho"
    exact = Geod(ellps="WGS84").inv(here.lon, here.lat, 105.767, 10.05)[2] / 1000
    assert first.km == pytest.approx(exact, rel=0.006)
    assert exact == pytest.approx(46.8, abs=0.3)


def test_soil_of_every_commune_by_a_mask_of_pixels(real_weather: RealWeather, session):
    import rasterio
    from rasterio.features import geometry_mask

    maps = {}
    for name in ("sand", "clay", "bulk"):
        path = real_weather.data / "raster_mekong_1km_2025" / f"static_{name}.tif"
        with rasterio.open(path) as raster:
            maps[name], grid = raster.read(1), (raster.transform, raster.shape)
    communes = hau_giang_communes(session, "2025")
    assert len(communes) == 28
    for unit in communes:
        soil = soil_of(session, unit.code, AS_OF)
        inside = ~geometry_mask([unit.geom], grid[1], grid[0])
        known = inside & (maps["sand"] > 0)
        sand, clay = maps["sand"][known].mean(), maps["clay"][known].mean()
        assert soil.values["sand"].mean == pytest.approx(sand, rel=0.08)
        assert soil.values["clay"].mean == pytest.approx(clay, rel=0.08)
        assert soil.values["sand"].low > 0, "water is no soil of zero sand"
        assert soil.soil_share == pytest.approx(known.sum() / inside.sum(), abs=0.06)
        assert soil.texture in TEXTURES
        assert soil.texture == texture_class(soil.values["sand"].mean, soil.values["clay"].mean)
        assert sum(share for _, share in soil.land_cover) == pytest.approx(1, abs=1e-6)


def test_a_commune_of_water_has_no_texture(session):
    """Cut down what the map knows of one commune: few pixels do not speak for it."""
    zonal = SQLModel.metadata.tables["zonal_statistic"]
    here = (zonal.c.zone == "31396") & (zonal.c.band == "soil_known")
    session.execute(sa.update(zonal).where(here).values(mean=0.49))
    assert soil_of(session, "31396", AS_OF).texture is None
    session.execute(sa.update(zonal).where(here).values(mean=0.51))
    assert soil_of(session, "31396", AS_OF).texture is not None
    session.execute(sa.delete(zonal).where((zonal.c.zone == "31396") & (zonal.c.band == "clay")))
    assert soil_of(session, "31396", AS_OF).texture is None
    session.rollback()


def test_images_age_and_the_future_is_unseen(session):
    def moisture(moment: str):
        return soil_of(session, "31396", parse_as_of(moment)).values.get("SM")

    assert moisture("2025-03-30") is None, "the month had not ended"
    assert moisture("2025-03-31").fresh
    assert moisture("2025-05-31").fresh
    assert not moisture("2025-06-02").fresh
    assert soil_of(session, "31396", parse_as_of("1990-01-01")).texture is not None


def test_the_officer_sees_every_commune(session):
    table = environment_table(session, "vi", AS_OF)
    assert len(table.rows) == 28
    assert all(len(row) == len(table.heads) for row in table.rows)
    assert all(row[2] == "chưa rõ" for row in table.rows), "no rain gauge is near"
    warm = [row[1] for row in table.rows if "°C" in row[1] and "tái phân tích" in row[1]]
    assert len(warm) > 20
    assert {row[1] for row in table.rows} - set(warm) <= {"chưa rõ"}, "beyond 150 km of the cell"
    assert all("Trạm khí tượng" in row[5] and "km" in row[5] for row in table.rows)
    assert all("dS/m" in row[8] for row in table.rows)
    late = environment_table(session, "en", parse_as_of("2026-06-01"))
    assert {row[1] for row in late.rows} == {"unknown"}
    assert {row[8] for row in late.rows} == {"unknown"}
