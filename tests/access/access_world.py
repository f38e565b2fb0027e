"""Two cooperatives with lots and members, an account for every role, browsers that keep cookies."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import Session
from trace_world import COOPERATIVE, GTIN, LOT, NOW, build_world

from agridata.access import ROLES, SCOPED_ROLES, By, add_account
from agridata.registry import add_personal_value
from agridata.registry.models import Member, Organisation, Product
from agridata.storage import Workspace
from agridata.vocabulary import Utc
from apps.web import create_app
from traceability.labels import print_labels, sheet_path
from traceability.lots import find_lot
from traceability.lots.models import Lot

OTHER = "htx-long-my"
OTHER_GTIN = "09521234567950"
OTHER_LOT = "LM26/B7"
PASSWORD = "bốn con trâu qua sông"
NEW_PASSWORD = "năm con vịt bơi ngược"
PERSON, PHONE = "Nguyễn Thị Kín", "0911222333"
PUBLIC_URL = "http://localhost"


def build(home: Path) -> Workspace:
    """The traced world of the pages' tests, a second cooperative, members, no accounts."""
    build_world(home)
    workspace = Workspace(home)
    with workspace.session() as session:
        _other_cooperative(session)
        for code, subject in ((COOPERATIVE, "sub-1"), (OTHER, "sub-2")):
            session.add(Member(subject=subject, organisation_code=code, role="farmer",
                               simulated=True, data_set_key="world"))  # fmt: skip
            session.flush()
            add_personal_value(session, subject, "name", PERSON, salt=b"s" * 16)
            add_personal_value(session, subject, "phone", PHONE, salt=b"t" * 16)
        for gtin, number in ((GTIN, LOT), (OTHER_GTIN, OTHER_LOT)):
            lot = find_lot(session, f"{gtin}/{number}")
            print_labels(
                session, lot, count=1, stock="L7160", domain="https://trace.example", now=NOW,
                out=sheet_path(workspace.labels_dir, session, lot),
            )  # fmt: skip
        session.commit()
    return workspace


def _other_cooperative(session: Session) -> None:
    here: dict[str, Any] = {"data_set_key": "world", "simulated": True}
    session.add(Organisation(
        code=OTHER, name="HTX Long Mỹ", kind="cooperative", location_code="LM", **here
    ))  # fmt: skip
    session.flush()
    session.add(Product(
        gtin=OTHER_GTIN, organisation_code=OTHER, name_vi="Gạo Long Mỹ", name_en="Rice",
        crop="rice", **here,
    ))  # fmt: skip
    session.flush()
    session.add(Lot(
        gtin=OTHER_GTIN, lot=OTHER_LOT, short_code="LMTEST01", organisation_code=OTHER,
        packed_at=NOW, status="active",
    ))  # fmt: skip
    session.flush()


def moved(source: Path, home: Path) -> Workspace:
    """Copy a workspace; label sheets are found at their new place."""
    shutil.copytree(source, home)
    workspace = Workspace(home)
    with workspace.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE label_sheet SET path = replace(path, :old, :new)"),
            {"old": str(source), "new": str(home)},
        )
    return workspace


def add_everybody(workspace: Workspace, password: str = PASSWORD) -> None:
    """An account of every role, called like it; the scoped ones belong to the first cooperative."""
    with workspace.session() as session:
        for role in ROLES:
            organisation = COOPERATIVE if role in SCOPED_ROLES else None
            add_account(
                session, role, role, organisation_code=organisation, password=password,
                by=By("test", NOW),
            )  # fmt: skip
        session.commit()


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: Utc = NOW

    def __call__(self) -> Utc:
        return self.now

    def forward(self, **span: float) -> None:
        self.now = Utc(self.now + timedelta(**span))


@dataclass
class Browser:
    """Keeps cookies like a browser; follows no redirect."""

    app: FastAPI
    base: str = "http://localhost"
    address: str = "192.0.2.1"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, Any], **headers: str) -> httpx.Response:
        return self.ask("POST", path, form, headers)

    def ask(
        self, method: str, path: str, form: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(
                lambda: asyncio.run(self._ask(method, path, form, {**self.headers, **named}))
            ).result()
        for line in answer.headers.get_list("set-cookie"):
            self._keep(line)
        return answer

    async def _ask(
        self, method: str, path: str, form: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(
            app=self.app, raise_app_exceptions=False, client=(self.address, 50_000)
        )
        if self.cookies:
            pairs = (f"{name}={value}" for name, value in self.cookies.items())
            headers = {"cookie": "; ".join(pairs), **headers}
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base, trust_env=False
        ) as web:
            return await web.request(method, path, data=form, headers=headers)

    def _keep(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        if "max-age=0" in line.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def csrf(self, path: str = "/account") -> str:
        """The token of the first form on a page, as a browser would send it."""
        return csrf_in(self.get(path).text)

    def sign_in(self, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        form = {"name": name, "password": password, "csrf": self.csrf("/login")}
        return self.post("/login", form, **headers)

    @property
    def session(self) -> str | None:
        return self.cookies.get("agridata") or self.cookies.get("__Host-agridata")


def csrf_in(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html
    return found[1]


def application(workspace: Workspace, clock: Clock, **options: Any) -> FastAPI:
    standard: dict[str, Any] = {"as_of": NOW, "public_url": PUBLIC_URL, "clock": clock}
    return create_app(workspace, **{**standard, **options})
