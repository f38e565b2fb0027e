"""What a trace page says, already in the reader's language; frozen, renderer-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from apps.views._text import Lang

__all__ = [
    "CertificateLine",
    "Chart",
    "CheckpointFacts",
    "Claim",
    "Fact",
    "Judged",
    "JudgedCheck",
    "LotLink",
    "Place",
    "Step",
    "TracePage",
]


class JudgedCheck(Protocol):
    """One comparison of a lot's claim with observation, in both languages."""

    @property
    def status(self) -> str:
        """``plausible``, ``questionable`` or ``unknown``."""

    @property
    def sentence_vi(self) -> str:
        """Vietnamese sentence with its figures."""

    @property
    def sentence_en(self) -> str:
        """English sentence with its figures."""


class Judged(Protocol):
    """A plausibility verdict; `traceability.plausibility.Verdict` is one."""

    @property
    def status(self) -> str:
        """``plausible``, ``questionable`` or ``unknown``."""

    @property
    def checks(self) -> Sequence[JudgedCheck]:
        """Every comparison that was made."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled text.

    `path` is set where the text restates a field of a signed event: the page's script
    then derives it anew from the verified event. `raw` is the field's value as the event
    has it, `index` the event's log index where the enclosing step does not give it.
    `lang` marks a text in another language than the page's. `lead` and `note` stand
    before and after it and are not signed; `tail` is a second text on the same line.
    """

    label: str
    text: str
    path: str = ""
    raw: str = ""
    index: int | None = None
    lang: str = ""
    note: str = ""
    missing: bool = False
    lead: str = ""
    tail: Fact | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of the journey; without `signed` it is not an event of the log.

    `index` is None while a captured event waits for the log. `issuer` is the code of the
    organisation that signed it. A step with `missing` was expected and never recorded.
    """

    title: Fact
    facts: tuple[Fact, ...] = ()
    index: int | None = None
    issuer: str = ""
    signed: bool = False
    missing: bool = False
    simulated: Fact | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One comparison: status word and sentence."""

    status: str
    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """A certificate or code: its name, how it stands in words, and what the paper says.

    `standing` is ``valid``, ``not_yet_valid``, ``expired``, ``suspended`` or ``revoked``;
    `mark` the class of `word`.
    """

    name: str
    word: str
    mark: str
    standing: str
    simulated: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A small line for a phone: SVG points in a 300 × 60 box, its sentence and its table."""

    points: str
    sentence: str
    rows: tuple[tuple[str, str], ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A commune today, and the names it carries or carried across the reform."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """The newest signed state of the log, as the page tells it."""

    origin: str
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class LotLink:
    """A lot one can go to."""

    lot: str
    href: str
    text: str


@dataclass(frozen=True, slots=True)
class TracePage:
    """Everything on a consumer page, in the order a reader meets it."""

    lang: Lang
    gtin: str
    lot: str
    serial: str
    status: Literal["active", "held", "recalled"]
    label_void: bool
    simulated: bool
    as_of: str
    name: str
    name_lang: str
    product: tuple[Fact, ...]
    maker: tuple[Fact, ...]
    steps: tuple[Step, ...]
    verdict: Claim | None
    claims: tuple[Claim, ...]
    certificates: tuple[CertificateLine, ...]
    standards: Fact
    season: tuple[Fact, ...]
    chart: Chart | None
    organisation: str
    address: str
    lots: tuple[LotLink, ...]
