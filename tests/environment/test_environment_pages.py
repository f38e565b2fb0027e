"""The page of a place: from real tables, from none, at wrong addresses; the commands."""

from __future__ import annotations

import json
import re

import pytest
from environment_world import NOW, RealWeather, info
from sqlmodel import Session

from agridata.places import hau_giang_communes
from agridata.places.models import AdminUnit
from agridata.storage import Workspace, bounds_of, record_data_set
from agridata.vocabulary import parse_as_of
from apps.cli import main
from apps.views.environment import FINDINGS

PAGE_LIMIT = 30_000
AS_OF = parse_as_of("2025-03-31")


def visible(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def item(html: str, key: str) -> str:
    found = re.search(rf'<li data-item="{re.escape(key)}" .*?</li>', html, re.DOTALL)
    assert found, key
    return visible(found[0])


@pytest.fixture
def bare(tmp_path) -> Workspace:
    """A commune with a shape, and no weather or soil at all."""
    from shapely import box

    made = Workspace(tmp_path / "bare").create()
    with made.session() as session:
        record_data_set(session, info("units", "admin"), "0" * 64, NOW)
        for code, shape in (("31396", box(105.7, 9.7, 105.8, 9.8)), ("31399", None)):
            session.add(
                AdminUnit(
                    code=code, level=3, name=f"Xã {code}", full_name=f"Xã {code}",
                    search_key=f"xa {code}", geom=shape, data_set_key="units", **bounds_of(shape),
                )
            )  # fmt: skip
        session.commit()
    yield made
    made.engine.dispose()


@pytest.mark.shared
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_commune_has_its_page_under_the_limit(real_weather: RealWeather, ask, lang):
    with real_weather.workspace.session() as session:
        codes = [unit.code for unit in hau_giang_communes(session, "2025")]
    for code in codes[:: 1 if lang == "vi" else 9]:
        answer = ask(real_weather.workspace, f"/{lang}/thoi-tiet/{code}", as_of=AS_OF)
        assert answer.status_code == 200
        assert len(answer.content) <= PAGE_LIMIT
        html = answer.text
        assert f'<html lang="{lang}">' in html
        assert "<script" not in html
        text = visible(html)
        assert re.search(r"Trạm khí tượng [^,]+, (cách )?\d+ km", text)
        assert re.search(r"30 (năm|years), 1988–2017", text)
        texture = item(html, "texture")
        assert re.search(r"\d+ %.*\d+ %.*\d+ %", texture)
        assert "chưa rõ" not in texture
        assert "unknown" not in texture


@pytest.mark.shared
def test_the_page_of_hiep_hung_in_order(real_weather: RealWeather, ask):
    html = ask(real_weather.workspace, "/vi/thoi-tiet/31396", as_of=AS_OF).text
    text, at = visible(html), 0
    for wanted in (
        "Thời tiết và đất ở Xã Hiệp Hưng", "Tính đến 31/03/2025 23:59", "Cần để ý", "Tháng khô",
        "Chưa rõ: Mưa trong ngày, Độ ẩm không khí, Mưa tháng vừa qua", "lúa Đông Xuân có thể",
        "34,3 °C", "tái phân tích ERA5", "cách 123 km", "24 giờ trước", "Thường gặp trong tháng 3",
        "Trạm khí tượng Sóc Trăng, cách 31 km; 30 năm, 1988–2017", "14 (0–18) mm", "thịt pha sét",
        "KẾT QUẢ MÔ HÌNH", "Maas-Hoffman", "Nguồn", "vi imhen_monthly",
    ):  # fmt: skip
        found = text.find(wanted, at)
        assert found >= 0, wanted
        at = found
    assert "chưa kiểm chứng" in text
    old = item(html, "relative_humidity daily_mean")
    assert "Quá cũ (1.381 ngày): coi như chưa biết" in old
    far = item(html, "rain daily_sum")
    assert "xa hơn 30 km" in far
    for finding in ("humid", "not_humid"):
        assert FINDINGS[finding].vi.partition("{")[0] not in old, "never advice from what is old"
    for finding in ("rain_light", "rain_heavy"):
        assert FINDINGS[finding].vi.partition("(")[0].strip() not in far


@pytest.mark.shared
def test_another_day_is_replayed_with_what_was_known_then(real_weather: RealWeather, ask):
    def page(day: str):
        path = f"/en/thoi-tiet/31396?day={day}"
        return ask(real_weather.workspace, path, as_of=AS_OF)

    html = page("2021-06-18").text
    assert "As of 18 Jun 2021, 23:59" in visible(html)
    assert "modelled product" in item(html, "air_temperature daily_max")
    assert "17 Jun 2021" in item(html, "air_temperature daily_max")
    assert 'data-item="SM"' not in html, "the image of 2025 was not taken yet"
    assert "less favourable" in item(html, "relative_humidity daily_mean")
    assert 'href="/vi/thoi-tiet/31396?day=2021-06-18"' in html
    early = page("1985-01-01").text
    assert "no station within 100 km" in visible(early).lower()
    for wrong in ("2025-04-01", "1959-12-31", "yesterday", "2021-02-30", "9" * 400, "%00"):
        answer = page(wrong)
        assert answer.status_code == 400, wrong
        assert '<html lang="en">' in answer.text


@pytest.mark.shared
def test_a_late_reader_gets_no_advice(real_weather: RealWeather, ask):
    html = ask(real_weather.workspace, "/vi/thoi-tiet/31396", as_of=parse_as_of("2026-03-20")).text
    latest = re.search(r"<h2>Số liệu gần nhất</h2>.*?</section>", html, re.DOTALL)[0]
    assert latest.count('data-state="old"') == 5
    assert latest.count("coi như chưa biết") == 5
    assert "Căn cứ" not in latest
    answer = ask(
        real_weather.workspace, "/vi/thoi-tiet/31396?format=json", as_of=parse_as_of("2026-03-20")
    ).json()
    assert len(answer["not_known"]) == 5
    assert all(not one["meaning"] for one in answer["latest"])


@pytest.mark.shared
def test_the_same_page_by_name_and_the_switch_of_language(real_weather: RealWeather, ask):
    by_name = ask(real_weather.workspace, "/vi/thoi-tiet/hiep-hung", as_of=AS_OF)
    by_code = ask(real_weather.workspace, "/vi/thoi-tiet/31396", as_of=AS_OF)
    assert by_name.status_code == 200
    assert visible(by_name.text) == visible(by_code.text)
    assert 'href="/en/thoi-tiet/31396"' in by_code.text
    assert 'href="/vi/man/31396"' in by_code.text


@pytest.mark.parametrize("path", ["99999", "khong-co-noi-nay", "1%2F2", "%00", "../x"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_unknown_places_are_not_found(bare, ask, path, lang):
    answer = ask(bare, f"/{lang}/thoi-tiet/{path}", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json()["errors"]
    assert ask(bare, f"/fr/thoi-tiet/{path}").status_code == 404


def test_without_data_the_page_says_so(bare, ask):
    html = ask(bare, "/vi/thoi-tiet/31396", as_of=AS_OF).text
    text = visible(html)
    assert "Chưa có số liệu thời tiết nào" in text
    assert "Chưa có số liệu đất" in text
    assert "Không có trạm nào trong 100 km" in text
    assert "Không có số liệu thời tiết nào đủ mới và đủ gần" in text
    assert 'class="verdict" data-state="unknown"' in html
    assert "Tính đến 31/03/2025" in text
    placeless = visible(ask(bare, "/en/thoi-tiet/31399", as_of=AS_OF).text)
    assert "boundary of this commune is not loaded" in placeless


def test_the_other_pages_link_here(project_root):
    folder = project_root / "apps" / "web" / "templates"
    for name, code in (("water.html", "page.code"), ("field.html", "page.place_code")):
        text = (folder / name).read_text("utf-8")
        assert text.count(f'href="/{{{{ lang }}}}/thoi-tiet/{{{{ {code} }}}}"') == 1


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AGRIDATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AGRIDATA_DATABASE_URL", raising=False)

    def call(*arguments: object) -> tuple[int, dict]:
        code = main(["environment", *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_the_commands_in_their_order(run, tmp_path):
    stations, weather = tmp_path / "imhen_stations.csv", tmp_path / "imhen_monthly_y.csv"
    stations.write_text("station,lon,latitude\nCan Tho,105.767,10.05\n", encoding="utf-8")
    weather.write_text(
        "year,month,station,Ta,Tx,Tm,Rf,aH,rH,Sh\n1990,1,Can Tho,25,29,23,5,25,80,250\n"
        "1990,1,Elsewhere,25,29,23,5,25,80,250\n",
        encoding="utf-8",
    )
    code, report = run("import", weather, "--preset", "imhen_monthly")
    assert (code, report["imported"]) == (1, 0), "no station is known yet"
    assert run("stations", stations)[1]["imported"] == 1
    code, report = run("import", weather, "--preset", "imhen_monthly")
    assert (code, report["rows"], report["imported"]) == (0, 2, 1)
    assert report["rejected"][0]["where"] == "imhen_monthly_y.csv:3"
    assert run("derive") == (0, {"derived": {}})
    assert run("import", weather, "--preset", "other")[0] == 2
    assert run("soil", tmp_path / "none.tif")[0] == 1
    assert run("soil", weather)[0] == 2
    code, told = run("show", "99999")
    assert code == 1
    assert told["errors"][0]["problem"]


@pytest.mark.shared
def test_the_command_shows_what_the_page_shows(real_weather: RealWeather, capsys):
    home = real_weather.workspace.home
    code = main(["environment", "show", "31396", "--as-of", "2025-03-31", "--home", str(home)])
    told = capsys.readouterr().out
    assert code == 0
    assert "Trạm khí tượng Sóc Trăng, cách 31 km" in told
    assert "Tháng khô" in told


def test_a_session_is_not_written_by_the_page(bare):
    from apps.views.environment import environment_page

    with bare.session() as session:
        assert isinstance(session, Session)
        environment_page(session, "31396", lang="vi", now=AS_OF)
        assert not session.dirty
        assert not session.new
