"""``agridata trace``: hash, prehash, validate, uri; and the commands of `trace_lots`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from agridata.errors import UsageError
from apps.cli._common import Home, Json, emit, readable_file, rejection
from apps.cli.trace_lots import register as register_lots

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Events and lots: hash, validate, capture, trace.")
uri_app = typer.Typer(no_args_is_help=True, help="GS1 Digital Link URIs, read and built.")
app.add_typer(uri_app, name="uri")

PROFILES = ("core",)
"""Profiles that `validate` knows; the rules of a country or market come on top of ``core``."""

File = Annotated[Path, typer.Argument(help="EPCIS 2.0 document: JSON, JSON-LD or XML.")]


@app.command("hash")
def hash_(file: File, home: Home = None, as_json: Json = False) -> None:
    """Print the CBV 2.0 event hash, one line per event."""
    from traceability.events import event_hash, load_document

    del home  # every command takes --home; this one reads no workspace
    hashes = [event_hash(event) for event in load_document(readable_file(file))]
    emit({"ok": True, "hashes": hashes}, as_json=as_json, text="\n".join(hashes))


@app.command()
def prehash(file: File, home: Home = None, as_json: Json = False) -> None:
    """Print the canonical text that is hashed, one line per event."""
    from traceability.events import event_prehash, load_document

    del home
    texts = [event_prehash(event) for event in load_document(readable_file(file))]
    emit({"ok": True, "prehashes": texts}, as_json=as_json, text="\n".join(texts))


@app.command()
def validate(
    file: File,
    profile: Annotated[str, typer.Option(help="Rules to judge by: core.")] = "core",
    own: Annotated[
        bool, typer.Option("--own", help="Refuse name and address in every namespace.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Judge a document; exit 1 and every finding where it is not valid."""
    from traceability.events import read_document, validate_document

    del home
    if profile not in PROFILES:
        raise UsageError(
            f"there is no profile {profile!r}",
            field="--profile",
            fix=f"use one of: {', '.join(PROFILES)}",
        )
    document = read_document(readable_file(file))
    findings = validate_document(document, strict_keys=own)
    count = len(document.events)
    if not findings:
        text = f"{file}: {count} event{'s' * (count != 1)}, valid"
        emit({"ok": True, "profile": profile, "events": count}, as_json=as_json, text=text)
        return
    lines = [
        f"{one.where}: {one.problem}\n  {one.problem_vi}\n  → {one.fix}\n  → {one.fix_vi}"
        for one in findings
    ]
    verdict = {**rejection(tuple(findings)), "profile": profile, "events": count}
    emit(verdict, as_json=as_json, text="\n".join(lines))
    raise typer.Exit(1)


@uri_app.command("parse")
def parse_uri(
    uri: Annotated[str, typer.Argument(help="https://DOMAIN/01/GTIN/10/LOT?416=…")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the elements of the path and the attributes of the query."""
    from traceability.identifiers import split_digital_link

    del home
    elements, attributes = split_digital_link(uri)
    emit({"elements": elements, "attributes": attributes}, as_json=as_json)


@uri_app.command("build")
def build_uri(
    elements: Annotated[list[str], typer.Argument(help="01=GTIN 10=LOT …", metavar="AI=VALUE…")],
    domain: Annotated[str, typer.Option(help="Where the link resolves.")] = "id.gs1.org",
    query: Annotated[str, typer.Option(help="416=GLN,8008=YYMMDDhhmm")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the GS1 Digital Link of the elements."""
    from traceability.identifiers import build_digital_link

    del home
    attributes = re.split(r",(?=\d{2,4}=)", query) if query else []
    uri = build_digital_link(dict(_pair(text) for text in [*elements, *attributes]), domain)
    emit({"uri": uri}, as_json=as_json, text=uri)


def _pair(text: str) -> tuple[str, str]:
    number, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} is not AI=VALUE", field=text, fix="write 01=09521234543213")
    return number, value


# Commands on stored events live in a module of their own and register themselves here.
register_lots(app)
