"""`agridata opendata`: the catalogue as files, and a follower of the change feed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agridata.errors import InputError
from apps.cli._common import AsOf, Home, Json, emit, moment, opened

app = typer.Typer(no_args_is_help=True, help="Publish open data; follow another's changes.")

MAX_FEED_BYTES = 16_000_000
"""One page of a feed is 500 changes; sixteen megabytes is no feed of ours."""

FEED_TIMEOUT_SECONDS = 30


@app.command()
def catalogue(
    to: Annotated[Path, typer.Option("--to", help="Folder to write; an earlier one is replaced.")],
    base_url: Annotated[
        str, typer.Option("--base-url", help="Address under which the folder is served.")
    ] = "/opendata",
    publisher: Annotated[str, typer.Option("--publisher", help="Who publishes.")] = "agridata",
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write DCAT catalogue, STAC and every file that may be published, with checksums."""
    from agridata.opendata import write_catalogue

    with opened(home).session() as session:
        done = write_catalogue(
            session, to, base_url=base_url, publisher=publisher, now=moment(as_of)
        )
    emit({"folder": str(to), **asdict(done)}, as_json=as_json)


@app.command()
def follow(
    url: Annotated[str, typer.Argument(help="Feed of a server, …/opendata/changes")],
    to: Annotated[Path, typer.Option("--to", help="JSON file that keeps the copy.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bring a copy of another installation's public registry up to date from its feed."""
    from agridata.opendata import follow_feed

    del home  # accepted by every command; a follower needs no workspace of its own
    kept: dict[str, Any] = {"next": 0, "nouns": {}}
    if to.is_file():
        kept = json.loads(to.read_text("utf-8"))
    kept["next"] = follow_feed(kept["nouns"], int(kept["next"]), lambda since: _page(url, since))
    partial = to.with_name(f".{to.name}.part")
    partial.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
    partial.replace(to)
    counts = {noun: len(states) for noun, states in sorted(kept["nouns"].items())}
    emit({"file": str(to), "next": kept["next"], "counts": counts}, as_json=as_json)


def _page(url: str, since: int) -> dict[str, Any]:
    from urllib.error import URLError
    from urllib.request import urlopen

    if not url.startswith(("http://", "https://")):
        raise InputError("is no web address", where=url, field="URL", fix="begin with http://")
    try:
        with urlopen(f"{url}?since={since}", timeout=FEED_TIMEOUT_SECONDS) as answer:  # noqa: S310  scheme checked above
            page: dict[str, Any] = json.loads(answer.read(MAX_FEED_BYTES))
    except (URLError, ValueError) as error:
        raise InputError(
            f"the feed does not answer: {error}", where=url, fix="check address and network",
            problem_vi="không đọc được nguồn thay đổi", fix_vi="hãy kiểm tra địa chỉ và mạng",
        ) from error  # fmt: skip
    return page
