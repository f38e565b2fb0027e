"""What is known: places, people, land, crops, livestock, fisheries, readings.

The innermost of the three systems. Nothing here imports `remote_sensing`,
`traceability` or `apps`; see `docs/architecture.md`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
