"""Claims against observation: could this much have come from there, on that day."""

from traceability.plausibility._judge import (
    Check,
    HarvestClaim,
    LotClaim,
    Status,
    Verdict,
    judge,
)

__all__ = ["Check", "HarvestClaim", "LotClaim", "Status", "Verdict", "judge"]
