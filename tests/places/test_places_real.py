"""The real units of both eras: every row accounted for, polygons decide."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from agridata.errors import InputError, NotFoundError
from agridata.places import (
    AmbiguousPlaceError,
    carry_over,
    convert,
    find,
    get_unit,
    hau_giang_communes,
    load_real_admin,
    resolve_slug,
    unit_at,
    units_at,
)
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.storage import DataSet, RejectedRow, geodesic_area_m2
from agridata.vocabulary import LonLat
from apps.cli import main

pytestmark = pytest.mark.shared

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
REFORM = date(2025, 7, 1)
LAST_DAY = date(2025, 6, 30)

ROWS = {
    "vn_units_2025.csv": (3355, 0),
    "vn_units_pre2025_wards.csv.gz": (10047, 0),
    "08_tuyen_quang_2025_communes.gpkg": (125, 0),
    "92_can_tho_2025_communes.gpkg": (104, 0),
    "vn_provinces_2025_simplified.geojson": (34, 2),
    "pre2025_provinces_districts.gpkg": (51, 0),
    "haugiang_pre2025_communes.gpkg": (76, 0),
    "vn_crosswalk_old_to_new_2025.csv.gz": (10597, 21),
}
"""File → rows as the data folder's README counts them, and how many we reject."""


@pytest.fixture
def session(real):
    with real[0].session() as opened:
        yield opened


def test_every_row_of_every_file_is_stored_or_rejected_with_a_reason(real):
    _workspace, reports = real
    seen = {name: (report.rows, len(report.rejected)) for name, report in reports.items()}
    assert seen == ROWS
    for report in reports.values():
        assert report.rows == report.imported + len(report.rejected)
        assert all(one.where and one.problem and one.fix for one in report.rejected)


def test_what_was_loaded_is_on_record(real, session):
    _workspace, reports = real
    data_sets = {one.key: one for one in session.exec(select(DataSet)).all()}
    for name, report in reports.items():
        known = data_sets[name.split(".")[0]]
        assert (known.rows_in_file, known.rows_stored) == (report.rows, report.imported)
        assert known.source
        assert known.licence
        assert not known.simulated
    rejected = session.exec(select(RejectedRow)).all()
    assert len(rejected) == sum(len(report.rejected) for report in reports.values())


def counted(session, level, *where):
    query = select(sa.func.count()).select_from(AdminUnit).where(AdminUnit.level == level, *where)
    return session.exec(query).one()


def test_both_eras_are_there_in_full(session):
    current, ended = col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to) == REFORM
    assert (counted(session, 1, current), counted(session, 3, current)) == (34, 3321)
    assert (counted(session, 1, ended), counted(session, 2, ended)) == (63, 691)
    assert counted(session, 3, ended) == 10047
    assert counted(session, 2, current) == 0


def test_polygons_reached_the_units_they_belong_to(session):
    drawn = col(AdminUnit.geom).is_not(None)
    current, ended = col(AdminUnit.valid_to).is_(None), col(AdminUnit.valid_to).is_not(None)
    assert counted(session, 1, current, drawn) == 34
    assert counted(session, 3, current, drawn) == 103 + 124
    assert (counted(session, 1, ended, drawn), counted(session, 2, ended, drawn)) == (5, 46)
    assert counted(session, 3, ended, drawn) == 76


@pytest.mark.parametrize(
    ("code", "on", "official_km2", "tolerance"),
    [("92", REFORM, 6360.83, 0.01), ("08", REFORM, 13795.5, 0.01), ("93", LAST_DAY, 1622, 0.01)],
)
def test_provinces_have_their_official_area(session, code, on, official_km2, tolerance):
    unit = get_unit(session, code, level=1, on=on)
    measured = geodesic_area_m2(unit.geom) / 1e6
    assert measured == pytest.approx(official_km2, rel=tolerance)
    assert unit.area_km2 == pytest.approx(official_km2, rel=tolerance)


