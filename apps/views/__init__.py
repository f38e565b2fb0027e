"""View models: localised, frozen, shared by HTML and Streamlit."""

from apps.views._text import (
    LANGS,
    Lang,
    Sentence,
    choose_language,
    day,
    exact_number,
    moment,
    number,
    quantity,
    say,
)
from apps.views._trace import Judge, lot_events, recent_lots, trace_page
from apps.views._trace_model import (
    Chart,
    CheckpointFacts,
    Claim,
    Fact,
    Judged,
    JudgedCheck,
    LotLink,
    Step,
    TracePage,
)
from apps.views._trace_text import PAGE, STEPS, VERIFIER

__all__ = [
    "LANGS",
    "PAGE",
    "STEPS",
    "VERIFIER",
    "Chart",
    "CheckpointFacts",
    "Claim",
    "Fact",
    "Judge",
    "Judged",
    "JudgedCheck",
    "Lang",
    "LotLink",
    "Sentence",
    "Step",
    "TracePage",
    "choose_language",
    "day",
    "exact_number",
    "lot_events",
    "moment",
    "number",
    "quantity",
    "recent_lots",
    "say",
    "trace_page",
]
