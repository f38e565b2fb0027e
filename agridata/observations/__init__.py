"""Stations, sensors and readings; scenes and their zonal statistics."""

from agridata.observations._arrivals import (
    active_stations,
    device_presence,
    forget_ids,
    reject_message,
)
from agridata.observations._conductivity import Converter
from agridata.observations._devices import (
    SensorSpec,
    UnauthorisedError,
    add_device,
    authenticated,
    broker_hash,
    devices,
    find_device,
    new_token,
    parse_sensor,
    revoke_device,
    rotate_token,
    sensors_of,
)
from agridata.observations._health import SensorHealth, network_health
from agridata.observations._homonyms import homonyms
from agridata.observations._intake import import_readings
from agridata.observations._limits import LIMITS, Limits
from agridata.observations._messages import Message, Outcome, take_messages
from agridata.observations._payloads import MAX_PAYLOAD_BYTES, printable
from agridata.observations._quality import FAILURES, FLAGS, SUSPICIONS, flag_counts, split_flags
from agridata.observations._recheck import QualityReport, check_quality, check_recent
from agridata.observations._rows import Row, RowRejectedError
from agridata.observations._series import readings_frame, series, write_series
from agridata.observations._specs import PRESETS, ReadingSpec, SpecialStation, ValueColumn
from agridata.observations._stations import (
    Locate,
    find_station,
    import_stations,
    locate_stations,
)
from agridata.observations._stored import unchanged_report
from agridata.observations._tables import (
    SUFFIXES,
    Table,
    file_stem,
    read_table,
    require_columns,
    require_rows,
)
from agridata.observations._units import STATISTICS, VARIABLES, Variable, variable_named
from agridata.observations.models import (
    Device,
    Reading,
    RejectedMessage,
    Scene,
    Sensor,
    Station,
    ZonalStatistic,
)

__all__ = [
    "FAILURES",
    "FLAGS",
    "LIMITS",
    "MAX_PAYLOAD_BYTES",
    "PRESETS",
    "STATISTICS",
    "SUFFIXES",
    "SUSPICIONS",
    "VARIABLES",
    "Converter",
    "Device",
    "Limits",
    "Locate",
    "Message",
    "Outcome",
    "QualityReport",
    "Reading",
    "ReadingSpec",
    "RejectedMessage",
    "Row",
    "RowRejectedError",
    "Scene",
    "Sensor",
    "SensorHealth",
    "SensorSpec",
    "SpecialStation",
    "Station",
    "Table",
    "UnauthorisedError",
    "ValueColumn",
    "Variable",
    "ZonalStatistic",
    "active_stations",
    "add_device",
    "authenticated",
    "broker_hash",
    "check_quality",
    "check_recent",
    "device_presence",
    "devices",
    "file_stem",
    "find_device",
    "find_station",
    "flag_counts",
    "forget_ids",
    "homonyms",
    "import_readings",
    "import_stations",
    "locate_stations",
    "network_health",
    "new_token",
    "parse_sensor",
    "printable",
    "read_table",
    "readings_frame",
    "reject_message",
    "require_columns",
    "require_rows",
    "revoke_device",
    "rotate_token",
    "sensors_of",
    "series",
    "split_flags",
    "take_messages",
    "unchanged_report",
    "variable_named",
    "write_series",
]