def test_old_communes_came_from_utm_to_degrees(session):
    communes = hau_giang_communes(session, "pre2025")
    whole = sum(geodesic_area_m2(unit.geom) for unit in communes) / 1e6
    ended_early = geodesic_area_m2(get_unit(session, "31372").geom) / 1e6
    assert whole + ended_early == pytest.approx(1621.0, rel=0.003)
    assert all(105.2 < unit.min_lon < unit.max_lon < 106 for unit in communes)


def test_hau_giang_has_75_communes_at_the_reform_and_28_now(session):
    before, now = hau_giang_communes(session, "pre2025"), hau_giang_communes(session, "2025")
    assert (len(before), len(now)) == (75, 28)
    assert {unit.parent_code for unit in before} == {str(code) for code in range(930, 938)}
    assert {unit.parent_code for unit in now} == {"92"}
    assert "31372" not in {unit.code for unit in before}


def test_the_28_communes_lie_in_the_old_province(session):
    old = get_unit(session, "93", level=1, on=LAST_DAY).geom
    now = {unit.code for unit in hau_giang_communes(session, "2025")}
    query = select(AdminUnit).where(AdminUnit.level == 3, AdminUnit.parent_code == "92")
    for unit in session.exec(query).all():
        share = unit.geom.intersection(old).area / unit.geom.area
        assert (share > 0.5) == (unit.code in now), unit.full_name


def test_phu_an_ended_before_the_reform_and_says_so(session):
    unit = get_unit(session, "31372")
    assert unit.full_name == "Xã Phú An"
    assert unit.valid_to == date(2025, 3, 1)
    assert "absent from the list of 2025-03-01" in unit.note
    with pytest.raises(NotFoundError):
        get_unit(session, "31372", on=LAST_DAY)
    assert get_unit(session, "31372", on=date(2020, 1, 1)).parent_code == "933"


def test_one_code_may_name_two_units(session):
    assert get_unit(session, "31396").full_name == "Xã Hiệp Hưng"
    assert get_unit(session, "31396", on=LAST_DAY).full_name == "Thị trấn Cây Dương"


def test_shares_of_old_hau_giang_communes_add_up(session):
    for unit in hau_giang_communes(session, "pre2025"):
        parts = convert(session, unit.code, "2025")
        total = sum(part.share_of_area for part in parts)
        assert 0.95 < total <= 1.0001, unit.full_name
        assert parts == sorted(parts, key=lambda one: -one.share_of_area)


def test_shares_agree_with_an_equal_area_projection(session):
    import geopandas

    for code in ("31340", "31372", "31327"):
        parts = convert(session, code, "2025")
        units = [get_unit(session, code, on=date(2020, 1, 1))]
        units += [get_unit(session, part.code) for part in parts]
        shapes = geopandas.GeoSeries([unit.geom for unit in units], crs=4326).to_crs(6933)
        for part, shape in zip(parts, shapes[1:], strict=True):
            expected = shapes[0].intersection(shape).area / shapes[0].area
            assert part.share_of_area == pytest.approx(expected, abs=1e-4)


def test_a_split_commune_gives_several_with_their_shares(session):
    shares = {one.code: one.share_of_area for one in convert(session, "31340", "2025")}
    assert shares == pytest.approx({"31340": 0.759, "31411": 0.241}, abs=0.001)


def test_the_way_back_covers_the_new_commune(session):
    era = convert(session, "31366", "pre2025")
    assert "31372" in {one.code for one in era}
    assert sum(one.share_of_area for one in era) == pytest.approx(1, abs=0.02)
    day = convert(session, "31366", LAST_DAY)
    assert "31372" not in {one.code for one in day}
    reason = next(one.reason for one in era if one.code == "31372")
    assert "ended before the reform" in reason


@pytest.mark.parametrize(
    ("old", "namesake"),
    [("31378", "31654"), ("31379", "31582"), ("31483", "31591"), ("31438", "31741"),
     ("31474", "31741"), ("31480", "31639")],
)  # fmt: skip
def test_published_links_to_namesakes_are_not_believed(session, old, namesake):
    links = select(AdminCrosswalk).where(
        AdminCrosswalk.old_code == old, AdminCrosswalk.new_code == namesake
    )
    assert session.exec(links).all() == []
    assert namesake not in {one.code for one in convert(session, old, "2025")}


