"""Phone pages, resolver and APIs: FastAPI + Jinja2, server-rendered, light."""

from apps.web._app import create_app
from apps.web._guard import PAGES_PER_ADDRESS
from apps.web._middleware import LOOPBACK_HOSTS
from apps.web._screens import shown
from apps.web._site import Site

__all__ = ["LOOPBACK_HOSTS", "PAGES_PER_ADDRESS", "Site", "create_app", "shown"]
