"""Planted defects: each lowers one figure by exactly its counts, and no other."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from quality_world import DAYS, NOW, STATIONS, field, figure, parcel, placed, provinces
from shapely.geometry import Point, Polygon, box
from sqlmodel import Session, SQLModel, col, select

from agridata.observations.models import Reading, Station
from agridata.quality import DIMENSIONS, RULES, QualityReport, measure
from agridata.registry.models import Certificate, Herd, Organisation, Parcel, Planting, Pond
from agridata.statistics import CropStatistic, Statistic
from agridata.storage import DataSet, RejectedRow

Plant = Callable[[Session], None]


@dataclass(frozen=True)
class Defect:
    """What is spoiled, and which counts must rise by how much."""

    name: str
    plant: Plant
    data_set: str
    rule: str
    count: int = 1


def change(model: type[SQLModel], condition: object, **values: object) -> Plant:
    def plant(session: Session) -> None:
        done = session.execute(sa.update(model).where(condition).values(**values))
        assert done.rowcount > 0

    return plant


def remove(model: type[SQLModel], *conditions: object) -> Plant:
    def plant(session: Session) -> None:
        assert session.execute(sa.delete(model).where(*conditions)).rowcount > 0

    return plant


def one_reading(number: int, **values: object) -> Plant:
    def plant(session: Session) -> None:
        rows = session.exec(select(Reading).order_by(col(Reading.id))).all()
        for name, value in values.items():
            setattr(rows[number], name, value)

    return plant


def readings_of(key: str, **values: object) -> Plant:
    def plant(session: Session) -> None:
        station = session.exec(select(Station).where(Station.key == key)).one()
        session.execute(sa.update(Reading).where(Reading.station_id == station.id).values(**values))

    return plant


def forget(key: str, first_hours: float, last_hours: float) -> Plant:
    """Delete readings of a station by their age."""

    def plant(session: Session) -> None:
        station = session.exec(select(Station).where(Station.key == key)).one()
        session.execute(
            sa.delete(Reading).where(
                Reading.station_id == station.id,
                Reading.time <= NOW - timedelta(hours=first_hours),
                Reading.time >= NOW - timedelta(hours=last_hours),
            )
        )

    return plant


def add(make: Callable[[], SQLModel]) -> Plant:
    return lambda session: session.add(make())


def copy_pigs(session: Session) -> None:
    for unit in provinces():
        rows = select(Statistic).where(Statistic.unit_name == unit, Statistic.subject == "pig")
        by_year = {one.year: one for one in session.exec(rows).all()}
        by_year[2024].value = by_year[2023].value
        by_year[2024].raw_value = by_year[2023].raw_value


def rice(unit: str, year: int, season: str = "winter_spring") -> sa.ColumnElement[bool]:
    return sa.and_(
        CropStatistic.unit_name == unit, CropStatistic.year == year, CropStatistic.season == season
    )


def water(subject: str, year: int) -> sa.ColumnElement[bool]:
    return sa.and_(Statistic.subject == subject, Statistic.year == year)


CROSSED = Polygon([(105.412, 9.77), (105.413, 9.771), (105.413, 9.77), (105.412, 9.771)])
ON_FIRST = box(105.4125, 9.7705, 105.4135, 9.7715)
SWAPPED = Point(STATIONS["lower"].y, STATIONS["lower"].x)

DEFECTS = (
    # correct
    Defect("wrong GTIN check digit",
           lambda session: session.execute(sa.text("UPDATE product SET gtin = '09521101001007'")),
           "products", "check_digit"),
    Defect("wrong GLN check digit", change(Organisation, Organisation.code == "coop",
           gln="9521101000017"), "organisations", "check_digit"),
    Defect("salinity above sea water", one_reading(50, value=110.6), "salinity", "possible_value"),
    Defect("reading flagged out of range", one_reading(50, flag="range"), "salinity",
           "possible_value"),
    Defect("negative number of animals", change(Herd, Herd.code == "H1", heads=-3), "herds",
           "possible_value"),
    Defect("quintals in a column of tonnes", change(CropStatistic, rice("Can Tho", 2021),
           yield_t_ha=CropStatistic.yield_t_ha * 10), "panel", "unit_of_value"),
    Defect("production a thousand times too small", change(CropStatistic, rice("Can Tho", 2021),
           production_t=CropStatistic.production_t / 1000), "panel", "unit_of_value"),
    Defect("production not area × yield", change(CropStatistic, rice("Soc Trang", 2020),
           production_t=CropStatistic.production_t * 1.05), "panel", "figures_agree"),
    Defect("parts do not add up", change(Statistic, water("fishery", 2022),
           value=9_999, raw_value=9_999), "figures", "figures_agree"),
    Defect("year typed wrong", change(Statistic, water("capture", 2022), year=1922), "figures",
           "figures_agree"),
    Defect("swapped axes", change(Station, Station.key == "lower", **placed(SWAPPED)), "stations",
           "position"),
    Defect("outline crosses itself", change(Parcel, Parcel.code == "P1", **placed(CROSSED)),
           "parcels", "shape"),
    Defect("herd outside its commune", change(Herd, Herd.code == "H1", admin_unit_code="31338"),
           "herds", "place_agrees"),
    Defect("area not that of the shape", change(Parcel, Parcel.code == "P2",
           area_ha=Parcel.area_ha * 1.2), "parcels", "area_agrees"),
    Defect("harvested before sown", change(Planting, Planting.parcel_code == "P3",
           expected_harvest_on=date(2025, 12, 1)), "plantings", "dates_in_order"),
    # complete
    Defect("missing required field", change(Pond, Pond.code == "A1", species=""), "ponds",
           "required_fields"),
    Defect("pond without any extent", change(Pond, Pond.code == "A1", volume_m3=None), "ponds",
           "required_fields"),
    Defect("station without a position", change(Station, Station.key == "lower", geom=None,
           min_lon=None, min_lat=None, max_lon=None, max_lat=None), "stations", "required_fields"),
    Defect("row sent back at import", add(lambda: RejectedRow(data_set_key="herds", where="h:3",
           field="heads", problem="is blank", fix="fill in heads")), "herds", "rows_stored"),
    Defect("gap of a day", forget("upper", 100, 122.1), "salinity", "series_unbroken", 12),
    Defect("silent station", add(lambda: Station(key="new", name="New", simulated=True,
           data_set_key="stations", **placed(Point(105.42, 9.79)))), "stations",
           "station_reports"),
    Defect("missing year", remove(Statistic, Statistic.subject == "pig", Statistic.year == 2021,
           Statistic.unit_name == "Ca Mau" if "Ca Mau" in provinces()
           else Statistic.unit_name == provinces()[3]), "figures", "years_present"),
    # clean
    Defect("name not in NFC", change(Organisation, Organisation.code == "coop",
           name=unicodedata.normalize("NFD", "Hợp tác xã Mẫu")), "organisations", "text_form"),
    Defect("stray space", change(Pond, Pond.code == "A1", species="eel "), "ponds", "text_form"),
    Defect("duplicate parcel", add(lambda: parcel("P9", field(1))), "parcels", "unique"),
    Defect("duplicate station", change(Station, Station.key == "upper",
           **placed(STATIONS["lower"])), "stations", "unique"),
    Defect("duplicate organisation", add(lambda: Organisation(code="coop-2",
           name="Hợp tác xã MẪU", kind="cooperative", location_code="AGD-L0002",
           address="Phường Mẫu", admin_unit_code="31333", simulated=True,
           data_set_key="organisations")), "organisations", "unique"),
    Defect("orphan reference", change(Herd, Herd.code == "H1", admin_unit_code="99999"), "herds",
           "reference"),
    Defect("overlap", add(lambda: parcel("P9", ON_FIRST)), "parcels", "no_overlap"),
    Defect("copied year of readings", readings_of("lower", flag="copied_year"), "salinity",
           "own_reading", 12 * DAYS),
    Defect("constant sensor", readings_of("upper", flag="constant_season"), "salinity",
           "own_reading", 12 * DAYS),
    Defect("copied year of statistics", copy_pigs, "figures", "own_year"),
    # live
    Defect("stale station", forget("upper", -1, 60), "salinity", "fresh"),
    Defect("reading that arrived late", one_reading(70, received_at=NOW, suspect="stale"),
           "salinity", "arrived_in_time"),
    Defect("unit out of validity", change(Herd, Herd.code == "H1", admin_unit_code="31300"),
           "herds", "code_in_force"),
    Defect("expired certificate", change(Certificate, Certificate.number == "VG-1",
           valid_to=date(2026, 3, 1)), "certificates", "certificate_in_force"),
    Defect("no planting for a year", change(Planting, Planting.parcel_code == "P4", year=2024,
           sown_on=date(2024, 1, 5), expected_harvest_on=date(2024, 4, 10)), "parcels",
           "planting_recent"),
    Defect("statistics that ended", remove(CropStatistic, CropStatistic.unit_name == "Can Tho",
           CropStatistic.season == "summer_autumn", CropStatistic.year >= 2023), "panel",
           "statistics_recent", 3),
    Defect("list nobody reviewed", change(DataSet, DataSet.key == "units",
           loaded_at=NOW - timedelta(days=400)), "units", "reviewed"),
)  # fmt: skip


def failing(report: QualityReport) -> dict[tuple[str, str], int]:
    return {
        (key, rule): tally.failing
        for key, one in report.data_sets.items()
        for rule, tally in one.tallies.items()
        if tally.failing
    }


def figures(report: QualityReport) -> dict[tuple[str, str], float | None]:
    return {
        (key, name): one.figure(name)
        for key, one in report.data_sets.items()
        for name in DIMENSIONS
    }


def test_the_clean_world_fails_nowhere_and_is_checked_everywhere(before):
    assert failing(before) == {}
    checked = {rule for one in before.data_sets.values() for rule in one.tallies}
    reached = {one.rule for one in DEFECTS}
    assert checked >= reached - {"arrived_in_time"}
    assert reached == set(RULES) - {"scene_recent"}


def test_there_are_at_least_twenty_kinds():
    assert len({one.name for one in DEFECTS}) == len(DEFECTS) >= 20


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_planted_defect_moves_its_own_count_only(spoiled, before, defect):
    defect.plant(spoiled)
    spoiled.flush()
    spoiled.expire_all()
    after = measure(spoiled, now=NOW)
    assert failing(after) == {(defect.data_set, defect.rule): defect.count}
    place = (defect.data_set, RULES[defect.rule].dimension)
    old, new = figures(before), figures(after)
    assert {key: new[key] for key in old if key != place} == {
        key: old[key] for key in old if key != place
    }
    checked, failed = after.data_sets[place[0]].counts(place[1])
    assert failed == defect.count
    assert new[place] == pytest.approx(1 - defect.count / checked)
    assert new[place] < 1


def test_two_defects_add_their_counts(spoiled):
    chosen = [one for one in DEFECTS if one.name in ("overlap", "orphan reference", "missing year")]
    for one in chosen:
        one.plant(spoiled)
    spoiled.flush()
    assert failing(measure(spoiled, now=NOW)) == {
        (one.data_set, one.rule): one.count for one in chosen
    }


def test_a_new_figure_can_only_be_right_or_counted(spoiled):
    spoiled.add(figure("Can Tho", "capture", "production", 2017, 1_996.0))
    spoiled.flush()
    assert failing(measure(spoiled, now=NOW)) == {}
