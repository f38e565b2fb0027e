"""``agridata serve``: phone pages, the log's mirror and Streamlit in one process."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from agridata.errors import EnvironmentMissingError, UsageError
from agridata.vocabulary import parse_as_of
from apps.cli._common import AsOf, Home, Json, emit, opened, readable_file, tell

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
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain (PEM): serve https.", metavar="FILE")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Private key of the certificate (PEM).", metavar="FILE")
    ] = None,
    trusted_proxy: Annotated[
        str | None,
        typer.Option(help="Reverse proxy in front that ends TLS; its address.", metavar="ADDRESS"),
    ] = None,
) -> None:
    """Serve the workspace until interrupted."""
    loopback = _is_loopback(host)
    tls = _tls_files(tls_cert, tls_key)
    proxy = _proxy_address(trusted_proxy)
    scheme = "https" if tls else "http"
    if local_admin and (proxy or not loopback):
        raise UsageError(
            "pages may write only on a server that listens to this machine alone",
            field="--local-admin",
            fix="leave out --host and --trusted-proxy, or leave out --local-admin",
            problem_vi="chỉ máy chủ nội bộ mới được ghi từ trang",
            fix_vi="hãy bỏ --host và --trusted-proxy, hoặc bỏ --local-admin",
        )
    moment = parse_as_of(as_of) if as_of else None
    workspace = opened(home).create()  # an older workspace is brought to today's schema
    address = public_url or f"{scheme}://{_bracketed(host)}:{port}"
    _require_free(host, port)

    import uvicorn

    from agridata.access import oidc_settings
    from apps.evidence import judge_lot
    from apps.web import PAGES_PER_ADDRESS, create_app

    application = create_app(
        workspace,
        as_of=moment,
        public_url=address,
        local_admin=local_admin,
        self_check=self_check,
        judge=judge_lot,
        allowed_hosts=_served_hosts(host, address) if loopback else None,
        oidc=oidc_settings(os.environ),
        secure_cookies=bool(tls or proxy),
        login_over_http=loopback and not proxy,
        page_rate=None if loopback and not proxy else PAGES_PER_ADDRESS,
    )
    here = f"{scheme}://{_bracketed(host)}:{port}/"
    emit({"ok": True, "address": here}, as_json=as_json, text=here)
    tell("Ctrl+C để dừng / stops it")
    _keep_no_access_log()
    uvicorn.run(
        application, host=host, port=port, log_level="warning", server_header=False,
        proxy_headers=bool(proxy), forwarded_allow_ips=proxy,
        ssl_certfile=tls[0] if tls else None, ssl_keyfile=tls[1] if tls else None,
    )  # fmt: skip


def _tls_files(cert: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Return certificate and key, None without TLS; one without the other is wrong usage."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise UsageError(
            "https needs a certificate and its key", field="--tls-cert",
            fix="give both --tls-cert and --tls-key",
            problem_vi="https cần cả chứng chỉ và khóa",
            fix_vi="hãy cho cả --tls-cert và --tls-key",
        )  # fmt: skip
    return readable_file(cert), readable_file(key)


def _proxy_address(text: str | None) -> str | None:
    """Return the address of the one proxy whose word on address and https is taken."""
    if text is None:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not an address",
            field="--trusted-proxy",
            fix="give the proxy's IP address, 127.0.0.1 if it runs on this machine",
            problem_vi=f"{text!r} không phải là địa chỉ IP",
            fix_vi="hãy cho địa chỉ IP của proxy, 127.0.0.1 nếu cùng máy",
        ) from error


def _keep_no_access_log() -> None:
    """Write down no addresses of readers: Streamlit turns uvicorn's access log on at its import.

    Lines of that log hold what people typed into addresses, and codes of single sign-on.
    """
    logging.getLogger("uvicorn.access").addFilter(lambda _record: False)


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
