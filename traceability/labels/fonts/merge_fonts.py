"""Re-make the two label fonts from the woff2 subsets (needs fonttools and brotli)."""

import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger  # type: ignore[import-not-found]  # a build tool, not installed
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]  # a build tool, not installed


def merge(source: Path, target: Path) -> None:
    """Write Regular and SemiBold TTF files into `target` from the subsets in `source`."""
    for weight, name in (("400", "Regular"), ("600", "SemiBold")):
        with tempfile.TemporaryDirectory() as folder:
            parts = []
            for subset in ("latin", "latin-ext", "vietnamese"):
                font = TTFont(source / f"be-vietnam-pro-{subset}-{weight}-normal.woff2")
                font.flavor = None
                parts.append(str(Path(folder) / f"{subset}.ttf"))
                font.save(parts[-1])
            Merger().merge(parts).save(target / f"BeVietnamPro-{name}.ttf")


if __name__ == "__main__":
    merge(Path(sys.argv[1]), Path(sys.argv[2]))
