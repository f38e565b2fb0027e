"""Check digits, links, trace codes and short codes: known answers and invariants."""

from __future__ import annotations

import contextlib
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import UsageError
from traceability.errors import IdentifierError
from traceability.identifiers import (
    all_identifiers,
    build_digital_link,
    build_trace_code,
    canonical_uri,
    check_associations,
    check_digit,
    check_pair,
    escape_path,
    format_short_code,
    gtin14,
    lint,
    new_short_code,
    normalise_short_code,
    parse_digital_link,
    parse_element_string,
    parse_trace_code,
    split_digital_link,
    unescape_path,
    with_check_digit,
)

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?_" + string.ascii_letters
GTIN = "09521234543213"
GLN = "9521234000006"

gtins = st.integers(0, 10**13 - 1).map(lambda n: with_check_digit(f"{n:013}"))
glns = st.integers(0, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012}"))
lots = st.text(CSET82, min_size=1, max_size=20)
minutes = st.datetimes(
    datetime(1951, 1, 2),  # noqa: DTZ001  hypothesis wants naive bounds
    datetime(2050, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("952123454321", "3"),
        ("952123400000", "6"),
        ("03600029145", "2"),
        ("9638507", "4"),
        ("10614141234567890", "8"),
        ("0", "0"),
    ],
)
def test_check_digits_of_printed_examples(digits: str, check: str) -> None:
    assert check_digit(digits) == check


@pytest.mark.parametrize("digits", ["", "12a", "１２", " 1"])
def test_a_check_digit_needs_ascii_digits(digits: str) -> None:
    with pytest.raises(IdentifierError):
        check_digit(digits)


@given(digits=st.from_regex(r"[0-9]{1,17}", fullmatch=True), data=st.data())
def test_one_wrong_digit_is_always_caught(digits: str, data: st.DataObject) -> None:
    code = with_check_digit(digits)
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))
    with pytest.raises(IdentifierError):
        lint("csum", code[:place] + wrong + code[place + 1 :])


def test_check_pair_of_the_general_specifications() -> None:
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"


@pytest.mark.parametrize("code", ["96385074", "9521234543213", "09521234543213", "952 1234-543213"])
def test_gtins_are_padded(code: str) -> None:
    assert gtin14(code) == code.replace(" ", "").replace("-", "").zfill(14)


@pytest.mark.parametrize("code", ["", "9638507", "9521234543214", "95212345432 1x", "x" * 13])
def test_wrong_gtins_say_why(code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        gtin14(code)
    assert caught.value.findings[0].fix_vi


@given(gtin=gtins, lot=lots, serial=st.none() | lots, gln=st.none() | glns, at=minutes)
def test_trace_codes_read_back(
    gtin: str, lot: str, serial: str | None, gln: str | None, at: datetime
) -> None:
    uri = build_trace_code("vd.example.vn/tx", gtin, lot, gln, at, serial)
    code = parse_trace_code(uri)
    assert (code.gtin, code.lot, code.serial, code.gln) == (gtin, lot, serial, gln)
    assert code.produced_at == at
    assert uri.isascii()
    assert build_trace_code("vd.example.vn/tx", gtin, lot, gln, code.produced_at, serial) == uri


def test_the_trace_code_of_the_law() -> None:
    at = datetime(2026, 3, 19, 23, 0, tzinfo=UTC)
    assert build_trace_code("example.vn", GTIN, "L-1", GLN, at, "7") == (
        f"https://example.vn/01/{GTIN}/10/L-1/21/7?416={GLN}&8008=2603200600"
    )
    assert build_trace_code("example.vn", GTIN[1:], "L-1", None, None) == (
        f"https://example.vn/01/{GTIN}/10/L-1"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (GTIN[:-1] + "0", "L1", GLN),
        (GTIN, "", GLN),
        (GTIN, "x" * 21, GLN),
        (GTIN, "lô 1", GLN),
        (GTIN, "L1", GLN[:-1] + "0"),
    ],
)
def test_no_trace_code_of_wrong_parts(arguments: tuple[str, str, str]) -> None:
    with pytest.raises(IdentifierError):
        build_trace_code("example.vn", *arguments, datetime(2026, 3, 20, tzinfo=UTC))


def test_a_trace_code_needs_a_zone() -> None:
    with pytest.raises(UsageError):
        build_trace_code("example.vn", GTIN, "L1", GLN, datetime(2026, 3, 20))  # noqa: DTZ001  naive on purpose


def test_a_link_without_product_is_no_trace_code() -> None:
    with pytest.raises(IdentifierError):
        parse_trace_code(f"https://example.vn/414/{GLN}")


