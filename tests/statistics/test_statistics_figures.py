"""Single figures: the long table, the checks that name what does not add up, the commands."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from agridata.errors import InputError
from agridata.statistics import (
    Compared,
    Statistic,
    check_frame,
    check_statistics,
    facts_frame,
    import_figures,
    import_gso,
    import_statistics,
)
from agridata.storage import SourceInfo
from agridata.vocabulary import Utc
from apps.cli import main

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
INFO = SourceInfo("figures", "statistics", "f", "f", "test", "none", False)
HEAD = "unit,subject,measure,season,year,value,unit_of_value\n"
GSO_HEAD = "table,year,province,variable,value\n"


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_heads_area_volume_and_tonnes_stand_side_by_side(workspace_on, tmp_path):
    text = HEAD + (
        "Hau Giang,pig,heads,,2016,117.5,1000 heads\n"
        "Hau Giang,aquaculture,area,,2016,7.1,1000 ha\n"
        "Hau Giang,eel,volume,,2023,18970,m3\n"
        "Hau Giang,eel,production,,2023,1.2,1000 t\n"
        "Hau Giang,snakehead,cages,,2023,12,1\n"
        "Hau Giang,rice,yield,winter_spring,2016,76.6,quintal/ha\n"
        "Hau Giang,maize,planted_area,,2016,0,1000 ha\n"
    )
    with workspace_on.session() as session:
        report = import_statistics(session, write(tmp_path, text), INFO, NOW)
        session.commit()
        assert (report.rows, report.imported) == (7, 7)
        assert report.flagged == {"zero": 1}
        rows = {(one.subject, one.measure): one for one in session.exec(select(Statistic))}
        pig, volume = rows["pig", "heads"], rows["eel", "volume"]
        assert (pig.value, pig.unit, pig.raw_value, pig.raw_unit) == (
            117_500, "heads", 117.5, "1000 heads",
        )  # fmt: skip
        assert (volume.value, volume.unit) == (18_970, "m3")
        assert rows["rice", "yield"].value == pytest.approx(7.66)
        assert (pig.unit_code, pig.unit_version) == ("93", "93@2004-01-01")
        assert rows["maize", "planted_area"].flag == "zero"
        again = import_statistics(session, write(tmp_path, text), INFO, NOW)
        assert again.imported == 7
        assert session.scalar(select(func.count()).select_from(Statistic)) == 7


def test_rows_that_are_no_figures_come_back_with_reasons(workspace, tmp_path):
    text = HEAD + (
        "Hau Giang,eel,yield,,2023,5,t/ha\n"
        "Hau Giang,pgi,heads,,2016,1,heads\n"
        "Hau Giang,pig,heads,,2016,1,t\n"
        "Hau Giang,rice,yield,,2016,0,t/ha\n"
        "Hau Giang,pig,heads,,2016,many,heads\n"
        "Hau Giang,pig,heads,,2016,,heads\n"
        "Hau Giang,pig,heads,,2066,5,heads\n"
        "Hau Giang,pig,heads,,2015,5,heads\n"
        "Hau Giang,pig,heads,,2015,6,heads\n"
    )
    with workspace.session() as session:
        report = import_figures(session, write(tmp_path, text), INFO, NOW)
        assert report.rows == report.imported + len(report.rejected) == 9
        assert report.imported == 1
        found = {int(one.where.split(":")[1]): one for one in report.rejected}
        assert "m³" in found[2].problem
        assert "pig" in found[3].fix
        assert "1000 heads" in found[4].fix
        assert "no yield" in found[5].problem
        assert found[10].problem.startswith("stands in the file twice")
        assert all(one.problem_vi or one.field for one in report.rejected)
        with pytest.raises(InputError, match="unit_of_value"):
            import_figures(session, write(tmp_path, "unit,subject,measure,year,value\n"), INFO, NOW)
    workspace.engine.dispose()


def test_an_heir_listed_early_makes_its_parent_the_smaller_one(workspace, tmp_path):
    def row(name: str, table: str, value: float) -> str:
        return f"x,2003,{name},{table},{value}\n"

    text = GSO_HEAD + (
        row("Can Tho", "production_of_aquaculture", 9000)
        + row("Hau Giang", "production_of_aquaculture", 4000)
        + row("Can Tho", "production_of_paddy", 2000)
        + "x,1996,Bac Lieu,production_of_paddy,700\n"
        + "x,2003,Can Tho,no_such_table,1\n"
    )
    with workspace.session() as session:
        report = import_gso(session, write(tmp_path, text), INFO, NOW)
        assert (report.imported, len(report.rejected)) == (4, 1)
        rows = {(o.unit_name, o.subject): (o.unit_version, o.flag) for o in session.exec(
            select(Statistic))}  # fmt: skip
        assert rows == {
            ("Can Tho", "aquaculture"): ("92@2004-01-01", "before_unit_existed"),
            ("Hau Giang", "aquaculture"): ("93@2004-01-01", "before_unit_existed"),
            ("Can Tho", "rice"): ("92@", ""),
            ("Bac Lieu", "rice"): ("95@1997-01-01", "before_unit_existed"),
        }
        with pytest.raises(InputError, match="no known table"):
            import_gso(session, write(tmp_path, "a,b\n1,2\n"), INFO, NOW)
    workspace.engine.dispose()


def facts(rows: list[tuple[str, str, str, str, int, float]], data_set: str = "d") -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["unit_name", "subject", "measure", "season", "year", "value"]
    )
    return frame.assign(
        unit_level="province", unit_version="", unit="", flag="", data_set_key=data_set,
        raw_value=frame["value"],
    )  # fmt: skip


def names(frame: pd.DataFrame) -> list[tuple[str, int, str]]:
    return [(one.check, one.year, one.unit) for one in check_frame(frame)]


def triple(unit: str, year: int, area: float, rate: float, production: float, season="year"):
    return [
        (unit, "rice", "planted_area", season, year, area),
        (unit, "rice", "yield", season, year, rate),
        (unit, "rice", "production", season, year, production),
    ]  # fmt: skip


def test_rounding_is_no_contradiction_and_more_is():
    assert names(facts(triple("A", 2010, 1234.0, 5.67, 6997.0))) == []
    assert names(facts(triple("A", 2010, 1234.0, 5.67, 7997.0))) == [
        ("production_not_area_times_yield", 2010, "A")
    ]
    assert names(facts(triple("A", 2010, 1234.0, 56.7, 6997.0))) == [("unit_slip", 2010, "A")]


def test_seasons_and_kinds_that_do_not_add_up_are_named():
    seasons = [
        ("A", "rice", "production", "winter_spring", 2010, 600.0),
        ("A", "rice", "production", "summer_autumn", 2010, 300.0),
        ("A", "rice", "production", "year", 2010, 900.0),
        ("B", "rice", "production", "summer_autumn", 2010, 300.0),
        ("B", "rice", "production", "year", 2010, 350.0),
    ]
    assert names(facts(seasons)) == [("seasons_do_not_add_up", 2010, "B")]
    kinds = [
        ("A", "fishery", "production", "year", 2010, 100.0),
        ("A", "aquaculture", "production", "year", 2010, 61.0),
        ("A", "capture", "production", "year", 2010, 50.0),
        ("A", "aquaculture_fish", "production", "year", 2010, 40.0),
    ]
    issues = check_frame(facts(kinds))
    assert [(one.check, one.found, one.expected) for one in issues] == [
        ("parts_do_not_add_up", 111, 100)
    ]
    assert "cộng nuôi thủy sản, khai thác" in issues[0].sentence_vi


def test_a_regional_source_is_not_added_up_to_the_country():
    country = facts([("Viet Nam", "pig", "heads", "year", 2010, 900.0)]).assign(
        unit_level="country"
    )
    from agridata.statistics import province_versions, year_end

    there = [one.name for one in province_versions() if one.valid_on(year_end(2010))]
    whole = facts([(name, "pig", "heads", "year", 2010, 10.0) for name in there], "p")
    issues = check_frame(pd.concat([country, whole], ignore_index=True))
    assert [(one.check, one.found) for one in issues] == [("units_do_not_add_up", 630)]
    assert check_frame(pd.concat([country, whole[:13]], ignore_index=True)) == []


def test_two_sources_are_a_note_and_equal_ones_are_none():
    mine = facts([("A", "pig", "heads", "year", 2010, 101.0)], "a")
    theirs = facts([("A", "pig", "heads", "year", 2010, 103.0)], "b")
    both = check_frame(pd.concat([mine, theirs], ignore_index=True))
    assert [(one.check, one.severity, one.data_set) for one in both] == [
        ("sources_differ", "note", "b")
    ]
    same = pd.concat([mine, mine.assign(data_set_key="b")], ignore_index=True)
    compared = Compared()
    assert check_frame(same, compared) == []
    assert compared["sources_differ", "b", "A"] == 1


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1_000, 900_000), min_size=3, max_size=6, unique=True),
    st.floats(2.0, 9.0),
)
def test_figures_that_were_only_rounded_are_never_named(areas, rate):
    """Area and production to 0.1 thousand, yield to 0.1 quintal: the office's own rounding."""
    rows = []
    for place, exact in enumerate(areas):
        area, rounded = round(exact, -2) + 100, round(rate, 2)
        production = round(rate * (exact + 100), -2)
        rows += triple(f"U{place}", 2010, area / 1000, rounded * 10, production / 1000)
    frame = facts(rows)
    factor = frame["measure"].map({"planted_area": 1000.0, "yield": 0.1, "production": 1000.0})
    frame["value"] = frame["raw_value"] * factor
    assert check_frame(frame) == []


