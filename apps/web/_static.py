"""Our few static files; the verifier script gets the log's key pinned into it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from agridata.errors import AgridataError
from apps.views import STEPS, VERIFIER, Lang, Sentence, choose_language
from apps.web._pages import tagged
from apps.web._site import FOLDER, CurrentSite, Site

__all__ = ["pinned_vkey", "router", "verifier_script"]

router = APIRouter()

MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Suffix → media type; nothing else in the folder is served."""

CONFIG_LINE = re.compile(r"^const CONFIG = \{\};.*$", re.MULTILINE)
"""The line of verify.js that the server fills in."""

INDENT_OR_COMMENT = re.compile(r"^(?: +|//.*\n|\n)", re.MULTILINE)
"""What is left out on the wire: indentation, comment lines and empty lines."""

NEEDLESS_BREAK = re.compile(r"([{(\[,>])\n")
"""A line break after these ends no statement; verify.js has no text over several lines."""


def pinned_vkey(site: Site) -> str:
    """Return the log's verifier key as the workspace's ledger folder has it, "" before it exists.

    It never comes from a proof: a proof that brings its own key proves nothing.
    """
    try:
        return site.ledger.log_vkey
    except AgridataError:
        return ""


def verifier_script(vkey: str, lang: Lang) -> str:
    """Return verify.js with the key and the sentences of one language written in."""
    texts = {"say": _texts(VERIFIER, lang), "steps": _texts(STEPS, lang)}
    config = {"vkey": vkey, "lang": lang, **texts}
    source = (FOLDER / "static" / "verify.js").read_text(encoding="utf-8")
    lean = source
    while (shorter := INDENT_OR_COMMENT.sub("", lean)) != lean:
        lean = shorter
    line = f"const CONFIG = {json.dumps(config, ensure_ascii=False, separators=(',', ':'))};"
    return CONFIG_LINE.sub(lambda _: line, NEEDLESS_BREAK.sub(r"\1", lean), count=1)


def _texts(catalogue: Mapping[str, Sentence], lang: Lang) -> dict[str, str]:
    return {key: one.text(lang) for key, one in catalogue.items()}


@router.get("/static/{name:path}")
def static(name: str, request: Request, site: CurrentSite) -> Response:
    """Answer with one of our files, or the verifier script with its key."""
    folder = (FOLDER / "static").resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or path.suffix not in MEDIA or not path.is_file():
        raise HTTPException(404)
    if name == "verify.js":
        lang = choose_language(request.query_params.get("lang"), None)
        body = verifier_script(pinned_vkey(site), lang).encode()
    else:
        body = path.read_bytes()
    return tagged(request, body, MEDIA[path.suffix], 200, {})
