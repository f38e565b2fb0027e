"""What a linter says inside this package; `lint` turns it into an `IdentifierError`."""

from __future__ import annotations

__all__ = ["Fault"]


class Fault(Exception):  # noqa: N818  never leaves the package
    """A value is wrong; `code` is the name the GS1 dictionary gives to it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
