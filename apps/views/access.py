"""View models of account, administration and cooperative pages: frozen, localised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from agridata.access import (
    ROLES,
    Principal,
    actions,
    count_sessions,
    possible_scopes,
    tokens_of,
    trail,
)
from agridata.access import accounts as all_accounts
from agridata.access.models import AccessToken, Account
from agridata.registry.models import Member, Organisation, PersonalValue, Product
from agridata.vocabulary import Utc, to_utc
from apps.views._text import Lang, moment, say
from apps.views.access_text import ACCESS, KINDS, ROLE_NAMES
from apps.views.office import sheets
from traceability.labels import stocks
from traceability.lots.models import Lot

__all__ = ["account_view", "accounts_view", "members_view", "office_view", "trail_view"]

LOTS_SHOWN = 100
"""Newest lots of one organisation on its page."""

MEMBERS_SHOWN = 1_000
"""Members on one page; the largest cooperatives of the province have several hundred."""


class _Shown:
    """What every view model can do: become JSON."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]  # each is a dataclass


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API token; `state` is "" while it lives."""

    title: str
    prefix: str
    scopes: str
    until: str
    state: str


@dataclass(frozen=True)
class AccountView(_Shown):
    """One's own account."""

    name: str
    role: str
    role_name: str
    organisation: str
    must_change: bool
    has_password: bool
    sessions: int
    may: tuple[tuple[str, str], ...]
    may_tokens: bool
    scopes: tuple[tuple[str, str], ...]
    tokens: tuple[TokenRow, ...]
    links: tuple[tuple[str, str], ...]


_LINKS = (
    ("lots.read", "/cooperative", "office_link"),
    ("screens.view", "/app", "screens_link"),
    ("accounts.manage", "/accounts", "manage_link"),
    ("audit.read", "/accounts/audit", "audit_link"),
)


def account_view(session: Session, who: Principal, lang: Lang, now: Utc) -> AccountView:
    """Return the page of one's own account."""
    account = session.get_one(Account, who.account_id)
    granted = {one.name: one for one in actions() if one.cell(who.role)}
    meanings = {
        name: one.meaning_vi if lang == "vi" else one.meaning_en for name, one in granted.items()
    }
    own = say(ACCESS, lang, "own_only")
    return AccountView(
        name=account.name, role=account.role, role_name=_role(account.role, lang),
        organisation=_organisation(session, account.organisation_code),
        must_change=account.must_change, has_password=account.password_hash is not None,
        sessions=count_sessions(session, who.account_id or 0, now=now),
        may=tuple(
            (meanings[name], own if one.cell(who.role) == "own" else "")
            for name, one in granted.items()
        ),
        may_tokens="tokens.manage" in granted,
        scopes=tuple((name, meanings[name]) for name in possible_scopes(who.role)),
        tokens=tuple(_token(one, lang, now) for one in tokens_of(session, account)),
        links=tuple(
            (path, say(ACCESS, lang, key)) for name, path, key in _LINKS if name in granted
        ),
    )  # fmt: skip


def _role(role: str, lang: Lang) -> str:
    return ROLE_NAMES[role].text(lang)


def _organisation(session: Session, code: str | None) -> str:
    found = session.get(Organisation, code) if code else None
    return found.name if found else code or ""


def _token(row: AccessToken, lang: Lang, now: Utc) -> TokenRow:
    expired = now >= row.expires_at
    key = "token_revoked" if row.revoked_at else "token_expired" if expired else ""
    until = say(ACCESS, lang, "token_until", moment=moment(to_utc(row.expires_at), lang))
    return TokenRow(row.title, row.prefix, row.scopes, until, say(ACCESS, lang, key) if key else "")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in the administrators' list."""

    name: str
    role: str
    role_name: str
    organisation_code: str
    disabled: bool
    single_sign_on: bool


@dataclass(frozen=True)
class AccountsView(_Shown):
    """Every account, and what the forms offer."""

    accounts: tuple[AccountRow, ...]
    roles: tuple[tuple[str, str], ...]
    organisations: tuple[tuple[str, str], ...]