@given(gtin=gtins, lot=lots, serial=lots, gln=glns, internal=lots)
def test_links_read_back_in_every_part(
    gtin: str, lot: str, serial: str, gln: str, internal: str
) -> None:
    elements = {"01": gtin, "10": lot, "21": serial, "416": gln, "91": internal}
    uri = build_digital_link(elements, "example.vn")
    assert parse_digital_link(uri) == elements
    path, query = split_digital_link(uri)
    assert path == {"01": gtin, "10": lot, "21": serial}
    assert query == {"416": gln, "91": internal}
    bracketed = "".join(
        f"({number}){value}".replace("(", "\\(").replace("\\(", "(", 1)
        for number, value in elements.items()
    )
    assert parse_element_string(bracketed) == elements


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://example.vn",
        f"ftp://example.vn/01/{GTIN}",
        f"https://example.vn/01/{GTIN}/21/1/10/2",
        f"https://example.vn/01/{GTIN}/10/",
        f"https://example.vn/01/{GTIN}?8200=x",
        f"https://example.vn/01/{GTIN}?8008=2613010000",
        f"https://example.vn/01/{GTIN}?416={GLN}&416={GLN}",
        f"https://example.vn/01/{GTIN}?37=5",
        f"https://example.vn:99999/01/{GTIN}",
        "https://example.vn/ARFKk4XB0CDKWcnpq",
        f"https://example.vn/01/{GTIN}?99=" + "x" * 3000,
    ],
)
def test_wrong_links_are_refused_in_both_languages(uri: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        parse_digital_link(uri)
    finding = caught.value.findings[0]
    assert finding.problem
    assert finding.fix
    assert finding.problem_vi


def test_a_compressed_link_is_named_as_one() -> None:
    with pytest.raises(IdentifierError, match="compressed"):
        parse_digital_link("https://example.vn/ARFKk4XB0CDKWcnpq")


@given(text=st.text(max_size=60) | st.text(CSET82 + "^\x1d/?&=%", max_size=60))
def test_any_text_gives_an_answer_or_our_error(text: str) -> None:
    for read in (parse_digital_link, parse_element_string, normalise_short_code, gtin14):
        for candidate in (text, f"https://a/{text}", f"({text}", f"^{text}"):
            with contextlib.suppress(IdentifierError):
                read(candidate)
    canonical_uri(text)
    canonical_uri(f"urn:epc:id:{text}")


@pytest.mark.parametrize("serial", ["%E5", "%C4%90", "%2F", "a%20b", "%"])
def test_any_escaped_byte_has_one_canonical_form(serial: str) -> None:
    link = f"https://example.vn/01/{GTIN}/21/{serial}"
    canonical = canonical_uri(link)
    assert canonical is not None
    assert canonical_uri(canonical) == canonical
    assert escape_path(unescape_path(serial)) in canonical


@given(gtin=gtins, lot=lots)
def test_short_codes_survive_typing(gtin: str, lot: str) -> None:
    code = new_short_code(gtin, lot)
    assert code == new_short_code(gtin, lot)
    assert len(code) == 12
    assert set(code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    printed = format_short_code(code)
    assert normalise_short_code(printed) == code
    typed = f" {printed.lower().replace('0', 'o').replace('1', 'l')} "
    assert normalise_short_code(typed) == code
    assert normalise_short_code(printed.replace("1", "I").replace("-", " ")) == code


@given(gtin=gtins, lot=lots, data=st.data())
def test_one_mistyped_letter_or_swap_is_always_caught(
    gtin: str, lot: str, data: st.DataObject
) -> None:
    code = new_short_code(gtin, lot)
    place = data.draw(st.integers(0, 11))
    others = [char for char in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if char != code[place]]
    wrong = code[:place] + data.draw(st.sampled_from(others)) + code[place + 1 :]
    with pytest.raises(IdentifierError):
        normalise_short_code(wrong)
    place = data.draw(st.integers(0, 9))
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(IdentifierError):
            normalise_short_code(swapped)


def test_another_attempt_gives_another_code() -> None:
    assert new_short_code(GTIN, "L1", attempt=1) != new_short_code(GTIN, "L1")


def test_an_unknown_linter_is_told() -> None:
    with pytest.raises(IdentifierError, match="no linter"):
        lint("nonsense", "1")


@pytest.mark.parametrize("number", ["416", "8008", "10", "21"])
def test_the_four_parts_of_the_law_may_stand_in_a_link(number: str) -> None:
    identifier = all_identifiers()[number]
    assert identifier.in_query or number in all_identifiers()["01"].qualifiers[0]


def test_an_element_string_is_read_as_scanned() -> None:
    elements = {"01": GTIN, "10": "L1", "416": GLN, "8008": "2603200600"}
    scanned = f"]Q301{GTIN}10L1\x1d416{GLN}80082603200600"
    assert parse_element_string(scanned) == elements
    assert parse_element_string(scanned.removeprefix("]Q3").replace("\x1d", "^")) == elements
    check_associations(elements)


def test_pairs_are_judged_apart_from_values() -> None:
    elements = parse_element_string("(10)L1")
    with pytest.raises(IdentifierError, match=r"needs \(01\)"):
        check_associations(elements)
