"""The real tables of the General Statistics Office: they load, add up, and say where not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from agridata.statistics import (
    NATIONAL_TABLES,
    Statistic,
    check_statistics,
    extent_of,
    import_gso,
    import_rice_panel,
    series_across,
)
from agridata.storage import SourceInfo, Workspace
from agridata.vocabulary import Utc

pytestmark = pytest.mark.shared

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
PANEL = "mekong_rice_province_season_1995_2019"
PROVINCES = "gso_province_year_long"


def info(key):
    return SourceInfo(key, "statistics", key, key, "GSO", "GPL-3 package; GSO", False)


@pytest.fixture(scope="module")
def loaded(shared_dir, tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("gso") / "home").create()
    folder = shared_dir / "data" / "stats_vn"
    reports = {}
    with workspace.session() as session:
        reports[PROVINCES] = import_gso(
            session, folder / f"{PROVINCES}.csv.gz", info(PROVINCES), NOW
        )
        for name in NATIONAL_TABLES:
            reports[name] = import_gso(session, folder / f"{name}.csv", info(name), NOW)
        panel = shared_dir / "data" / "yield_vn" / f"{PANEL}.csv"
        import_rice_panel(session, panel, info(PANEL), NOW)
        session.commit()
        issues = check_statistics(session)
    yield workspace, reports, issues
    workspace.engine.dispose()


def test_every_row_of_every_table_loads(loaded):
    _, reports, _ = loaded
    assert reports[PROVINCES].rows == reports[PROVINCES].imported == 52_740
    assert reports[PROVINCES].flagged["zero"] == 49
    for name in NATIONAL_TABLES:
        assert reports[name].rows == reports[name].imported > 0, name


def test_every_province_of_the_tables_has_a_code(loaded):
    workspace, _, _ = loaded
    with workspace.session() as session:
        query = select(Statistic.unit_name).where(
            Statistic.unit_level == "province", Statistic.unit_code.is_(None)
        )
        assert session.exec(query).first() is None
        last = select(Statistic.year).where(Statistic.unit_name == "Ha Tay")
        assert max(session.exec(last)) == 2007


@pytest.mark.parametrize(("subject", "measure"), [
    ("buffalo", "heads"), ("cattle", "heads"), ("pig", "heads"), ("maize", "production"),
    ("capture", "production"), ("capture_sea_fish", "production"), ("aquaculture", "area"),
    ("aquaculture_shrimp", "production"), ("rice", "production"), ("cereals", "production"),
])  # fmt: skip
def test_livestock_and_fishery_add_up_by_unit_in_every_year(loaded, subject, measure):
    _, _, issues = loaded
    assert not [
        one for one in issues
        if one.check == "units_do_not_add_up" and (one.subject, one.measure) == (subject, measure)
    ]  # fmt: skip


def test_the_years_that_do_not_add_up_are_named(loaded):
    _, _, issues = loaded
    units = {(one.subject, one.measure, one.season, one.year, round(one.found - one.expected, -2))
             for one in issues if one.check == "units_do_not_add_up"}  # fmt: skip
    assert {
        ("rice", "planted_area", "year", 2007, -14_900),
        ("rice", "planted_area", "year", 2008, 22_000),
        ("cereals", "planted_area", "year", 2006, 45_900),
    } <= units
    production = {year for subject, _, _, year, _ in units if subject == "aquaculture"}
    assert production == {2000, 2001, 2002, 2003, 2004, 2006}
    assert {year for subject, _, _, year, _ in units if subject == "poultry"} == {2000}
    by_year = Counter((one.check, one.year) for one in issues if one.subject == "rice")
    assert by_year["seasons_do_not_add_up", 2007] == 26
    assert by_year["seasons_do_not_add_up", 2008] == 29


def test_the_yields_of_2008_that_repeat_2007_and_the_year_1988_are_found(loaded):
    _, _, issues = loaded
    copied = [one for one in issues if one.check == "copied_year"]
    assert [(one.subject, one.measure, one.season, one.year, one.found) for one in copied] == [
        ("rice", "yield", "main_season", 2008, 31)
    ]
    odd = [one for one in issues if one.check == "year_out_of_place"]
    assert [(one.subject, one.year, one.expected) for one in odd] == [("aquaculture", 1988, 1998)]


def test_the_panel_differs_from_the_office_in_2015_and_2016_only(loaded):
    _, _, issues = loaded
    differing = Counter(
        one.year for one in issues if one.check == "sources_differ" and one.data_set == PANEL
    )
    assert differing == {2015: 21, 2016: 33}
    assert all(one.severity == "note" for one in issues if one.check == "sources_differ")


def test_can_tho_of_today_is_old_can_tho_and_soc_trang_before_2004(loaded):
    workspace, _, _ = loaded
    with workspace.session() as session:
        points = series_across(
            session, extent_of("Cần Thơ", date(2025, 7, 1)), "rice", "planted_area", "year",
            range(2003, 2005),
        )  # fmt: skip
        rows = session.exec(
            select(Statistic).where(
                Statistic.subject == "rice", Statistic.measure == "planted_area",
                Statistic.season == "year", Statistic.year.in_([2003, 2004]),
                Statistic.unit_name.in_(["Can Tho", "Soc Trang", "Hau Giang"]),
            )
        ).all()  # fmt: skip
    for point in points:
        assert point.how == "summed"
        assert point.value == pytest.approx(sum(r.value for r in rows if r.year == point.year))
    assert points[0].value == pytest.approx(points[1].value, rel=0.05)