def test_links_across_old_provinces_are_contradicted_by_their_polygons(real):
    _workspace, reports = real
    problems = [one.problem for one in reports["vn_crosswalk_old_to_new_2025.csv.gz"].rejected]
    assert sum("does not reach into the old province" in one for one in problems) == 10
    assert sum("less than 1 %" in one for one in problems) == 6
    assert sum("no commune 06970" in one for one in problems) == 5


def test_no_stored_link_of_hau_giang_is_a_sliver_or_unmeasured(session):
    codes = [unit.code for unit in hau_giang_communes(session, "pre2025")]
    links = session.exec(
        select(AdminCrosswalk).where(col(AdminCrosswalk.old_code).in_(codes))
    ).all()
    assert all(link.share_of_area >= 0.01 for link in links)
    split = {link.old_code for link in links if link.old_is_split}
    assert all(
        (sum(one.old_code == code for one in links) > 1) == (code in split) for code in codes
    )


def test_where_polygons_lack_the_share_is_none_with_a_reason(session):
    (only,) = convert(session, "00004", "2025")
    assert only.share_of_area is None
    assert only.reason
    assert only.source == "published: vn_crosswalk_old_to_new_2025"


def test_provinces_and_districts_convert_too(session):
    parts = {one.code: one.share_of_area for one in convert(session, "92", "pre2025")}
    assert parts.keys() == {"92", "93", "94"}
    assert sum(parts.values()) == pytest.approx(1, abs=0.01)
    (city,) = convert(session, "93", "2025")
    assert city.code == "92"
    assert city.share_of_area == pytest.approx(1, abs=0.01)
    communes = convert(session, "930", "2025")
    assert {one.code for one in communes} == {"31338", "31333", "31321"}


def test_a_unit_that_already_is_of_the_era_is_itself(session):
    (same,) = convert(session, "31372", "pre2025")
    assert (same.code, same.share_of_area) == ("31372", 1.0)
    with pytest.raises(NotFoundError, match="did not exist"):
        convert(session, "31372", date(2025, 6, 1))


def test_an_old_commune_that_no_source_links_is_not_guessed(session):
    with pytest.raises(NotFoundError, match="no source links"):
        convert(session, "07693", "2025")


@pytest.mark.parametrize("code", ["99999", "abc", "1234", ""])
def test_unknown_codes_are_refused(session, code):
    with pytest.raises(NotFoundError):
        convert(session, code, "2025")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("vi thuy", "31441"), ("Vị Thủy", "31441"), ("VỊ THUỶ", "31441"), ("31396", "31396"),
        ("tp can tho", "92"), ("TP. Cần Thơ", "92"), ("hậu giang", "93"), ("nga bay", "31340"),
        ("Huyện Phụng Hiệp", "934"), ("phú an", None),
    ],
)  # fmt: skip
def test_people_find_places_as_they_type_them(session, text, first):
    codes = [unit.code for unit in find(session, text, limit=50)]
    assert codes[0] == first if first else "31372" in codes


def test_tones_rank_but_do_not_exclude(session):
    names = [unit.name for unit in find(session, "Tân An", limit=30)]
    assert names[0] == "Tân An"
    assert {"Tân An", "Tấn An"} & set(names)


def test_an_era_narrows_the_search(session):
    assert {unit.code for unit in find(session, "Hậu Giang", "2025")}.isdisjoint({"93"})
    assert find(session, "Hậu Giang", "pre2025")[0].code == "93"
    assert all(unit.valid_to is not None for unit in find(session, "an", "pre2025"))


def test_search_takes_wildcards_literally(session):
    assert find(session, "%") == []
    assert find(session, "_") == []


def test_positions_resolve_by_day(session):
    place = LonLat(105.47, 9.78)
    assert unit_at(session, place, date(2026, 3, 20)).full_name == "Phường Vị Thanh"
    before = unit_at(session, place, LAST_DAY)
    assert (before.level, before.parent_code) == (3, "930")
    assert unit_at(session, LonLat(10, 10), LAST_DAY) is None


