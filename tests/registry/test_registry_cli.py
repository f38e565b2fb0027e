"""`agridata registry`: JSON documents, exit codes, the way from import to revocation."""

from __future__ import annotations

import json

import pytest
from registry_world import HEADER, certificate_line, populate

from agridata.storage import Workspace
from apps.cli import main


@pytest.fixture
def home(tmp_path):
    made = Workspace(tmp_path / "home").create()
    with made.session() as session:
        populate(session)
        session.commit()
    made.engine.dispose()
    return str(tmp_path / "home")


@pytest.fixture
def run(home, capsys):
    def call(*arguments):
        code = main(["registry", *arguments, "--home", home, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_from_import_to_revocation(run, tmp_path, home, capsys):
    file = tmp_path / "vietgap.csv"
    rows = [certificate_line(), certificate_line(number="VG-2", valid_to="")]
    file.write_text("\n".join([HEADER, *rows]), "utf-8")
    code, told = run("import", str(file), "--kind", "certificates", "--actor", "officer-7")
    assert (code, told["rows"], told["imported"]) == (0, 2, 1)
    assert told["rejected"][0]["where"] == "vietgap.csv:3"
    as_of = ("--as-of", "2026-03-20")
    code, told = run("list", "certificates", *as_of)
    assert [one["number"] for one in told["rows"]] == ["VG-1"]
    assert told["as_of"].startswith("2026-03-20T16:59:59")
    assert run("list", "codes", *as_of)[1]["count"] == 0
    key = "vietgap:VG-1@2025-01-01"
    code, told = run("suspend", "VG-1", "--reason", "hồ sơ", "--at", "2026-03-01")
    assert (code, told["status"]) == (0, "suspended")
    assert run("reinstate", key, "--reason", "đủ", "--at", "2026-03-10")[1]["status"] == "active"
    assert run("revoke", key, "--reason", "x", "--at", "2026-03-15")[1]["status"] == "revoked"
    assert run("list", "certificates", *as_of)[1]["count"] == 0
    assert run("list", "certificates", "--as-of", "2026-03-12")[1]["count"] == 1
    (listed,) = run("list", "certificates", "--all", *as_of)[1]["rows"]
    assert (listed["standing"], listed["since"]) == ("revoked", "2026-03-15")
    changes = run("history", "certificate", key)[1]["changes"]
    assert [one["after"]["status"] for one in changes] == [
        "active", "suspended", "active", "revoked",
    ]  # fmt: skip
    assert changes[0]["actor"] == "officer-7 import:vietgap"
    assert changes[1]["actor"].startswith("cli:")
    code, told = run("revoke", key, "--reason", "again")
    assert (code, told["ok"]) == (1, False)
    shown = run("show", "organisation", "coop", *as_of)[1]
    assert shown["certificates"] == [{"code": key, "standing": "revoked", "since": "2026-03-15"}]
    main(["registry", "history", "certificate", key, "--home", home])
    assert "status: 'active' → 'suspended'" in capsys.readouterr().out


def test_ending_and_listing_nouns(run):
    assert run("list", "parcels")[1]["count"] == 3
    code, told = run("end", "parcel", "P1", "--on", "2026-03-20")
    assert (code, told["valid_to"]) == (0, "2026-03-20")
    assert run("list", "parcels", "--as-of", "2026-03-20")[1]["count"] == 3
    assert run("list", "parcels", "--as-of", "2026-03-21")[1]["count"] == 2
    assert run("list", "parcels", "--all", "--as-of", "2026-03-21")[1]["count"] == 3
    assert run("show", "parcel", "P1")[1]["valid_to"] == "2026-03-20"
    assert run("history", "parcel", "P2")[1]["changes"] == []
    assert run("end", "parcel", "P1", "--on", "20/03/2026")[0] == 2
    assert run("end", "parcel", "P9", "--on", "2026-03-20")[0] == 1
    assert run("end", "cloud", "P9", "--on", "2026-03-20")[0] == 2


def test_a_file_without_a_good_row_is_a_rejection(run, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text(f"{HEADER}\n{certificate_line(number='')}\n", "utf-8")
    code, told = run("import", str(file), "--kind", "certificates")
    assert (code, told["imported"]) == (1, 0)
    assert run("import", str(tmp_path / "none.csv"), "--kind", "codes")[0] == 1


def test_the_list_for_people_shows_codes_of_places(home, tmp_path, capsys):
    file = tmp_path / "o.csv"
    file.write_text(
        "code,name,kind,gln,location_code,address,admin_unit_code,simulated,tax_code,postcode\n"
        "o1,HTX Một,cooperative,,L,,,true,0100233488,94000\n", "utf-8",
    )  # fmt: skip
    assert main(["registry", "import", str(file), "--kind", "organisations", "--home", home]) == 0
    assert "1 of 1 rows" in capsys.readouterr().out
    assert main(["registry", "list", "organisations", "--home", home]) == 0
    out = capsys.readouterr().out
    assert "postcode=94000" in out
    assert "tax_code=0100233488" in out
    assert "mô phỏng" in out
    assert "organisations as of" in out


def test_measure(capsys):
    assert main(["registry", "measure", "2,5 công tầm lớn", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["value"], told["factor"], told["sure"]) == (0.325, 1300.0, False)
    assert main(["registry", "measure", "7,5 tạ/công", "--as", "yield"]) == 0
    assert "7.5 t/ha" in capsys.readouterr().out
    assert main(["registry", "measure", "3 giạ", "--as", "mass", "--json"]) == 1
    assert "ask" in capsys.readouterr().out
    assert main(["registry", "measure", "3 giạ", "--as", "mass", "--kg", "21"]) == 0
    assert "63 kg" in capsys.readouterr().out
