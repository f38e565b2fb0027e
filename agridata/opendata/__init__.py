"""Open data: catalogue (DCAT, STAC), machine-readable files, a feed of changes.

What may leave is said once, in `_public`: nouns and columns by allow-list, sources by licence.
Personal values, people and single farms' outlines are not on it.
"""

from agridata.opendata._catalogue import CATALOGUE_FILE, Published, write_catalogue
from agridata.opendata._feed import Change, public_changes
from agridata.opendata._follow import apply_changes, follow_feed
from agridata.opendata._public import PUBLIC_COLUMNS, may_publish
from agridata.opendata._tables import Distribution, distributions

__all__ = [
    "CATALOGUE_FILE",
    "PUBLIC_COLUMNS",
    "Change",
    "Distribution",
    "Published",
    "apply_changes",
    "distributions",
    "follow_feed",
    "may_publish",
    "public_changes",
    "write_catalogue",
]