def test_only_coarser_polygons_give_the_coarser_unit(session):
    assert unit_at(session, LonLat(105.85, 21.03), date(2026, 1, 1)).full_name == "Thành phố Hà Nội"
    soc_trang = unit_at(session, LonLat(105.97, 9.6), LAST_DAY)
    assert (soc_trang.level, soc_trang.parent_code) == (2, "94")


def test_urls_name_communes(session):
    assert resolve_slug(session, "vi-thuy").code == "31441"
    assert resolve_slug(session, "phuong-vi-thanh").code == "31321"
    assert resolve_slug(session, "31372").full_name == "Xã Phú An"
    with pytest.raises(AmbiguousPlaceError) as caught:
        resolve_slug(session, "tan-an")
    assert len(caught.value.candidates) > 5
    with pytest.raises(NotFoundError):
        resolve_slug(session, "khong-co-noi-nay")


def test_loading_the_same_bytes_again_changes_nothing(real, shared_dir):
    workspace, reports = real
    with workspace.session() as session:
        before = session.exec(select(sa.func.max(AdminUnit.id))).one()
        again = load_real_admin(session, shared_dir / "data" / "admin", NOW + timedelta(days=1))
        session.commit()
        assert session.exec(select(sa.func.max(AdminUnit.id))).one() == before
        stamp = session.get(DataSet, "vn_units_2025").loaded_at
    assert stamp == NOW
    counts = {name: (one.rows, one.imported, len(one.rejected)) for name, one in reports.items()}
    assert counts == {
        name: (one.rows, one.imported, len(one.rejected)) for name, one in again.items()
    }


def test_the_real_units_load_on_both_databases(workspace_on, shared_dir):
    with workspace_on.session() as session:
        reports = load_real_admin(session, shared_dir / "data" / "admin", NOW)
        session.commit()
        seen = {name: (report.rows, len(report.rejected)) for name, report in reports.items()}
        assert seen == ROWS
        assert len(hau_giang_communes(session, "2025")) == 28
        assert unit_at(session, LonLat(105.47, 9.78), LAST_DAY).parent_code == "930"
        assert find(session, "vi thuy")[0].code == "31441"
        told = {one.code: one.share_of_area for one in convert(session, "31340", "2025")}
        assert told == pytest.approx({"31340": 0.759, "31411": 0.241}, abs=0.001)
        chain = units_at(session, LonLat(105.47, 9.78), LAST_DAY)
        assert [one.level for one in chain] == [3, 2, 1]
        carried = carry_over(session, {"31340": 100.0}, "2025")
        assert sum(carried.totals.values()) == pytest.approx(100.0)


def test_a_missing_list_is_named_and_nothing_is_stored(workspace, tmp_path):
    with workspace.session() as session:
        with pytest.raises(InputError, match=r"vn_units_2025\.csv"):
            load_real_admin(session, tmp_path, NOW)
        assert session.exec(select(DataSet)).all() == []
    workspace.engine.dispose()


def cli(capsys, *arguments):
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_commands_answer_as_the_contract_says(real, capsys):
    home = ("--home", str(real[0].home))
    code, found = cli(capsys, "places", "find", "vi thuy", "--era", "2025", *home)
    assert (code, found[0]["code"]) == (0, "31441")
    code, parts = cli(capsys, "places", "convert", "31340", "--to", "2025", *home)
    assert code == 0
    assert parts[0].keys() == {"code", "name", "share_of_area", "source"}
    code, parts = cli(capsys, "places", "convert", "00004", "--to", "2025", *home)
    assert parts[0]["share_of_area"] is None
    assert parts[0]["reason"]
    code, refused = cli(capsys, "places", "convert", "99999", "--to", "2025", *home)
    assert (code, refused["ok"]) == (1, False)
    assert refused["errors"][0].keys() >= {"where", "field", "problem", "fix"}
    code, refused = cli(capsys, "places", "convert", "31340", "--to", "yesterday", *home)
    assert (code, refused["errors"][0]["field"]) == (2, "--to")
    assert cli(capsys, "places", "find", "khong co noi nay", *home) == (1, [])
