"""`agridata backup`: the whole workspace in one verified file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from agridata.errors import UsageError
from agridata.vocabulary import utc_now
from apps.cli._common import Home, Json, emit, opened, readable_file, tell

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write (a ZIP), mode 0600.")],
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", help="Seal the private keys with its first line."),
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave the private keys out.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Back up database, scenes, labels, ledger and keys while others go on writing.

    The file is read back and verified before it gets its name. It holds personal data, and by
    default the private keys as the workspace keeps them (in clear): keep it as safe as the
    workspace, or seal the keys with --passphrase-file.
    """
    from apps.backups import take_backup

    if without_keys and passphrase_file is not None:
        raise UsageError("--without-keys leaves nothing to seal", field="--passphrase-file")
    with shown_progress("backup") as progress:
        report = take_backup(
            opened(home), file, now=utc_now(), passphrase=read_passphrase(passphrase_file),
            with_keys=not without_keys, progress=progress,
        )  # fmt: skip
    if report.keys == "in clear":
        tell("Khoá riêng nằm trong tệp không mã hoá: hãy giữ tệp an toàn (--passphrase-file)")
        tell("private keys are in the file in clear: keep it safe, or use --passphrase-file")
    for name in report.left_out:
        tell(f"bỏ qua / left out (being written, or an unlawful name): {name}")
    size = report.size / 1e6
    text = f"{report.path}: {size:.1f} MB, verified; ledger size {report.ledger.get('size', 0)}"
    emit(report.as_dict(), as_json=as_json, text=text)


def read_passphrase(path: Path | None) -> str | None:
    """Return the first line of a passphrase file; None without one."""
    if path is None:
        return None
    lines = readable_file(path).read_text("utf-8").splitlines()
    return lines[0] if lines else ""


@contextmanager
def shown_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what draws a bar of (bytes done, bytes in all) on a terminal, and nothing elsewhere."""
    hidden = not sys.stderr.isatty()
    with typer.progressbar(length=1000, label=label, file=sys.stderr, hidden=hidden) as bar:

        def show(done: int, total: int) -> None:
            bar.update(1000 * done // max(total, 1) - bar.pos)

        yield show
        bar.update(1000 - bar.pos)
