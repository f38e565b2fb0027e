"""The demo that these tests look at."""

from demo_world import demo

__all__ = ["demo"]
