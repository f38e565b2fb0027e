"""A seeded simulator for what no source holds: people, fields, trade, canal salt, scenes.

Used by `data_samples/make.py` to write the sample province and by the demo over real
communes. Pure: the seed is a parameter, there is no clock, and nothing here passes for
a measurement: every file it writes says "simulated".
"""

from ._calendar import SowingWave, winter_spring_waves
from ._fields import geodesic_hectares
from ._goods import RICE_VARIETIES
from ._lots import simulate_lots
from ._models import (
    Commune,
    SimulatedHerd,
    SimulatedMember,
    SimulatedOrganisation,
    SimulatedParcel,
    SimulatedPlanting,
    SimulatedPond,
    SimulatedProduct,
    SimulatedRegistry,
)
from ._panel import RICE_PANEL_COLUMNS, PanelRow, simulate_rice_panel
from ._plans import HarvestPlan, LotPlan, PackingPlan, ReceivingPlan, ShippingPlan
from ._registry import simulate_registry
from ._river import simulate_discharge
from ._sample import (
    SAMPLE_AS_OF,
    SAMPLE_COMMUNES,
    SAMPLE_SCENE_DATES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
)
from ._scenes import SCENE_CRS, SimulatedScene, simulate_scene_series, write_scene
from ._schematic import (
    FORMER_HAU_GIANG,
    LibraryUnit,
    library_units,
    schematic_communes,
)
from ._stations import (
    PUBLISHED_RANGES,
    PUBLISHED_READINGS,
    SALINITY_STATIONS,
    PublishedRange,
    PublishedReading,
    WaterStation,
)
from ._water import simulate_salinity, simulate_water_level, two_hourly_times
from ._write import write_csv, write_registry

__all__ = [
    "FORMER_HAU_GIANG",
    "PUBLISHED_RANGES",
    "PUBLISHED_READINGS",
    "RICE_PANEL_COLUMNS",
    "RICE_VARIETIES",
    "SALINITY_STATIONS",
    "SAMPLE_AS_OF",
    "SAMPLE_COMMUNES",
    "SAMPLE_SCENE_DATES",
    "SAMPLE_SEASON_YEAR",
    "SAMPLE_SEED",
    "SCENE_CRS",
    "Commune",
    "HarvestPlan",
    "LibraryUnit",
    "LotPlan",
    "PackingPlan",
    "PanelRow",
    "PublishedRange",
    "PublishedReading",
    "ReceivingPlan",
    "ShippingPlan",
    "SimulatedHerd",
    "SimulatedMember",
    "SimulatedOrganisation",
    "SimulatedParcel",
    "SimulatedPlanting",
    "SimulatedPond",
    "SimulatedProduct",
    "SimulatedRegistry",
    "SimulatedScene",
    "SowingWave",
    "WaterStation",
    "geodesic_hectares",
    "library_units",
    "schematic_communes",
    "simulate_discharge",
    "simulate_lots",
    "simulate_registry",
    "simulate_rice_panel",
    "simulate_salinity",
    "simulate_scene_series",
    "simulate_water_level",
    "two_hourly_times",
    "winter_spring_waves",
    "write_csv",
    "write_registry",
    "write_scene",
]
