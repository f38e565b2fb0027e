"""Texts exist in both languages; numbers and dates are written as each reader writes them."""

from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.views import (
    LANGS,
    PAGE,
    STEPS,
    VERIFIER,
    Lang,
    Sentence,
    choose_language,
    day,
    exact_number,
    moment,
    number,
    quantity,
)

CATALOGUES = {"PAGE": PAGE, "STEPS": STEPS, "VERIFIER": VERIFIER}
SENTENCES = [
    pytest.param(one, id=f"{catalogue}.{key}")
    for catalogue, sentences in CATALOGUES.items()
    for key, one in sentences.items()
]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_both_languages_say_the_same_with_the_same_gaps(sentence: Sentence) -> None:
    assert sentence.vi.strip()
    assert sentence.en.strip()
    assert placeholders(sentence.vi) == placeholders(sentence.en)


def test_templates_use_only_texts_that_exist(project_root: Path) -> None:
    used: dict[str, set[str]] = {"t": set(), "v": set(), "en": set()}
    for template in (project_root / "apps/web/templates").glob("*.html"):
        for function, key in re.findall(r'\b(t|v|en)\("([a-z_0-9]+)"[,)]', template.read_text()):
            used[function].add(key)
    assert len(used["t"]) > 30
    assert used["t"] | used["en"] <= PAGE.keys()
    assert used["v"] <= VERIFIER.keys()


def test_every_refusal_of_the_script_has_a_sentence(project_root: Path) -> None:
    script = (project_root / "apps/web/static/verify.js").read_text("utf-8")
    called = re.findall(r'need\(.*?, "([a-z]+)"[,)]', script)
    codes = {*called, *re.findall(r'(?:Refusal\(|code: |code = )"([a-z]+)"', script)}
    assert {"event", "proof", "checkpoint", "key", "missing", "network"} <= codes
    assert codes <= VERIFIER.keys()


def test_vietnamese_numbers_and_dates() -> None:
    assert number(1234567.891, "vi", 3) == "1.234.567,891"
    assert number(0.25, "vi", 1) == "0,2"
    assert number(1234567.891, "en", 0) == "1,234,568"
    assert exact_number(3250, "vi") == "3.250"
    assert quantity(2000.5, "KGM", "vi") == "2.000,5 kg"
    assert quantity(2000.5, "KGM", "en") == "2,000.5 kg"
    assert day(date(2026, 3, 5), "vi") == "05/03/2026"
    assert day(date(2026, 3, 5), "en") == "5 Mar 2026"


def test_moments_are_shown_on_the_clock_of_the_province() -> None:
    late = datetime(2026, 3, 19, 23, 0, tzinfo=UTC)
    assert moment(late, "vi") == "20/03/2026 06:00"
    assert moment(late, "en") == "20 Mar 2026, 06:00"


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_exact_numbers_lose_nothing(value: float) -> None:
    english = float(exact_number(value, "en").replace(",", ""))
    vietnamese = float(exact_number(value, "vi").replace(".", "").replace(",", "."))
    assert english == vietnamese
    assert english == pytest.approx(value, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("asked", "header", "expected"),
    [
        (None, None, "vi"),
        (None, "", "vi"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "fr, en;q=0.4, vi;q=0.5", "vi"),
        (None, "en;q=0.5, vi;q=0.5", "en"),
        (None, "en;q=0", "vi"),
        (None, "en;q=lots, fr", "vi"),
        ("en", "vi", "en"),
        ("vi", "en", "vi"),
        ("xx", "en", "en"),
    ],
)
def test_language_choice(asked: str | None, header: str | None, expected: Lang) -> None:
    assert choose_language(asked, header) == expected
    assert expected in LANGS
