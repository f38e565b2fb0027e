"""`agridata ledger`: checkpoints, proofs, keys, mirror and audit of the transparency log."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import InputError
from apps.cli._common import AsOf, Home, Json, emit, moment, opened, readable_file, tell

if TYPE_CHECKING:
    from traceability.ledger import AuditReport, Checkpoint, Ledger

app = typer.Typer(
    no_args_is_help=True, help="Checkpoints, proofs, keys, audit of the transparency log."
)
prove = typer.Typer(no_args_is_help=True, help="Proofs that anyone can check offline.")
keys = typer.Typer(no_args_is_help=True, help="Verifier keys of the log and its organisations.")
app.add_typer(prove, name="prove")
app.add_typer(keys, name="keys")


@app.command()
def checkpoint(home: Home = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Sequence what waits, sign and publish a checkpoint; print it."""
    from traceability.lots import sequence

    ledger = _ledger(home)
    with ledger.workspace.session() as session:
        sequenced = sequence(session, ledger)
    newest = ledger.publish(moment(as_of))
    document = {**_facts(newest), "sequenced": sequenced}
    emit(document, as_json=as_json, text=newest.note.rstrip("\n"))


@prove.command("inclusion")
def prove_inclusion(
    index: Annotated[int, typer.Argument(help="Index of the entry, from 0.", min=0)],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the .tlog-proof of an entry under the published checkpoint."""
    from traceability.ledger import leaf_hash

    ledger = _ledger(home)
    newest = ledger.published()
    text = ledger.tlog_proof(index)
    entry = ledger.entry(index)
    document = {
        **_facts(newest),
        "index": index,
        "leaf_hash": _base64(leaf_hash(entry)),
        "proof": [_base64(step) for step in ledger.proof(index, newest.size)],
        "entry": entry.decode(errors="replace"),
        "tlog_proof": text,
    }
    emit(document, as_json=as_json, text=text.rstrip("\n"))


@prove.command("consistency")
def prove_consistency(
    size1: Annotated[int, typer.Argument(metavar="M", help="Earlier size.", min=1)],
    size2: Annotated[int, typer.Argument(metavar="N", help="Later size.", min=1)],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the proof that the log of size N only adds entries to that of size M."""
    ledger = _ledger(home)
    proof = [_base64(step) for step in ledger.consistency(size1, size2)]
    roots = {"root1": _base64(ledger.root(size1)), "root2": _base64(ledger.root(size2))}
    document = {"origin": ledger.origin, "size1": size1, "size2": size2, **roots, "proof": proof}
    emit(document, as_json=as_json)


@keys.command("list")
def list_keys(home: Home = None, as_json: Json = False) -> None:
    """Print the verifier keys (vkey) of the log and of the organisations."""
    ledger = _ledger(home)
    known = ledger.keys()
    registered = [
        {"organisation": key.organisation, "kid": key.kid, "vkey": key.vkey, "index": key.log_index}
        for key in known
    ]
    document = {"log": {"origin": ledger.origin, "vkey": ledger.log_vkey}, "keys": registered}
    lines = [f"log  {ledger.log_vkey}"]
    lines += [f"{key['organisation']} (entry {key['index']})  {key['vkey']}" for key in registered]
    emit(document, as_json=as_json, text="\n".join(lines))


@app.command()
def mirror(
    folder: Annotated[Path, typer.Argument(help="Folder to write, served as the log's prefix.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write the static mirror (C2SP tlog-tiles) of the published log."""
    from traceability.ledger import write_mirror

    ledger = _ledger(home)
    newest = ledger.published()
    written = write_mirror(ledger.engine, newest, folder)
    document = {**_facts(newest), "folder": str(folder), "written": written}
    emit(document, as_json=as_json, text=f"size {newest.size}, {written} files written to {folder}")


@app.command()
def audit(
    mirror: Annotated[
        Path | None, typer.Option("--mirror", help="Audit this mirror folder, not the database.")
    ] = None,
    vkey: Annotated[
        str | None, typer.Option("--vkey", help="Pinned verifier key of the log.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Recompute everything from the entries; exit 1 and name the first bad thing."""
    from traceability.ledger import audit as audit_log
    from traceability.ledger import audit_workspace

    if mirror is None:
        report = audit_workspace(opened(home), log_vkey=vkey)
    else:
        if not mirror.is_dir():
            readable_file(mirror)
            raise InputError("is not a folder", where=str(mirror), fix="give the mirror's folder")
        report = audit_log(mirror, log_vkey=vkey or _ledger(home).log_vkey)
    emit(report.as_dict(), as_json=as_json, text=_verdict(report))
    if not report.ok:
        raise typer.Exit(1)


def _ledger(home: Path | None) -> Ledger:
    from traceability.ledger import Ledger

    ledger = Ledger.open(opened(home))
    if ledger.refusal is not None:
        tell(f"warning: {ledger.refusal}")
    return ledger


def _facts(newest: Checkpoint) -> dict[str, Any]:
    return {
        "origin": newest.origin,
        "size": newest.size,
        "root": _base64(newest.root),
        "checkpoint": newest.note,
    }


def _verdict(report: AuditReport) -> str:
    if report.first is None:
        counted = f"{report.size} entries, {report.checkpoints} checkpoints, {report.events} events"
        return f"ok: {counted}, root {_base64(report.root)}"
    first = report.first
    lines = [f"BAD {first.kind} {first.index} ({first.where}): {first.problem}"]
    lines += [f"    {each.kind} {each.index}: {each.problem}" for each in report.problems[1:20]]
    return "\n".join(lines)


def _base64(digest: bytes) -> str:
    return b64encode(digest).decode()
