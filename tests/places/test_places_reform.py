"""Conversions against overlaps computed apart from us; all communes there and back again."""

import json
import unicodedata
from datetime import UTC, date, datetime

import pyogrio
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from sqlmodel import col, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.layers import import_layer
from agridata.places import (
    Postcode,
    convert,
    day_of_era,
    find,
    get_unit,
    hau_giang_communes,
    units_at,
)
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.storage import geodesic_area_m2
from agridata.vocabulary import LonLat
from apps.cli import main

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
LAST_DAY = date(2025, 6, 30)

LAMBERT = "+proj=laea +lat_0=9.8 +lon_0=105.6 +ellps=WGS84 +units=m"
"""Equal area, planar: another way to an area than geodesics on the ellipsoid."""

POINTS = 0.02
"""Two percentage points."""


@pytest.fixture
def session(real):
    with real[0].session() as opened:
        yield opened


@pytest.fixture(scope="module")
def overlap(shared_dir):
    """Old and new communes from the files themselves, and the m² that each pair shares."""
    admin = shared_dir / "data" / "admin"
    old = pyogrio.read_dataframe(admin / "haugiang_pre2025_communes.gpkg").to_crs(LAMBERT)
    new = pyogrio.read_dataframe(admin / "92_can_tho_2025_communes.gpkg", layer="communes")
    new = new.to_crs(LAMBERT)
    pairs = {}
    for code, shape in zip(old["code"], old.geometry, strict=True):
        common = new.geometry.intersection(shape).area
        pairs |= {(code, other): area for other, area in zip(new["code"], common, strict=True)}
    areas = {
        "old": dict(zip(old["code"], old.geometry.area, strict=True)),
        "new": dict(zip(new["code"], new.geometry.area, strict=True)),
    }
    return pairs, areas


@pytest.mark.shared
def test_every_old_commune_of_hau_giang_converts_as_its_polygon_says(session, overlap):
    pairs, areas = overlap
    assert len(areas["old"]) == 76
    for code, whole in areas["old"].items():
        told = {one.code: one.share_of_area for one in convert(session, code, "2025")}
        for other in areas["new"]:
            expected = pairs[code, other] / whole
            assert abs((told.get(other) or 0.0) - expected) < POINTS, (code, other)


@pytest.mark.shared
def test_and_back_by_the_new_communes_area(session, overlap):
    pairs, areas = overlap
    met = [code for code in areas["new"] if any(pairs[old, code] > 0 for old in areas["old"])]
    assert len(met) >= 28
    for code in met:
        try:
            told = {one.code: one.share_of_area for one in convert(session, code, "pre2025")}
        except NotFoundError:
            told = {}
        for other in areas["old"]:
            expected = pairs[other, code] / areas["new"][code]
            assert abs((told.get(other) or 0.0) - expected) < POINTS, (code, other)


@pytest.mark.shared
def test_split_communes_give_several_answers_with_their_shares(session, overlap):
    pairs, areas = overlap
    split = {
        old for old, whole in areas["old"].items()
        if sum(pairs[old, new] / whole > 0.05 for new in areas["new"]) > 1
    }  # fmt: skip
    assert len(split) == 9  # as measured apart: 9 at 5 %
    for code in split:
        told = convert(session, code, "2025")
        assert len(told) > 1
        assert all(one.share_of_area is not None for one in told)


@pytest.mark.shared
def test_split_communes_elsewhere_give_several_with_a_reason(session):
    links = sa.select(AdminCrosswalk.old_code).where(
        AdminCrosswalk.old_is_split, col(AdminCrosswalk.share_of_area).is_(None)
    )
    codes = sorted(set(session.scalars(links.distinct())))
    assert len(codes) > 100
    for code in codes[::7]:
        told = convert(session, code, "2025")
        assert len(told) > 1, code
        assert all(one.share_of_area is not None or one.reason for one in told)


@pytest.mark.shared
def test_all_current_communes_go_back_and_forth_to_themselves_or_say_why(session):
    query = select(AdminUnit.code).where(AdminUnit.level == 3, col(AdminUnit.valid_to).is_(None))
    codes = session.exec(query).all()
    assert len(codes) == 3321
    silent = {}
    for code in codes:
        try:
            before = convert(session, code, "pre2025")
        except NotFoundError as error:
            silent[code] = error.findings[0]
            continue
        assert any(
            code == again.code
            for one in before
            for again in convert(session, one.code, "2025")
        ), code  # fmt: skip
    islands = {"11948", "19742", "20333", "21548", "26732"}
    assert silent.keys() == islands | {"06978"}
    assert all("island district without communes" in silent[code].problem for code in islands)
    assert "no row of the crosswalk" in silent["06978"].problem
    assert all(one.problem_vi and one.fix for one in silent.values())


PUBLISHED_BEYOND = {"92_can_tho_2025_communes.gpkg": (103, 16), "08_tuyen_quang_2025_communes.gpkg":
                    (124, 21)}  # fmt: skip
