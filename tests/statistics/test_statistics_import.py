"""Area, yield and production: units, the identity between them, what is no figure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select

from agridata.errors import InputError
from agridata.statistics import (
    CropStatistic,
    Figure,
    identity_flag,
    import_rice_panel,
    import_statistics,
    panel_frame,
    unit_slip,
)
from agridata.storage import DataSet, SourceInfo
from agridata.vocabulary import Utc

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
INFO = SourceInfo("panel", "statistics", "p", "p", "test", "none stated", False)
WIDE = (
    "province,year,cultivated_area_winter_spring,rice_yield_winter_spring,"
    "rice_production_winter_spring,cultivated_area_main_season,rice_yield_main_season,"
    "rice_production_main_season\n"
)
LONG = "unit,year,season,crop,level,area_ha,yield_t_ha,production_t\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_wide_panel_becomes_figures_in_storage_units(workspace_on, tmp_path):
    text = WIDE + "Hau Giang,2019,78.3,76.6,599.8,0,0,0\nHau Giang,2003,0,0,0,0,0,0\n"
    with workspace_on.session() as session:
        report = import_rice_panel(session, write(tmp_path, text), INFO, NOW)
        session.commit()
        assert (report.rows, report.imported) == (2, 1)
        assert report.rejected[0].where == "table.csv:3"
        assert report.rejected[0].problem.startswith("not grown or province did not exist")
        frame = panel_frame(session)
        assert frame.to_dict("records") == [
            {"unit_name": "Hau Giang", "season": "winter_spring", "year": 2019, "area_ha": 78_300,
             "yield_t_ha": 7.66, "production_t": 599_800, "data_set_key": "panel"},
        ]  # fmt: skip
        assert panel_frame(session, "maize").empty
        data_set = session.get_one(DataSet, "panel")
        assert (data_set.rows_in_file, data_set.rows_stored, data_set.rows_rejected) == (2, 1, 1)


@pytest.mark.shared
def test_the_real_panel(workspace_on, shared_dir):
    path = shared_dir / "data" / "yield_vn" / "mekong_rice_province_season_1995_2019.csv"
    with workspace_on.session() as session:
        report = import_rice_panel(session, path, INFO, NOW)
        session.commit()
        assert (report.rows, report.imported, len(report.rejected)) == (325, 316, 9)
        assert not report.flagged
        frame = panel_frame(session)
        assert len(frame) == 842
        assert frame["unit_name"].nunique() == 13
        hau_giang = frame[frame["unit_name"] == "Hau Giang"]
        assert hau_giang["year"].min() == 2004
        assert set(hau_giang["season"]) == {"winter_spring", "summer_autumn"}
        key = (frame["unit_name"] == "Ben Tre") & (frame["year"] == 2016)
        disaster = frame[key & (frame["season"] == "winter_spring")]
        assert disaster["yield_t_ha"].tolist() == [0.05]  # the salt of 2016 is no typing error
        assert import_rice_panel(session, path, INFO, NOW).as_dict() == report.as_dict()
        assert session.exec(select(func.count()).select_from(CropStatistic)).one() == 842


def test_bad_rows_of_the_panel_have_reasons(workspace, tmp_path):
    text = (
        WIDE + "A,2019,1,50,5,0,0,0\nA,2019,1,50,5,0,0,0\n,2018,1,50,5,0,0,0\n"
        "A,2039,1,50,5,0,0,0\nA,2017,1,x,5,0,0,0\nA,2016,-1,50,5,0,0,0\nA,2015,1\n"
    )
    with workspace.session() as session:
        report = import_rice_panel(session, write(tmp_path, text), INFO, NOW)
        assert (report.rows, report.imported) == (7, 1)
        fields = {int(one.where.split(":")[1]): one.field for one in report.rejected}
        assert fields == {
            8: "", 3: "", 4: "province", 5: "year", 6: "rice_yield_winter_spring",
            7: "cultivated_area_winter_spring",
        }  # fmt: skip


def test_the_long_form_takes_units_from_column_names(workspace_on, tmp_path):
    text = (
        "unit,year,season,area_1000ha,yield_quintal_ha,production_1000t\n"
        "Hau Giang,2024,summer_autumn,74.1849,60.04,445.406\n"
    )
    with workspace_on.session() as session:
        report = import_statistics(session, write(tmp_path, text), INFO, NOW)
        assert (report.rows, report.imported, dict(report.flagged)) == (1, 1, {})
        row = session.exec(select(CropStatistic)).one()
        assert (row.area_ha, row.yield_t_ha, row.production_t) == (74_184.9, 6.004, 445_406)
        assert (row.crop, row.unit_level) == ("rice", "province")


def test_a_yield_under_the_wrong_unit_is_named(workspace, tmp_path):
    text = LONG + (
        "A,2019,winter_spring,rice,province,1000,60,6000\n"  # quintal/ha
        "B,2019,winter_spring,rice,province,1000,6000,6000\n"  # kg/ha
        "C,2019,winter_spring,rice,province,1000,60,60000\n"  # wrong in both
        "D,2019,winter_spring,rice,province,,60,\n"
        "E,2019,year,sugarcane,province,1000,100,100000\n"  # 100 t/ha of cane is right
        "F,2019,winter_spring,rice,province,1000,6,6000\n"
        "G,2019,winter_spring,rice,province,1000,1e9,\n"
        "H,2019,winter_spring,rice,province,1000,,60000\n"
    )
    with workspace.session() as session:
        report = import_statistics(session, write(tmp_path, text), INFO, NOW)
        fixes = {int(one.where.split(":")[1]): one.fix for one in report.rejected}
        assert "yield_quintal_ha" in fixes[2]
        assert "yield_kg_ha" in fixes[3]
        assert "yield_quintal_ha" in fixes[4]
        assert "at least two" in fixes[5]
        assert fixes[8] == "correct the value"
        assert "units of area and production" in fixes[9]
        assert set(session.exec(select(CropStatistic.unit_name))) == {"E", "F"}


def test_a_missing_third_figure_is_computed_and_says_so(workspace, tmp_path):
    text = LONG + (
        "A,2019,winter_spring,,,1000,6,\nB,2019,winter_spring,,,1000,,6000\n"
        "C,2019,winter_spring,,,,6,6000\nD,2019,winter_spring,,,1000,6,7000\n"
        "E,2019,monsoon,,,1000,6,6000\nF,2019,winter_spring,,,0,0,0\n"
    )
    with workspace.session() as session:
        report = import_statistics(session, write(tmp_path, text), INFO, NOW)
        assert (report.rows, report.imported) == (6, 4)
        assert report.flagged == {
            "derived_production": 1, "derived_yield": 1, "derived_area": 1,
            "production_not_area_times_yield": 1,
        }  # fmt: skip
        triples = session.exec(
            select(CropStatistic.area_ha, CropStatistic.yield_t_ha, CropStatistic.production_t)
            .where(CropStatistic.unit_name != "D")
        ).all()  # fmt: skip
        assert set(triples) == {(1000, 6, 6000)}


def test_tables_that_are_something_else_are_refused(workspace, tmp_path):
    with workspace.session() as session:
        path = write(tmp_path, "unit,year,season,area_ha,production_t\nA,2019,year,1,1\n")
        with pytest.raises(InputError, match="no column for yield"):
            import_statistics(session, path, INFO, NOW)
        with pytest.raises(InputError, match="not a rice panel"):
            import_rice_panel(session, path, INFO, NOW)
        with pytest.raises(InputError, match="no rows"):
            import_statistics(session, write(tmp_path, LONG), INFO, NOW)
        session.rollback()
        assert session.get(DataSet, "panel") is None


def test_a_newer_table_replaces_the_older(workspace_on, tmp_path):
    with workspace_on.session() as session:
        for crop_yield in (6, 7):
            path = write(tmp_path, LONG + f"A,2019,year,,,1000,{crop_yield},{crop_yield}000\n")
            import_statistics(session, path, INFO, NOW)
        assert panel_frame(session)["yield_t_ha"].tolist() == [7]


amounts = st.floats(0.5, 18)


@given(amounts, st.floats(1, 1e6), st.sampled_from(["yield_t_ha", "yield_quintal_ha"]))
def test_a_right_unit_is_never_called_wrong(rate, area, column):
    factor = {"yield_t_ha": 1.0, "yield_quintal_ha": 0.1}[column]
    assert unit_slip(rate / factor, column, rate * area / area, "rice") == ""
    assert identity_flag(Figure(area, rate, rate * area)) == ""


@given(amounts)
def test_a_slip_of_ten_or_a_thousand_is_named(rate):
    assert unit_slip(rate * 10, "yield_t_ha", rate, "rice") == "yield_quintal_ha"
    assert unit_slip(rate * 1000, "yield_t_ha", rate, "rice") == "yield_kg_ha"
