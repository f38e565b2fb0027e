"""Provinces through their splits and mergers, and series across them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import NotFoundError
from agridata.places.models import AdminUnit
from agridata.statistics import (
    Statistic,
    extent_of,
    province_versions,
    series_across,
    version_named,
    version_on,
    year_end,
)
from agridata.storage import DataSet
from agridata.vocabulary import REFORM_DATE, Utc

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
versions = st.sampled_from(province_versions())


@pytest.mark.parametrize(("year", "count"), [(1996, 45), (2003, 61), (2004, 64), (2007, 64),
                                             (2008, 63), (2024, 63), (2025, 34)])  # fmt: skip
def test_there_were_that_many_provinces(year, count):
    there = [one for one in province_versions() if one.valid_on(year_end(year))]
    assert len(there) == count
    assert len({one.name for one in there}) == count
    assert len({one.code for one in there}) == count


@given(versions)
def test_what_a_version_is_made_of_ends_when_it_begins(version):
    by_key = {one.key: one for one in province_versions()}
    for part in version.made_of:
        assert by_key[part.version].valid_to == version.valid_from


@given(versions)
def test_a_name_finds_its_version_with_and_without_tones(version):
    assert version in version_named(version.name)
    assert version in version_named(f"Tỉnh {version.name_vi}")


def test_every_province_of_2024_went_whole_into_one_of_2025():
    heirs = [part for one in province_versions() if one.valid_from == REFORM_DATE
             for part in one.made_of]  # fmt: skip
    assert all(part.whole for part in heirs)
    ended = {one.key for one in province_versions() if one.valid_to == REFORM_DATE}
    assert sorted(part.version for part in heirs) == sorted(ended)


@pytest.mark.parametrize(("name", "year", "key", "flag"), [
    ("Ha Tay", 2007, "28@", ""),
    ("Ha Tay", 2008, "28@", "after_unit_ended"),
    ("Hau Giang", 2004, "93@2004-01-01", ""),
    ("Hau Giang", 2003, "93@2004-01-01", "before_unit_existed"),
    ("Hau Giang", 2025, "93@2004-01-01", "after_unit_ended"),
    ("Can Tho", 2003, "92@", ""),
    ("TP. Cần Thơ", 2004, "92@2004-01-01", ""),
    ("Ba Ria-Vung Tau", 2010, "77@", ""),
    ("Ho Chi Minh City", 2010, "79@", ""),
    ("Tây Ninh", 2024, "72@", ""),
    ("Tây Ninh", 2025, "80@2025-07-01", ""),
    ("Hue", 2025, "46@", ""),
])  # fmt: skip
def test_a_name_means_the_unit_of_its_year(name, year, key, flag):
    version, found = version_on(name, year_end(year))
    assert version is not None
    assert (version.key, found) == (key, flag)


def test_what_is_no_province_is_said_to_be_none():
    assert version_on("Atlantis", date(2020, 1, 1)) == (None, "")
    with pytest.raises(NotFoundError, match="no province"):
        extent_of("Atlantis")
    with pytest.raises(NotFoundError, match="did not exist"):
        extent_of("Hậu Giang", date(2000, 1, 1))


def area(key: str, km2: float) -> AdminUnit:
    return AdminUnit(
        code=key, level=1, name=key, full_name=key, search_key=key, valid_to=REFORM_DATE,
        area_km2=km2, data_set_key="d",
    )  # fmt: skip


def figure(unit: str, year: int, value: float, measure: str = "production") -> Statistic:
    version, flag = version_on(unit, year_end(year))
    assert version is not None
    return Statistic(
        unit_name=unit, unit_level="province", unit_code=version.code, unit_version=version.key,
        subject="rice", measure=measure, season="year", year=year, value=value, unit="t",
        raw_value=value, raw_unit="t", flag=flag, data_set_key="d",
    )  # fmt: skip


@pytest.fixture
def session(workspace_on):
    with workspace_on.session() as session:
        session.add(
            DataSet(
                key="d", kind="statistics", title_vi="", title_en="", source="", licence="",
                simulated=True, loaded_at=NOW, sha256="", rows_in_file=0, rows_stored=0,
                rows_rejected=0,
            )
        )  # fmt: skip
        session.flush()
        for year in (2003, 2004):
            session.add_all([figure("Can Tho", year, 1000), figure("Soc Trang", year, 100)])
            session.add_all(
                [figure("Can Tho", year, 200, "planted_area"),
                 figure("Soc Trang", year, 20, "planted_area")]
            )  # fmt: skip
        session.add_all([figure("Hau Giang", 2004, 10), figure("Hau Giang", 2004, 2,
                                                               "planted_area")])  # fmt: skip
        session.flush()
        yield session


def values(session, unit, measure="production", on=None):
    points = series_across(session, extent_of(unit, on), "rice", measure, "year", range(2003, 2006))
    return [(one.value, one.how) for one in points]


def test_a_merger_is_the_sum_of_its_parts_and_of_theirs(session):
    """Old Cần Thơ of 2003 went whole into the city of 2025, through both of its heirs."""
    assert values(session, "Can Tho") == [(1100, "summed"), (1110, "summed"), (None, "none")]
    assert values(session, "Can Tho", "yield") == [(5, "summed"), (5, "summed"), (None, "none")]


def test_a_part_is_estimated_by_area_or_not_at_all(session):
    assert values(session, "Hau Giang")[0] == (None, "none")
    session.add_all([area("92", 300), area("93", 100)])
    session.flush()
    assert values(session, "Hau Giang") == [(250, "area_share"), (10, "published"), (None, "none")]
    assert values(session, "Can Tho", on=date(2010, 1, 1))[0] == (750, "area_share")


def test_what_is_missing_says_why(session):
    points = series_across(
        session, extent_of("Hau Giang"), "rice", "production", "year", range(2002, 2006)
    )
    assert "no polygons" in points[1].reason_en
    assert points[1].reason_vi
    assert points[3].reason_en == "nothing was published for Hau Giang in 2005"
    merged = series_across(
        session, extent_of("Ha Noi"), "rice", "production", "year", range(2007, 2008)
    )
    assert "Vinh Phuc" in merged[0].reason_en
    assert merged[0].value is None
