"""Series of observations: smoothing across gaps, and what they say of the crop."""

from remote_sensing.series._harvest import HarvestWindowSeen, harvest_window
from remote_sensing.series._whittaker import whittaker

__all__ = ["HarvestWindowSeen", "harvest_window", "whittaker"]
