"""``agridata serve``: phone pages, the log's mirror and Streamlit in one process."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated
from urllib.parse import urlsplit

import typer

from agridata.errors import EnvironmentMissingError, UsageError
from agridata.vocabulary import parse_as_of
from apps.cli._common import AsOf, Home, Json, emit, opened, tell

__all__ = ["app"]

app = typer.Typer()


@app.command()
def serve(
    home: Home = None,
    as_json: Json = False,
    as_of: AsOf = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8000,
    public_url: Annotated[
        str | None, typer.Option(help="Scheme and host that printed codes carry.", metavar="URL")
    ] = None,
    local_admin: Annotated[
        bool, typer.Option("--local-admin", help="Pages may write; loopback only.")
    ] = False,
    self_check: Annotated[
        bool,
        typer.Option("--self-check/--no-self-check", help="Verify proofs before handing them out."),
    ] = True,
) -> None:
    """Serve the workspace until interrupted."""
    loopback = _is_loopback(host)
    if local_admin and not loopback:
        raise UsageError(
            "pages may write only on a server that listens to this machine alone",
            field="--local-admin",
            fix="leave out --host, or leave out --local-admin",
            problem_vi="chỉ máy chủ nội bộ mới được ghi từ trang",
            fix_vi="hãy bỏ --host hoặc bỏ --local-admin",
        )
    moment = parse_as_of(as_of) if as_of else None
    workspace = opened(home)
    address = public_url or f"http://{_bracketed(host)}:{port}"
    _require_free(host, port)

    import uvicorn

    from apps.evidence import judge_lot
    from apps.web import create_app

    application = create_app(
        workspace,
        as_of=moment,
        public_url=address,
        local_admin=local_admin,
        self_check=self_check,
        judge=judge_lot,
        allowed_hosts=_served_hosts(host, address) if loopback else None,
    )
    here = f"http://{_bracketed(host)}:{port}/"
    emit({"ok": True, "address": here}, as_json=as_json, text=here)
    tell("Ctrl+C để dừng / stops it")
    uvicorn.run(application, host=host, port=port, log_level="warning", server_header=False)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    """Return the host as it stands in a URL (IPv6 addresses in brackets)."""
    return f"[{host}]" if ":" in host else host


def _served_hosts(host: str, public_url: str) -> set[str]:
    """Return the names a loopback server answers to: its own, and its public one (a proxy's)."""
    from apps.web import LOOPBACK_HOSTS

    public = urlsplit(public_url).hostname
    return {*LOOPBACK_HOSTS, _bracketed(host), *([_bracketed(public)] if public else [])}


def _require_free(host: str, port: int) -> None:
    """Raise `EnvironmentMissingError` if nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EnvironmentMissingError(
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                field="--port",
                fix="stop the other program, or give another --port",
                problem_vi=f"không mở được cổng {port} trên {host}",
                fix_vi="hãy dừng chương trình kia hoặc chọn --port khác",
            ) from error
