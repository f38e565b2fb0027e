"""Weather and soil of a place: last values, what is usual, the ground, what it means.

Read from tables; nothing is forecast here.
"""

from apps.views.environment._items import Item
from apps.views.environment._page import EnvironmentPage, environment_page, environment_table
from apps.views.environment._text import ENVIRONMENT, FINDINGS, ITEMS

__all__ = [
    "ENVIRONMENT",
    "FINDINGS",
    "ITEMS",
    "EnvironmentPage",
    "Item",
    "environment_page",
    "environment_table",
]
