"""What rows of a registry file may refer to, and what was doubtful about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import Session, select

from agridata.errors import Finding
from agridata.observations import Row
from agridata.registry._code_rules import Told
from agridata.registry.models import Member, Organisation, Parcel, Pond, Product

__all__ = ["Known"]


@dataclass(slots=True)
class Known:
    """Codes in the workspace (organisations with their names), and warnings so far."""

    organisations: dict[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    parcels: set[str] = field(default_factory=set)
    ponds: set[str] = field(default_factory=set)
    products: set[str] = field(default_factory=set)
    warnings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session) -> Known:
        """Read the codes once per file."""
        return cls(
            dict(session.exec(select(Organisation.code, Organisation.name)).all()),
            set(session.exec(select(Member.subject))),
            set(session.exec(select(Parcel.code))),
            set(session.exec(select(Pond.code))),
            set(session.exec(select(Product.gtin))),
        )

    def warn(self, row: Row, where: str, told: Told) -> None:
        """Note a doubt about the field `where` of a row that is kept."""
        self.warnings.append(
            Finding(row.where, where, told.problem, told.fix, told.problem_vi, told.fix_vi)
        )
