"""`agridata labels`: print QR label sheets and decode them back."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from apps.cli._common import AsOf, Home, Json, emit, moment, opened, readable_file

app = typer.Typer(no_args_is_help=True, help="Print QR label sheets and decode them back.")

PublicUrl = Annotated[
    str,
    typer.Option(
        "--domain", help="Web address that the codes lead to.", envvar="AGRIDATA_PUBLIC_URL"
    ),
]

DEFAULT_PUBLIC_URL = "https://id.agridata.example"
"""Reserved example domain: a real installation sets AGRIDATA_PUBLIC_URL."""

SERIAL_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base32: no letter that looks like a digit."""

SERIAL_LENGTH = 8
"""32^8 serials: nobody guesses the next one."""


@app.command("print")
def print_sheet(
    lot: Annotated[str, typer.Option("--lot", help="GTIN/LOT, lot number or short code.")],
    count: Annotated[int, typer.Option("--count", help="How many labels.")],
    out: Annotated[Path, typer.Option("--out", help="PDF to write.")],
    stock: Annotated[str, typer.Option("--stock", help="Label stock.")] = "L7160",
    start_slot: Annotated[int, typer.Option("--start-slot", help="First free label, from 1.")] = 1,
    serials: Annotated[bool, typer.Option("--serials", help="A serial number each.")] = False,
    domain: PublicUrl = DEFAULT_PUBLIC_URL,
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Print labels of a lot; the sheet is decoded back before it is handed out."""
    from traceability.labels import print_labels
    from traceability.lots import find_lot

    with opened(home).session() as session:
        sheet, report = print_labels(
            session, find_lot(session, lot), count=count, stock=stock, domain=domain, out=out,
            now=moment(as_of), start_slot=start_slot,
            serials=(lambda _n: new_serial()) if serials else None,
        )  # fmt: skip
        session.commit()
        result = {"file": str(out), "sha256": sheet.sha256, **report.as_dict()}
    emit(result, as_json=as_json)


def new_serial() -> str:
    """Return a random serial number (AI 21)."""
    return "".join(secrets.choice(SERIAL_ALPHABET) for _ in range(SERIAL_LENGTH))


@app.command()
def verify(file: Path, home: Home = None, as_json: Json = False) -> None:
    """Render a label sheet, decode every symbol, measure module and quiet zone.

    A sheet that this workspace printed is held against its print ledger; any other
    against the list of payloads that it carries itself.
    """
    from traceability.labels import verify_sheet

    pdf = readable_file(file).read_bytes()
    report = verify_sheet(pdf, _printed_payloads(home, pdf))
    emit(report.as_dict(), as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def _printed_payloads(home: Path | None, pdf: bytes) -> list[str] | None:
    from agridata.errors import NotFoundError
    from traceability.labels import payloads_of

    try:
        workspace = opened(home)
    except NotFoundError:
        return None
    with workspace.session() as session:
        return payloads_of(session, pdf)
