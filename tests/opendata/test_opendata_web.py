"""OGC API – Features, the files and the feed over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo_world import AS_OF, PUBLIC_URL, DemoWorld

from agridata.opendata import write_catalogue
from apps.web import create_app


class Reader:
    """Asks the application for JSON."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://localhost"
            ) as web:
                return await web.get(path, headers={"accept": "application/json"})

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(ask())).result()


@pytest.fixture(scope="module")
def reader(demo: DemoWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    workspace = demo.copy(tmp_path_factory.mktemp("web") / "home")
    with workspace.session() as session:
        write_catalogue(
            session, workspace.home / "opendata", base_url="/opendata", publisher="x", now=AS_OF
        )
    yield Reader(create_app(workspace, as_of=AS_OF, public_url=PUBLIC_URL))
    workspace.engine.dispose()


def test_pages_of_features_cover_all_and_no_more(reader: Reader) -> None:
    path, seen = "/collections/communes/items?limit=9", []
    while path:
        page = reader.get(path).json()
        seen += [feature["id"] for feature in page["features"]]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) == 28


def test_a_box_finds_what_it_touches(reader: Reader) -> None:
    every = reader.get("/collections/stations/items").json()["features"]
    placed = [one for one in every if one["geometry"]]
    lon, lat = placed[0]["geometry"]["coordinates"]
    found = reader.get(
        f"/collections/stations/items?bbox={lon - 1e-4},{lat - 1e-4},{lon + 1e-4},{lat + 1e-4}"
    ).json()
    assert placed[0]["id"] in [one["id"] for one in found["features"]]
    assert len(found["features"]) < len(placed)


def test_one_feature_has_its_own_address(reader: Reader) -> None:
    answer = reader.get("/collections/communes/items/31333")
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.json()["properties"]["full_name"] == "Phường Vị Tân"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections", 200),
        ("/collections/communes", 200),
        ("/conformance", 200),
        ("/opendata", 200),
        ("/opendata/organisations.csv", 200),
        ("/opendata/changes?since=0", 200),
        ("/collections/people", 404),
        ("/collections/communes/items/nowhere", 404),
        ("/collections/communes/items?bbox=1,2,3", 400),
        ("/opendata/../agridata.sqlite", 404),
        ("/opendata/%2e%2e/agridata.sqlite", 404),
        ("/opendata/nothing.csv", 404),
    ],
)
def test_answers(reader: Reader, path: str, status: int) -> None:
    assert reader.get(path).status_code == status


def test_the_catalogue_names_files_that_answer(reader: Reader) -> None:
    catalogue = reader.get("/opendata").json()
    urls = [
        one["dcat:downloadURL"]
        for dataset in catalogue["dcat:dataset"]
        for one in dataset["dcat:distribution"]
    ]
    assert urls
    assert all(reader.get(url).status_code == 200 for url in urls)


def test_home_of_private_things_is_not_served(reader: Reader, demo: DemoWorld) -> None:
    private = [Path("keys/log.key"), Path("agridata.sqlite")]
    assert all((demo.home / path).exists() for path in private)
    for path in private:
        assert reader.get(f"/opendata/../{path}").status_code == 404
