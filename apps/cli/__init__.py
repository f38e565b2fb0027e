"""The `agridata` command: one module per room, each imported only when it is called."""

from apps.cli._main import main

__all__ = ["main"]
