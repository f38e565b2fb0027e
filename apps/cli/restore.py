"""`agridata restore`: a workspace from a backup, judged before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agridata.storage import Workspace
from agridata.vocabulary import utc_now
from apps.cli._common import Home, Json, emit, readable_file, tell
from apps.cli.backup import read_passphrase, shown_progress
from apps.cli.doctor import lines_of

app = typer.Typer()


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `agridata backup` wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the workspace that is there.")
    ] = False,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="Opens sealed keys: its first line.")
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Do not restore the private keys.")
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Newest published checkpoint: an older backup is then read-only."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Restore a workspace, then run the doctor and the ledger's audit; exit 1 if they complain.

    A damaged, cut off or foreign file is refused and nothing is touched. Stop the server first.
    A ledger that signed further than the backup knows is left read-only.
    """
    from apps.backups import bring_back

    note = readable_file(checkpoint).read_bytes() if checkpoint is not None else None
    with shown_progress("restore") as progress:
        restored = bring_back(
            Workspace.at(home), readable_file(file), now=utc_now(), force=force,
            passphrase=read_passphrase(passphrase_file), with_keys=not without_keys,
            checkpoint=note, progress=progress,
        )  # fmt: skip
    report = restored.report
    if report.verdict.statement:
        tell(report.verdict.statement_vi)
        tell(report.verdict.statement)
    for path in report.replaced:
        tell(f"kho dữ liệu cũ / what was replaced: {path}")
    text = f"{report.home}: restored the state of {report.created_at}"
    emit(restored.as_dict(), as_json=as_json, text="\n".join([text, *lines_of(restored.health)]))
    if not restored.ok:
        raise typer.Exit(1)
