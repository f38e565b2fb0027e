"""What the Streamlit script needs to know of the server that runs it, in the same process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agridata.errors import EnvironmentMissingError

if TYPE_CHECKING:
    from apps.web._site import Site

__all__ = ["show", "shown"]

_shown: list[Site] = []


def show(site: Site) -> None:
    """Set what the screens of this process show (one Streamlit app per process)."""
    _shown[:] = [site]


def shown() -> Site:
    """Return what the screens show.

    Raises
    ------
    EnvironmentMissingError
        If the script runs outside ``agridata serve``.
    """
    if not _shown:
        raise EnvironmentMissingError(
            "the screens run inside the server only", fix="start `agridata serve` and open /app"
        )
    return _shown[0]
