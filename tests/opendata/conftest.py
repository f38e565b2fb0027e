"""The sample province, published."""

from demo_world import demo  # noqa: F401  a fixture
