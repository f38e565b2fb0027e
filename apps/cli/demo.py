"""`agridata demo`: the whole main job, then serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agridata.errors import EnvironmentMissingError
from agridata.vocabulary import parse_as_of, utc_now
from apps.cli._common import AsOf, Home, Json, created, emit, tell

app = typer.Typer()

SAMPLES = Path(__file__).parents[2] / "data_samples"
"""The sample province beside the packages (the project runs from its checkout)."""

DEFAULT_SEED = 952


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of real data; default: the samples.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve at the end.")] = True,
    port: Annotated[int, typer.Option("--port", help="Port to serve on.")] = 8000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of what is simulated.")] = DEFAULT_SEED,
    public_url: Annotated[
        str,
        typer.Option("--public-url", envvar="AGRIDATA_PUBLIC_URL", help="Address in the codes."),
    ] = "https://id.agridata.example",
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Build a workspace from samples or real data, run the whole main job, serve it."""
    from apps.demo import find_sources, run_demo

    folder = data or SAMPLES
    if data is None and not SAMPLES.is_dir():
        raise EnvironmentMissingError(
            "the sample data are not beside the program", where=str(SAMPLES),
            fix="run from a checkout of the project, or give --data DIR",
            problem_vi="không thấy dữ liệu mẫu", fix_vi="hãy chạy từ bản sao mã nguồn",
        )  # fmt: skip
    moment = parse_as_of(as_of) if as_of else None
    find_sources(folder)  # a wrong folder is refused before anything is made
    workspace = created(home)
    report = run_demo(
        workspace, folder.resolve(), as_of=moment, seed=seed, now=utc_now(),
        public_url=public_url, tell=tell,
    )  # fmt: skip
    emit(report.as_dict(), as_json=as_json)
    if serve:
        from apps.cli import serve as server

        server.serve(home=workspace.home, as_of=as_of, port=port, public_url=public_url)
