"""One file at a time: orchards, ponds in local units, tax codes; what a newer file may change."""

from __future__ import annotations

import json

import pytest
from registry_world import DAY, NOW, populate, take
from sqlmodel import select

from agridata.errors import InputError, UsageError
from agridata.registry import (
    Herd,
    Organisation,
    Parcel,
    Planting,
    Pond,
    changes_since,
    end_validity,
    list_nouns,
)

ORGANISATIONS = "code,name,kind,gln,location_code,address,admin_unit_code,simulated"
PLANTINGS = "parcel_code,crop,variety,season,year,sown_on,expected_harvest_on,simulated"
PONDS = "code,organisation_code,admin_unit_code,species,area_ha,volume_m3,cages,lon,lat,simulated"
HERDS = "code,organisation_code,admin_unit_code,species,heads,lon,lat,simulated"


def test_an_orchard_stands_without_a_sowing_day(session, tmp_path):
    header = PLANTINGS + ",planted_year,trees"
    done = take(
        session, tmp_path, "plantings",
        f"{header}\nP1,pomelo,Năm Roi,year,2026,,,true,2009,320\n"
        "P2,pomelo,,year,2026,2026-01-01,,true,2009,\n"
        "P2,pomelo,,year,2026,,,true,2027,\n"
        "P2,pomelo,,year,2026,,,true,09,\n"
        "P2,pomelo,,year,2026,,,true,2009,-3\n",
    )  # fmt: skip
    orchard = session.exec(select(Planting)).one()
    assert (orchard.planted_year, orchard.trees, orchard.sown_on) == (2009, 320, None)
    told = [(one.field, one.problem) for one in done.report.rejected]
    assert [field for field, _ in told] == ["planted_year"] * 3 + ["trees"]
    assert "beside a sowing" in told[0][1]
    assert "after the season" in told[1][1]


def test_ponds_keep_area_volume_cages_and_what_was_said(session, tmp_path):
    done = take(
        session, tmp_path, "ponds",
        f"{PONDS},area\nA2,coop,,snakehead,,,,,,true,3 công\n"
        'A3,coop,,snakehead,,600,4,,,true,"2,5 công tầm lớn"\n'
        "A4,coop,,snakehead,1,,,,,true,3 công\nA5,coop,,snakehead,,,,,,true,3 sào\n"
        "A6,coop,,swamp_eel,,,,,,true,3 công\n",
    )  # fmt: skip
    ponds = {one.code: one for one in session.exec(select(Pond)).all()}
    said = ponds["A2"]
    assert (said.area_ha, said.area_entered, said.area_factor_m2) == (0.3, "3 công", 1000)
    cages = ponds["A3"]
    assert (cages.area_ha, cages.volume_m3, cages.cages) == (pytest.approx(0.325), 600, 4)
    assert [(one.where[-2:], one.field) for one in done.report.rejected] == [
        (":4", "area"), (":5", "area"), (":6", "volume_m3"),
    ]  # fmt: skip


def test_a_declared_area_stands_beside_the_measured_one(session, tmp_path):
    ring = [[105.6, 9.7], [105.601, 9.7], [105.601, 9.701], [105.6, 9.701], [105.6, 9.7]]
    properties = {"code": "P9", "land_use": "rice", "declared_area": "12 công", "simulated": "1"}
    document = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": {"type": "Polygon", "coordinates": [ring]}},
    ]}  # fmt: skip
    take(session, tmp_path, "parcels", json.dumps(document))
    found = session.exec(select(Parcel).where(Parcel.code == "P9")).one()
    assert 1.2 < found.area_ha < 1.22
    assert (found.declared_ha, found.area_entered) == (pytest.approx(1.2), "12 công")


def test_tax_code_and_postcode_of_an_organisation(session, tmp_path):
    done = take(
        session, tmp_path, "organisations",
        f"{ORGANISATIONS},tax_code,postcode\n"
        "o1,A,packer,,L,,,false,0314409058-002,94000\no2,A,packer,,L,,,false,,\n"
        "o3,A,packer,,L,,,false,0100233480,\no4,A,packer,,L,,,false,079085001234,\n"
        "o5,A,packer,,L,,,false,,9400\no6,A,packer,,L,,,false,,٩٤٠٠٠\n",
    )  # fmt: skip
    first = session.get_one(Organisation, "o1")
    assert (first.tax_code, first.postcode) == ("0314409058002", "94000")
    assert session.get_one(Organisation, "o2").tax_code is None
    problems = [(one.field, one.problem) for one in done.report.rejected]
    assert [field for field, _ in problems] == ["tax_code", "tax_code", "postcode", "postcode"]
    assert "identity number of a person" in problems[1][1]
    assert "079085001234" not in str(done.report.rejected), "a person's number is not repeated"


def test_a_file_that_is_silent_changes_nothing_there(session, tmp_path):
    rich = f"{ORGANISATIONS},postcode\no1,A,packer,,L,,,false,94000\n"
    take(session, tmp_path, "organisations", rich)
    take(session, tmp_path, "organisations", f"{ORGANISATIONS}\no1,B,packer,,L,,,false\n")
    found = session.get_one(Organisation, "o1")
    assert (found.name, found.postcode) == ("B", "94000")
    blank = f"{ORGANISATIONS},postcode\no1,B,packer,,L,,,false,\n"
    take(session, tmp_path, "organisations", blank)
    assert session.get_one(Organisation, "o1").postcode is None


def test_left_out_and_listed_again_is_not_an_officers_end(session, tmp_path):
    both = f"{HERDS}\nH1,coop,,pig,5,,,false\nH2,coop,,pig,5,,,false\n"
    one = f"{HERDS}\nH1,coop,,pig,6,,,false\n"
    take(session, tmp_path, "herds", both)

    def ends():
        rows = session.exec(select(Herd).order_by(Herd.code)).all()
        return [str(herd.valid_to) for herd in rows]

    take(session, tmp_path, "herds", one)
    assert ends() == ["None", "None"], "an addition says nothing of what it leaves out"
    take(session, tmp_path, "herds", both)
    take(session, tmp_path, "herds", one, complete=True)
    assert ends() == ["None", "2026-03-20"]
    assert [herd.code for herd in list_nouns(session, "herds", DAY)] == ["H1", "H2"]
    take(session, tmp_path, "herds", both, complete=True)
    assert ends() == ["None", "None"]
    end_validity(session, "herd", "H2", on=DAY, actor="officer", now=NOW)
    take(session, tmp_path, "herds", both.replace("pig,5", "pig,7"), complete=True)
    assert ends() == ["None", "2026-03-20"]
    actors = {change.actor for change in changes_since(session, 0)}
    assert actors == {"tester import:herds", "officer"}


def test_what_cannot_be_imported_is_refused_whole(uncommitted, tmp_path):
    with uncommitted.session() as session:
        populate(session)
        with pytest.raises(UsageError, match="not a kind"):
            take(session, tmp_path, "clouds", "a\n1\n")
        with pytest.raises(InputError, match="no column 'issuer'"):
            take(session, tmp_path, "codes", "kind,number,valid_from,valid_to\na,b,c,d\n")
        with pytest.raises(InputError, match="no rows"):
            take(session, tmp_path, "herds", HERDS + "\n")
        from agridata.storage import DataSet

        session.get_one(DataSet, "world").kind = "statistics"
        with pytest.raises(InputError, match="another kind"):
            take(session, tmp_path, "herds", f"{HERDS}\nH1,coop,,pig,5,,,false\n", key="world")
        with pytest.raises(UsageError, match="not a noun"):
            list_nouns(session, "clouds")
