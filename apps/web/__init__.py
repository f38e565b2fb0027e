"""Phone pages, resolver and APIs: FastAPI + Jinja2, server-rendered, light."""

from apps.web._app import create_app
from apps.web._middleware import LOOPBACK_HOSTS

__all__ = ["LOOPBACK_HOSTS", "create_app"]
