"""Run as a process of its own: write into a workspace until killed (see backup_worlds)."""

import sys
from pathlib import Path

from backup_worlds import write_for_ever

from agridata.storage import Workspace

if __name__ == "__main__":
    write_for_ever(Workspace(Path(sys.argv[1]), sys.argv[2]), lambda text: print(text, flush=True))
