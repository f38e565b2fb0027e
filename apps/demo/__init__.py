"""The whole main job, one readable walk: load, observe, forecast, advise, trade, prove.

Every step reads files or tables and writes tables; pages only read. A second run on the same
workspace finds everything loaded and changes nothing.
"""

from apps.demo._run import DemoReport, run_demo
from apps.demo._sources import find_sources

__all__ = ["DemoReport", "find_sources", "run_demo"]