"""File → communes, and how many of them publish an `areaKm2` more than 0.5 % off their own
polygon. The polygons add up to the published province, so these are errors of the figures."""


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED_BEYOND)
def test_areas_are_those_of_the_polygons_and_odd_published_ones_are_named(
    workspace, shared_dir, name
):
    path = shared_dir / "data" / "admin" / name
    source = pyogrio.read_dataframe(path, layer="communes")
    planar = source.to_crs(source.estimate_utm_crs()).geometry
    geod = Geod(ellps="WGS84")
    with workspace.session() as session:
        report = import_layer(session, path, "admin", now=NOW)
        assert (report.imported, report.rejected) == (report.rows, [])
        odd = [one for one in report.notes if one.reason == "published_area"]
        communes, beyond = PUBLISHED_BEYOND[name]
        assert len(source) == communes
        assert len([one for one in odd if "#communes:" in one.where]) == beyond
        measured = []
        for code, published, shape, flat in zip(
            source["code"], source["areaKm2"], source.geometry, planar, strict=True
        ):
            ours = geodesic_area_m2(get_unit(session, code).geom) / 1e6
            apart = abs(geod.geometry_area_perimeter(shape)[0]) / 1e6
            assert ours == pytest.approx(apart, rel=1e-3)
            assert ours == pytest.approx(flat.area / 1e6, rel=2e-3)
            measured.append(ours)
            said = abs(ours / published - 1) > 0.005
            assert said == any(f"{published:.2f} km²" in one.problem for one in odd) or not said
        assert sum(measured) == pytest.approx(source["areaKm2"].sum(), rel=0.002)
    workspace.engine.dispose()


@pytest.mark.shared
def test_a_position_names_its_units_in_both_eras(real, capsys):
    def run(*arguments):
        code = main(["places", "at", *arguments, "--home", str(real[0].home), "--as-of",
                     "2026-03-20", "--json"])  # fmt: skip
        return code, json.loads(capsys.readouterr().out)

    code, now = run("105.47", "9.78")
    assert code == 0
    assert [one["full_name"] for one in now["units"]] == ["Phường Vị Thanh", "Thành phố Cần Thơ"]
    old = now["other_era"]
    assert old["on"] == "2025-06-30"
    assert [one["code"] for one in old["units"]][1:] == ["930", "93"]
    _, before = run("105.47", "9.78", "--on", "2025-06-30")
    assert before["units"] == old["units"]
    assert before["other_era"]["units"] == now["units"]
    assert run("105.47", "9.78", "--on", "pre2025")[1]["units"] == old["units"]
    code, nowhere = run("115", "9.78")
    assert (code, nowhere["units"]) == (1, [])
    code, refused = run("9.78", "105.47")
    assert (code, refused["errors"][0]["field"]) == (2, "lon,lat")
    code, refused = run("105.47", "9.78", "--on", "hôm qua")
    assert (code, refused["errors"][0]["field"]) == (2, "--on")


@pytest.mark.shared
def test_every_new_commune_of_hau_giang_is_found_at_a_point_inside(session):
    for unit in hau_giang_communes(session, "2025"):
        inside = unit.geom.representative_point()
        chain = units_at(session, LonLat(inside.x, inside.y), date(2026, 3, 20))
        assert [one.code for one in chain] == [unit.code, "92"]


@pytest.mark.shared
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_names_are_found_in_every_unicode_form(session, form):
    typed = unicodedata.normalize(form, "Thủy")
    assert find(session, f"Vị {typed}")[0].code == "31441"
    assert find(session, unicodedata.normalize(form, "đông phước"))[0].name == "Đông Phước"
    names = session.exec(select(AdminUnit.full_name)).all()
    assert all(unicodedata.is_normalized("NFC", name) for name in names)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("vi thuy", "31441"), ("Xã Vị Thuỷ", "31441"), ("dong phuoc", "31369"),
        ("thoai son", "30682"), ("Thoại Sơn", "30682"), ("tân an, cần thơ", None),
        ("vị thanh, hau giang", "930"), ("vi thanh, can tho", "31321"),
        ("P. Vị Thanh", "31321"), ("huyen long my", "936"), ("thị xã long mỹ", "937"),
    ],
)  # fmt: skip
def test_ranking(session, text, first):
    found = find(session, text, limit=20)
    if first is None:
        assert found
        assert all("Tân An" in unit.name for unit in found)
        above = {unit.parent_code for unit in found}
        assert above <= {"92"} | {str(code) for code in range(916, 928)}
    else:
        assert found[0].code == first, [(one.code, one.full_name) for one in found[:4]]


@pytest.mark.shared
def test_typed_tones_come_before_other_tones(session):
    names = [unit.name for unit in find(session, "tân", limit=200)]
    exact = [name.casefold().split()[0] == "tân" for name in names if " " in name]
    assert "Tân" in names[0]
    assert exact[:50].count(True) > 40
    other = find(session, "Tấn An", limit=50)
    assert other[0].name == "Tấn An" or "Tấn An" not in {one.name for one in other}


def test_eras_are_days():
    today = date(2026, 3, 20)
    assert day_of_era("2025", today) == today
    assert day_of_era("pre2025", today) == LAST_DAY
    assert day_of_era("2025", date(2020, 1, 1)) == date(2025, 7, 1)
    assert day_of_era("pre2025", date(2020, 1, 1)) == date(2020, 1, 1)


def test_postcodes_are_five_digits():
    assert str(Postcode(" 00700 ")) == "00700"
    assert Postcode("95000") == Postcode("95000 ")
    with pytest.raises(InputError, match="until 2018") as caught:
        Postcode("910000")
    assert caught.value.findings[0].field == "postcode"


@given(st.text(max_size=8))
def test_nothing_but_five_ascii_digits_is_a_postcode(text):
    five = len(text.strip()) == 5 and text.strip().isascii() and text.strip().isdigit()
    if five:
        assert Postcode(text).text == text.strip()
    else:
        with pytest.raises(InputError):
            Postcode(text)


def test_an_empty_name_before_a_comma_is_wrong_usage(workspace):
    with workspace.session() as session, pytest.raises(UsageError):
        find(session, ", hậu giang")
    workspace.engine.dispose()
