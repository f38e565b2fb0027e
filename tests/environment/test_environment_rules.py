"""What items mean: by calendar, by limit, and never from what is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.environment import (
    BULK_DENSITY,
    CLAY,
    MODEL_ECE,
    RULES,
    SAND,
    SOIL_MOISTURE,
    Soil,
    SoilValue,
    bulk_density_finding,
    cold_finding,
    distance_km,
    flowering_season,
    heat_finding,
    humidity_finding,
    model_salinity_finding,
    moisture_finding,
    rain_day_finding,
    texture_finding,
)
from agridata.vocabulary import LonLat, Utc
from apps.views.environment import FINDINGS

FLOWERING, NOT_FLOWERING = date(2025, 2, 20), date(2025, 11, 1)
TIME = Utc(datetime(2025, 3, 1, tzinfo=UTC))


def value(band, mean, age=timedelta(0)):
    return SoilValue(band, mean, mean, mean, 10.0, "scene", "set", TIME, age, simulated=False)


def soil(texture="clay", age=timedelta(0), **bands):
    names = {
        "sand": SAND,
        "clay": CLAY,
        "bulk": BULK_DENSITY,
        "sm": SOIL_MOISTURE,
        "ece": MODEL_ECE,
    }
    values = {names[key]: value(names[key], mean, age) for key, mean in bands.items()}
    return Soil("31396", values, 1.0, texture)


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2025, 1, 19), None), (date(2025, 1, 20), "winter_spring"),
        (date(2025, 4, 8), "winter_spring"), (date(2025, 4, 9), None),
        (date(2025, 5, 14), "summer_autumn"), (date(2025, 8, 13), "summer_autumn"),
        (date(2025, 8, 14), None), (date(2024, 2, 29), "winter_spring"),
    ],
)  # fmt: skip
def test_flowering_follows_the_sowing_calendar(day, season):
    assert flowering_season(day) == season


@pytest.mark.parametrize(
    ("celsius", "day", "key"),
    [
        (32.9, FLOWERING, "heat_below"), (33.1, FLOWERING, "heat_near"),
        (35.1, FLOWERING, "heat_above"), (38, NOT_FLOWERING, "heat_no_flower"),
        (32.9, NOT_FLOWERING, "heat_below"),
    ],
)  # fmt: skip
def test_heat_counts_only_at_flowering_and_near_the_limit_nothing_is_harmless(celsius, day, key):
    assert heat_finding(celsius + 273.15, day).key == key


@given(st.floats(240, 330), st.floats(240, 330))
def test_more_heat_is_never_less_to_watch(one, other):
    low, high = sorted((one, other))
    assert heat_finding(low, FLOWERING).level <= heat_finding(high, FLOWERING).level
    assert cold_finding(high).level <= cold_finding(low).level


@pytest.mark.parametrize(
    ("mm", "key"),
    [(0, "rain_light"), (50, "rain_light"), (50.1, "rain_heavy"), (100.1, "rain_very_heavy")],
)
def test_rain_by_the_national_classes(mm, key):
    assert rain_day_finding(mm).key == key


def test_humidity_and_rice_blast():
    assert humidity_finding(90).level == "watch"
    assert humidity_finding(89.9).level == "fine"


@pytest.mark.parametrize(
    ("clay", "sand", "key"),
    [(400, 100, "texture_heavy"), (399, 200, "texture_medium"), (50, 900, "texture_light")],
)
def test_texture_tells_how_water_is_held(clay, sand, key):
    assert texture_finding(soil(clay=clay, sand=sand)).key == key


def test_an_unknown_soil_means_nothing():
    empty = Soil("31396")
    for judge in (texture_finding, bulk_density_finding, moisture_finding, model_salinity_finding):
        assert judge(empty) is None
    assert bulk_density_finding(soil(texture=None, bulk=120)) is None


@pytest.mark.parametrize(
    ("texture", "density", "key"),
    [
        ("clay", 109, "bulk_loose"), ("clay", 120, "bulk_firm"), ("clay", 148, "bulk_tight"),
        ("loam", 139, "bulk_loose"), ("sand", 181, "bulk_tight"),
    ],
)  # fmt: skip
def test_bulk_density_by_texture(texture, density, key):
    assert bulk_density_finding(soil(texture, bulk=density)).key == key


def test_moisture_is_a_share_of_the_pores():
    found = moisture_finding(soil(bulk=132.5, sm=0.30))
    assert found.values["share"] == pytest.approx(60)
    assert found.key == "soil_moist"
    assert moisture_finding(soil(bulk=132.5, sm=0.45)).key == "soil_soaked"
    assert moisture_finding(soil(bulk=132.5, sm=0.10)).key == "soil_dry"


def test_old_images_and_models_give_no_finding_and_a_model_never_gives_advice():
    old = timedelta(days=63)
    assert moisture_finding(soil(age=old, bulk=132.5, sm=0.3)) is None
    assert model_salinity_finding(soil(age=old, ece=5)) is None
    for ece in (0.1, 5.0, 20.0):
        assert model_salinity_finding(soil(ece=ece)).level == "fine"
    assert "nghi ngờ" in FINDINGS["model_below"].vi
    assert "measure" in FINDINGS["model_above"].en


def test_every_rule_names_its_source_and_how_far_it_was_checked():
    for rule in RULES.values():
        assert len(rule.source) > 10
    unsure = {key for key, rule in RULES.items() if rule.mark == "unverified"}
    assert {"heat", "cold", "humidity"} <= unsure


@given(
    st.tuples(st.floats(102, 110), st.floats(8, 24)),
    st.tuples(st.floats(102, 110), st.floats(8, 24)),
)
def test_distance_agrees_with_the_ellipsoid(one, other):
    from pyproj import Geod

    a, b = LonLat(*one), LonLat(*other)
    exact = Geod(ellps="WGS84").inv(*one, *other)[2] / 1000
    assert distance_km(a, b) == pytest.approx(exact, rel=0.006, abs=1e-6)
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
