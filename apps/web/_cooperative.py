"""A cooperative's own page: its lots, label sheets and members; printing labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session, select

from agridata.access import AccessError, note, permit, writing
from agridata.errors import InputError, NotFoundError
from agridata.registry.models import Organisation
from apps.views import say
from apps.views.access import members_view, office_view
from apps.views.access_text import ACCESS
from apps.views.office import organisations
from apps.web._guard import Granted, Guard
from apps.web._pages import document, language, page, wants_json
from apps.web._session import address_of, private
from apps.web._site import CurrentSite, Site
from traceability.labels.models import LabelSheet
from traceability.lots.models import Lot

__all__ = ["router"]

router = APIRouter()

LotsRead = Annotated[Granted, Depends(Guard("lots.read"))]
LabelsPrint = Annotated[Granted, Depends(Guard("labels.print"))]
LabelsRead = Annotated[Granted, Depends(Guard("labels.read"))]
MembersRead = Annotated[Granted, Depends(Guard("members.read"))]
MembersPrivate = Annotated[Granted, Depends(Guard("members.private"))]

MAX_PRINTED_HERE = 210
"""Ten sheets from a page, two seconds of work; more is a job for the command line."""


@router.get("/cooperative")
def office(
    request: Request, site: CurrentSite, granted: LotsRead, organisation: str = ""
) -> Response:
    """Show one's own organisation's lots and sheets; who sees all may choose."""
    lang = language(request)
    with site.workspace.session() as session:
        chosen = _chosen(session, granted, organisation)
        shown = office_view(session, chosen, lang, site.now(session))
        choices = organisations(session) if granted.permit.organisation_code is None else []
        offered = [(one.code, one.name) for one in choices]
    if wants_json(request):
        return private(document(request, shown.as_dict()))
    response = page(
        request, "cooperative.html", a=partial(say, ACCESS, lang), shown=shown, offered=offered,
        csrf=granted.csrf(), most=MAX_PRINTED_HERE, may_print=_may(granted, "labels.print"),
        may_members=_may(granted, "members.read"),
    )  # fmt: skip
    return private(response)


def _chosen(session: Session, granted: Granted, asked: str) -> Organisation:
    """Return the organisation to show: one's own, or the one asked for, or the first.

    Raises
    ------
    ForbiddenError, NotFoundError
        If it is another one's, or not registered.
    """
    code = asked or granted.permit.organisation_code
    if code is None:
        first = next(iter(organisations(session)), None)
        if first is not None:
            return first
    else:
        granted.permit.require(code)
    found = session.get(Organisation, code) if code else None
    if found is None:
        raise NotFoundError(
            "no such organisation", field="organisation", fix="choose one that packed a lot",
            problem_vi="không có tổ chức này", fix_vi="hãy chọn tổ chức đã đóng gói lô hàng",
        )  # fmt: skip
    return found


def _may(granted: Granted, action: str) -> bool:
    try:
        permit(granted.principal, action)
    except AccessError:
        return False
    return True


@router.post("/cooperative/labels")
def print_labels_of_lot(request: Request, site: CurrentSite, granted: LabelsPrint) -> Response:
    """Print labels of a lot of one's own organisation; answer with the PDF that decoded."""
    from traceability.labels import print_labels, sheet_path
    from traceability.lots import find_lot

    form, engine = granted.form, site.workspace.engine
    count = _count(form.get("count", ""))
    with writing(engine) as session:
        lot = find_lot(session, form.get("lot", ""))
        granted.permit.require(lot.organisation_code)
        session.exec(select(Lot).where(Lot.id == lot.id).with_for_update()).one()
        out = sheet_path(site.workspace.labels_dir, session, lot)
        sheet, _report = print_labels(
            session, lot, count=count, stock=form.get("stock") or "L7160",
            domain=site.public_url, out=out, now=site.now(session),
        )  # fmt: skip
        note(
            session, "labels_printed", now=site.clock(), account=granted.principal.name,
            address=address_of(request), detail=f"{lot.gtin}/{lot.lot} × {count}",
        )  # fmt: skip
        number = sheet.id
        session.commit()
    return _pdf(out, number)


def _count(text: str) -> int:
    """Return how many labels, 1 to `MAX_PRINTED_HERE`, or raise `InputError`."""
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= count <= MAX_PRINTED_HERE:
        raise InputError(
            f"labels are printed 1–{MAX_PRINTED_HERE} at a time", field="count",
            fix="use `agridata labels print` for more",
            problem_vi=f"mỗi lần in 1–{MAX_PRINTED_HERE} tem",
            fix_vi="hãy dùng `agridata labels print` để in nhiều hơn",
        )  # fmt: skip
    return count


def _pdf(path: Path, number: int | None) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="labels-{number}.pdf"'}
    return private(Response(path.read_bytes(), 200, headers, "application/pdf"))


@router.get("/cooperative/labels/{number}")
def fetch_sheet(number: int, site: CurrentSite, granted: LabelsRead) -> Response:
    """Answer with a sheet printed before."""
    with site.workspace.session() as session:
        sheet = session.get(LabelSheet, number)
        path = _path_of(session, sheet, site, granted) if sheet is not None else None
    if path is None or not path.is_file():
        raise NotFoundError(
            "no such sheet", field="number", fix="see /cooperative",
            problem_vi="không có tờ tem này", fix_vi="xem trang /cooperative",
        )  # fmt: skip
    return _pdf(path, number)


def _path_of(session: Session, sheet: LabelSheet, site: Site, granted: Granted) -> Path | None:
    """Return the file of a sheet that the permit covers; only files of the workspace."""
    lot = session.exec(select(Lot).where(Lot.gtin == sheet.gtin, Lot.lot == sheet.lot)).first()
    if lot is None:
        return None
    granted.permit.require(lot.organisation_code)
    path = Path(sheet.path).resolve()
    return path if path.is_relative_to(site.workspace.labels_dir.resolve()) else None


@router.get("/cooperative/members")
def members(
    request: Request, site: CurrentSite, granted: MembersRead, organisation: str = ""
) -> Response:
    """List members by pseudonym."""
    return _members(request, site, granted, organisation, private_fields=False)


@router.get("/cooperative/members/private")
def private_members(
    request: Request, site: CurrentSite, granted: MembersPrivate, organisation: str = ""
) -> Response:
    """List members with names and phone numbers; the look itself goes into the trail."""
    return _members(request, site, granted, organisation, private_fields=True)


def _members(
    request: Request, site: Site, granted: Granted, organisation: str, *, private_fields: bool
) -> Response:
    lang = language(request)
    with writing(site.workspace.engine) as session:
        chosen = _chosen(session, granted, organisation)
        shown = members_view(session, chosen, lang, private_fields=private_fields)
        if private_fields:
            note(
                session, "private_read", now=site.clock(), account=granted.principal.name,
                address=address_of(request), detail=chosen.code,
            )  # fmt: skip
            session.commit()
    if wants_json(request):
        return private(document(request, shown.as_dict()))
    response = page(
        request, "members.html", a=partial(say, ACCESS, lang), shown=shown,
        may_private=_may(granted, "members.private"),
    )  # fmt: skip
    return private(response)
