"""Pages as readers see them: their fenced commands, their links, their anchors."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Command", "anchors", "commands", "links", "pages"]

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A line of a fenced block without language: words, and the exit code it is said to have."""

    page: str
    words: tuple[str, ...]
    exit_code: int

    def __str__(self) -> str:
        return " ".join(self.words)


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(page: Path) -> list[Command]:
    found = []
    for fence in _FENCE.finditer(page.read_text("utf-8")):
        if fence["kind"]:
            continue
        for line in filter(str.strip, fence["text"].splitlines()):
            said = re.search(r"#.*exit (\d)", line)
            words = tuple(shlex.split(line, comments=True))
            found.append(Command(page.name, words, int(said[1]) if said else 0))
    return found


def links(page: Path) -> list[str]:
    text = _FENCE.sub("", page.read_text("utf-8"))
    return [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """Headings as a forge turns them into fragments."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in _HEADING.findall(text))
    return {head.strip().replace(" ", "-") for head in plain}