def run(capsys, *arguments):
    code = main([*arguments])
    return code, capsys.readouterr().out


def test_the_commands_import_check_and_show(tmp_path, capsys):
    home = ("--home", str(tmp_path / "home"))
    text = HEAD + "".join(
        f"Hau Giang,{subject},production,,{year},{value},t\n"
        for year in (2015, 2016)
        for subject, value in (
            ("fishery", 91),
            ("aquaculture", 71),
            ("capture", 20 + 9 * (year - 2015)),
        )
    )
    path = str(write(tmp_path, text))
    assert run(capsys, "statistics", "import", path, *home, "--json")[0] == 0
    out = tmp_path / "issues.csv"
    code, told = run(capsys, "statistics", "check", *home, "--out", str(out), "--json")
    document = json.loads(told)
    assert (code, document["ok"], document["errors"]) == (1, False, 1)
    assert document["years"] == [
        {"check": "parts_do_not_add_up", "subject": "fishery", "measure": "production",
         "season": "year", "year": 2016, "data_set": "table", "units": 1},
    ]  # fmt: skip
    assert len(list(csv.DictReader(out.read_text("utf-8").splitlines()))) == 1
    only = ("statistics", "check", "--subject", "capture", *home, "--json")
    assert run(capsys, *only)[0] == 0
    code, told = run(capsys, "statistics", "show", "--unit", "hau giang", "--subject", "fishery",
                     "--years", "2014:2016", *home, "--json")  # fmt: skip
    points = json.loads(told)["points"]
    assert (code, [one["value"] for one in points]) == (0, [None, 91, 91])
    for wrong in (("--subject", "fish"), ("--years", "soon"), ("--extent", "later"),
                  ("--measure", "joy"), ("--season", "monsoon")):  # fmt: skip
        given_options = {"--unit": "Hau Giang", "--subject": "fishery", **dict([wrong])}
        flat = [part for pair in given_options.items() for part in pair]
        assert run(capsys, "statistics", "show", *flat, *home, "--json")[0] == 2


def test_nothing_stored_is_nothing_named(workspace):
    with workspace.session() as session:
        assert check_statistics(session) == []
        assert facts_frame(session).empty
    workspace.engine.dispose()