def accounts_view(session: Session, lang: Lang) -> AccountsView:
    """Return the administrators' page."""
    known = session.exec(select(Organisation).order_by(col(Organisation.name))).all()
    return AccountsView(
        accounts=tuple(
            AccountRow(
                one.name, one.role, _role(one.role, lang), one.organisation_code or "",
                one.disabled_at is not None, one.oidc_issuer is not None,
            )
            for one in all_accounts(session)
        ),
        roles=tuple((role, _role(role, lang)) for role in ROLES),
        organisations=tuple((one.code, one.name) for one in known),
    )  # fmt: skip


@dataclass(frozen=True)
class TrailRow(_Shown):
    """One line of the access trail."""

    at: str
    what: str
    kind: str
    account: str
    actor: str
    address: str
    detail: str


def trail_view(session: Session, lang: Lang, limit: int) -> tuple[TrailRow, ...]:
    """Return the newest lines of the access trail."""
    nobody = say(ACCESS, lang, "unknown_name")
    return tuple(
        TrailRow(
            moment(to_utc(one.at), lang), KINDS[one.kind].text(lang) if one.kind in KINDS else
            one.kind, one.kind, one.account or nobody, one.actor, one.address, one.detail,
        )
        for one in trail(session, limit=limit)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LotRow:
    """One packed lot; `printable` while it is active."""

    name: str
    lot: str
    gtin: str
    status: str
    packed: str
    printable: bool


@dataclass(frozen=True)
class OfficeView(_Shown):
    """One organisation's lots and sheets."""

    code: str
    name: str
    simulated: bool
    as_of: str
    lots: tuple[LotRow, ...]
    sheets: tuple[tuple[int, str], ...]
    stocks: tuple[str, ...]


def office_view(session: Session, organisation: Organisation, lang: Lang, now: Utc) -> OfficeView:
    """Return the page of one organisation."""
    found = session.exec(
        select(Lot, Product)
        .join(Product, col(Product.gtin) == Lot.gtin)
        .where(Lot.organisation_code == organisation.code, col(Lot.packed_at).is_not(None))
        .order_by(col(Lot.packed_at).desc())
        .limit(LOTS_SHOWN)
    ).all()
    return OfficeView(
        code=organisation.code, name=organisation.name, simulated=organisation.simulated,
        as_of=moment(now, lang),
        lots=tuple(_lot(lot, product, lang) for lot, product in found),
        sheets=tuple(
            (
                one.id or 0,
                say(
                    ACCESS, lang, "sheet", count=one.symbols, lot=one.lot,
                    moment=moment(to_utc(one.printed_at), lang),
                ),
            )
            for one in sheets(session, organisation.code)
        ),
        stocks=tuple(stocks()),
    )  # fmt: skip


def _lot(lot: Lot, product: Product, lang: Lang) -> LotRow:
    return LotRow(
        name=product.name_vi if lang == "vi" else product.name_en, lot=lot.lot, gtin=lot.gtin,
        status=say(ACCESS, lang, lot.status) if lot.status in ACCESS else lot.status,
        packed=moment(to_utc(lot.packed_at), lang) if lot.packed_at else "",
        printable=lot.status == "active",
    )  # fmt: skip


@dataclass(frozen=True)
class MembersView(_Shown):
    """Members: pseudonym and role; name and phone only where `private_fields`."""

    code: str
    name: str
    simulated: bool
    private_fields: bool
    members: tuple[dict[str, str], ...]


def members_view(
    session: Session, organisation: Organisation, lang: Lang, *, private_fields: bool
) -> MembersView:
    """Return an organisation's members; personal values are not even read without need."""
    rows = session.exec(
        select(Member)
        .where(Member.organisation_code == organisation.code)
        .order_by(col(Member.subject))
        .limit(MEMBERS_SHOWN)
    ).all()
    values = _personal(session, [one.subject for one in rows]) if private_fields else {}
    erased = say(ACCESS, lang, "erased")
    listed = []
    for one in rows:
        shown = {"subject": one.subject, "role": one.role}
        if private_fields:
            shown |= {kind: values.get((one.subject, kind), erased) for kind in ("name", "phone")}
        listed.append(shown)
    return MembersView(
        organisation.code, organisation.name, organisation.simulated, private_fields, tuple(listed)
    )


def _personal(session: Session, subjects: list[str]) -> dict[tuple[str, str], str]:
    found = session.exec(
        select(PersonalValue).where(col(PersonalValue.subject).in_(subjects))
    ).all()
    return {(one.subject, one.kind): one.value for one in found}
