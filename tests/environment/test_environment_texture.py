"""The USDA triangle: known soils, and every soil against polygons drawn on their own."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import Point, Polygon

from agridata.environment import TEXTURES, texture_class
from agridata.errors import InputError

KNOWN = [
    (900, 50, "sand"), (320, 600, "clay"), (700, 150, "sandy_loam"), (100, 50, "silt"),
    (200, 250, "silt_loam"), (100, 450, "silty_clay"), (650, 250, "sandy_clay_loam"),
    (820, 60, "loamy_sand"), (400, 180, "loam"), (320, 340, "clay_loam"),
    (100, 340, "silty_clay_loam"), (520, 420, "sandy_clay"), (0, 1000, "clay"),
    (1000, 0, "sand"), (0, 0, "silt"),
]  # fmt: skip
"""sand, clay in g/kg → class, read off the published triangle."""

CORNERS = {
    "sand": [(100, 0), (85, 0), (90, 10)],
    "loamy_sand": [(85, 0), (70, 0), (85, 15), (90, 10)],
    "sandy_loam": [(70, 0), (50, 0), (43, 7), (52, 7), (52, 20), (80, 20), (85, 15)],
    "loam": [(43, 7), (23, 27), (45, 27), (52, 20), (52, 7)],
    "silt_loam": [(50, 0), (20, 0), (8, 12), (0, 12), (0, 27), (23, 27)],
    "silt": [(20, 0), (0, 0), (0, 12), (8, 12)],
    "sandy_clay_loam": [(52, 20), (45, 27), (45, 35), (65, 35), (80, 20)],
    "clay_loam": [(20, 27), (20, 40), (45, 40), (45, 27)],
    "silty_clay_loam": [(0, 27), (0, 40), (20, 40), (20, 27)],
    "sandy_clay": [(45, 35), (45, 55), (65, 35)],
    "silty_clay": [(0, 40), (0, 60), (20, 40)],
    "clay": [(20, 40), (0, 60), (0, 100), (45, 55), (45, 40)],
}
"""Class → corners as (sand %, clay %), from the figure of USDA Handbook 18, chapter 3."""

AREAS = {name: Polygon(corners) for name, corners in CORNERS.items()}


@pytest.mark.parametrize(("sand", "clay", "name"), KNOWN)
def test_known_soils(sand, clay, name):
    assert texture_class(sand, clay) == name


def test_the_drawn_triangle_is_whole():
    assert set(AREAS) == set(TEXTURES)
    assert math.isclose(sum(area.area for area in AREAS.values()), 5000)


@given(sand=st.floats(0, 1000), share=st.floats(0, 1))
def test_every_soil_has_the_class_of_its_polygon(sand, share):
    clay = (1000 - sand) * share
    where = Point(sand / 10, clay / 10)
    inside = [name for name, area in AREAS.items() if area.contains(where)]
    assume(inside and AREAS[inside[0]].boundary.distance(where) > 1e-6)
    assert texture_class(sand, min(clay, 1000 - sand)) == inside[0]


@pytest.mark.parametrize(
    ("sand", "clay"), [(-1, 0), (0, -1), (600, 401), (math.nan, 1), (1, math.inf)]
)
def test_what_is_no_soil_is_refused(sand, clay):
    with pytest.raises(InputError) as refused:
        texture_class(sand, clay)
    assert refused.value.findings[0].problem_vi
