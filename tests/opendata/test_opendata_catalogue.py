"""The catalogue: complete, honest about what it holds back, and without a person in it."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pystac
import pytest
from demo_world import AS_OF, DemoWorld
from sqlmodel import select

from agridata.errors import InputError
from agridata.opendata import (
    CATALOGUE_FILE,
    apply_changes,
    follow_feed,
    may_publish,
    public_changes,
    write_catalogue,
)
from agridata.registry.changes import recording
from agridata.registry.models import Organisation
from agridata.storage import DataSet, Workspace


def written(workspace: Workspace, to: Path) -> dict[str, Any]:
    with workspace.session() as session:
        write_catalogue(session, to, base_url="/opendata", publisher="Sở NN&MT", now=AS_OF)
    document: dict[str, Any] = json.loads((to / CATALOGUE_FILE).read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def published(demo: DemoWorld, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    to = tmp_path_factory.mktemp("opendata") / "out"
    with demo.workspace() as workspace:
        return to, written(workspace, to)


def test_catalogue_has_what_dcat_ap_demands(published: tuple[Path, Any]) -> None:
    _, catalogue = published
    assert {"dct:title", "dct:description", "dct:publisher"} <= catalogue.keys()
    assert len(catalogue["dcat:dataset"]) >= 10
    for dataset in catalogue["dcat:dataset"]:
        assert {text["@language"] for text in dataset["dct:title"]} == {"vi", "en"}
        assert all(text["@value"] for text in dataset["dct:description"])
        assert dataset["dct:license"]
        for one in dataset["dcat:distribution"]:
            assert {"dcat:accessURL", "dcat:mediaType", "dct:conformsTo"} <= one.keys()


def test_every_file_has_the_checksum_rows_and_columns_it_promises(
    published: tuple[Path, Any],
) -> None:
    folder, catalogue = published
    seen = set()
    for dataset in catalogue["dcat:dataset"]:
        for one in dataset["dcat:distribution"]:
            file = folder / Path(one["dcat:downloadURL"]).name
            seen.add(file.name)
            content = file.read_bytes()
            assert hashlib.sha256(content).hexdigest() == one["spdx:checksum"]["spdx:checksumValue"]
            assert len(content) == one["dcat:byteSize"]
            schema = json.loads((folder / Path(one["dct:conformsTo"]).name).read_text("utf-8"))
            names = [field["name"] for field in schema["fields"]]
            if file.suffix == ".csv":
                head, *rows = csv.reader(content.decode("utf-8").splitlines())
                assert head == names
            else:
                rows = json.loads(content)["features"]
                assert set(rows[0]["properties"]) == set(names[:-1])
            assert len(rows) == one["agd:rows"] > 0
    assert {"communes.geojson", "stations.geojson", "organisations.csv"} <= seen


def test_simulated_data_says_so(published: tuple[Path, Any]) -> None:
    _, catalogue = published
    readings = [
        one for one in catalogue["dcat:dataset"] if one["dct:identifier"].startswith("readings_")
    ]
    assert readings
    for one in readings:
        assert one["agd:simulated"] is True
        assert "mô phỏng" in one["dct:description"][0]["@value"]


def test_stac_is_read_by_pystac(published: tuple[Path, Any]) -> None:
    folder, _ = published
    catalogue = pystac.Catalog.from_file(str(folder / "stac" / "catalog.json"))
    items = list(catalogue.get_items())
    assert len(items) == 12
    assert all(item.datetime is not None or item.properties.get("datetime") for item in items)


def test_no_person_leaves(demo: DemoWorld, published: tuple[Path, Any]) -> None:
    folder, _ = published
    with demo.workspace() as workspace, workspace.session() as session:
        feed, _ = public_changes(session, 0, 500)
    everything = "".join(path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())
    everything += json.dumps([one.as_dict() for one in feed], ensure_ascii=False)
    people = demo.people()
    assert len(people) > 50
    for person in people:
        assert person["name"] not in everything
        assert person["phone"] not in everything
        assert person["subject"] not in everything


def test_a_source_that_may_not_be_copied_is_described_only(demo: DemoWorld, tmp_path: Path) -> None:
    workspace = demo.copy(tmp_path / "home")
    key = "salinity_bihourly_2024_2026"
    with workspace.session() as session:
        source = session.get(DataSet, key)
        assert source is not None
        source.licence = "none stated: internal use"
        session.add(source)
        session.commit()
    catalogue = written(workspace, tmp_path / "out")
    workspace.engine.dispose()
    held = next(
        one for one in catalogue["dcat:dataset"] if one["dct:identifier"] == f"readings_{key}.csv"
    )
    assert held["dcat:distribution"] == []
    assert "internal use" in held["dct:accessRights"]
    assert not (tmp_path / "out" / f"readings_{key}.csv").exists()


@pytest.mark.parametrize(
    ("licence", "may"),
    [("MIT", True), ("CC BY 4.0", True), ("GPL-3.0-or-later", True), ("none stated", False),
     ("", False), ("all rights reserved, MIT people", False)],
)  # fmt: skip
def test_only_open_licences_pass(licence: str, may: bool) -> None:
    assert may_publish(licence) is may


def test_a_folder_of_something_else_is_left_alone(demo: DemoWorld, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    refused = pytest.raises(InputError, match="no catalogue of ours")
    with demo.workspace() as workspace, workspace.session() as session, refused:
        write_catalogue(session, tmp_path, base_url="", publisher="", now=AS_OF)
    assert precious.read_text() == "keep me"


def test_writing_again_gives_the_same_files(demo: DemoWorld, tmp_path: Path) -> None:
    with demo.workspace() as workspace:
        first = written(workspace, tmp_path / "out")
        assert written(workspace, tmp_path / "out") == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_follower_of_the_feed_ends_with_the_same_data(demo: DemoWorld, tmp_path: Path) -> None:
    workspace = demo.copy(tmp_path / "home")
    copy: dict[str, Any] = {}

    def fetch(since: int) -> dict[str, Any]:
        with workspace.session() as session:
            found, following = public_changes(session, since, 7)
        return {"changes": [one.as_dict() for one in found], "next": following}

    known = follow_feed(copy, 0, fetch)
    with workspace.session() as session:
        for turn in range(5):
            with recording(session, actor="test", now=AS_OF):
                one = session.exec(select(Organisation).order_by(Organisation.code)).all()[turn]
                one.name = f"Đổi tên {turn}"
                session.add(one)
            session.commit()
    assert follow_feed(copy, known, fetch) > known
    with workspace.session() as session:
        stored = {
            one.code: (one.name, one.kind, one.gln) for one in session.exec(select(Organisation))
        }
    workspace.engine.dispose()
    followed = {
        key: (state["name"], state["kind"], state["gln"])
        for key, state in copy["organisation"].items()
    }
    assert followed == stored


def test_a_broken_feed_is_refused() -> None:
    with pytest.raises(InputError):
        apply_changes({}, [{"noun": "organisation", "key": "x"}])
