"""Real communes and stations, people and land simulated over them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from demo_world import LOADED_AT, SEED
from shapely.geometry.base import BaseGeometry
from sqlmodel import Session, col, select

from agridata.places import convert, get_unit, hau_giang_communes
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel
from agridata.storage import DataSet, Workspace
from agridata.vocabulary import parse_as_of
from apps.demo import find_sources
from apps.demo._load import load_published
from apps.demo._moments import Moments
from apps.demo._people import load_people_and_land

pytestmark = pytest.mark.shared
SECONDS = 40
END_OF_MARCH = parse_as_of("2025-03-31")


@pytest.fixture(scope="module")
def session(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Units, stations and a simulated registry; readings and rasters are other rooms' tests."""
    start = time.perf_counter()
    workspace = Workspace(tmp_path_factory.mktemp("real") / "home").create()
    folder = shared_dir / "data"
    stations = {"stations": find_sources(folder)["stations"]}
    told: list[str] = []
    with workspace.session() as opened:
        load_published(opened, folder, stations, now=LOADED_AT, tell=told.append)
        moments = Moments(END_OF_MARCH, END_OF_MARCH, END_OF_MARCH, 2019)
        load_people_and_land(
            opened, workspace, folder, moments, seed=SEED, now=LOADED_AT, tell=told.append
        )
        opened.commit()
        assert time.perf_counter() - start < SECONDS
        yield opened
    workspace.engine.dispose()


def test_the_communes_of_hau_giang_now_and_at_the_reform(session: Session) -> None:
    assert len(hau_giang_communes(session, "2025")) == 28
    before = hau_giang_communes(session, "pre2025")
    assert len(before) == 75
    assert "31372" not in {unit.code for unit in before}


def test_phu_an_ended_before_the_reform(session: Session) -> None:
    ended = get_unit(session, "31372")
    assert ended.name == "Phú An"
    assert ended.valid_to is not None
    assert ended.valid_to < date(2025, 7, 1)
    assert convert(session, "31372", to="2025")


def test_every_row_of_the_lists_is_accounted_for(session: Session) -> None:
    count = session.scalar(sa.select(sa.func.count()).select_from(AdminUnit)) or 0
    assert count > 3_000
    for one in session.exec(select(DataSet)).all():
        assert one.rows_in_file == one.rows_stored + one.rows_rejected, one.key
        assert one.simulated == one.key.startswith("registry_"), one.key


def test_the_simulated_fields_lie_in_their_real_communes(session: Session) -> None:
    fields = session.exec(select(Parcel).order_by(col(Parcel.code))).all()
    assert len(fields) > 100
    homes = {unit.code: unit.geom for unit in hau_giang_communes(session, "2025")}
    for one in fields:
        home = homes[one.admin_unit_code]
        assert one.simulated
        assert isinstance(home, BaseGeometry)
        assert home.buffer(1e-6).contains(one.geom), one.code
