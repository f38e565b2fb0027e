"""Local units and tax codes: what is said is kept, what is unclear is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import InputError
from agridata.registry import (
    format_tax_code,
    parse_area,
    parse_decimal,
    parse_mass,
    parse_tax_code,
    parse_yield,
)


@pytest.mark.parametrize(
    ("text", "hectares", "factor", "sure"),
    [
        ("3 công", 0.3, 1000, True),
        ("2,5 công tầm lớn", 0.325, 1300, False),
        ("2.5 cong tam lon", 0.325, 1300, False),
        ("1 công tầm nhỏ", 0.1, 1000, True),
        ("0,4 ha", 0.4, 10_000, True),
        ("850 m²", 0.085, 1, True),
        ("850m2", 0.085, 1, True),
        ("12.500 m2", None, 1, True),
        ("1.234.567 m²", 123.4567, 1, True),
        ("1.234,5 m²", 0.12345, 1, True),
    ],
)
def test_areas_as_people_say_them(text, hectares, factor, sure):
    if hectares is None:
        with pytest.raises(InputError, match="thousands"):
            parse_area(text)
        return
    found = parse_area(text)
    assert found.value == pytest.approx(hectares)
    assert (found.unit, found.factor, found.sure) == ("ha", factor, sure)
    assert found.entered == text
    assert found.source


def test_weights_and_yields_as_people_say_them():
    assert parse_mass("12 tạ").value == 1200
    assert parse_mass("1,5 tấn").value == 1500
    assert parse_mass("750 kg").value == 750
    assert parse_yield("750 kg/công").value == pytest.approx(7.5)
    assert parse_yield("7,5 tạ/công").value == pytest.approx(7.5)
    assert parse_yield("72 tạ/ha").value == pytest.approx(7.2)
    assert parse_yield("72 tạ/ha").factor == pytest.approx(0.1)
    assert "southern" in parse_yield("7,5 tạ/công").source
    assert not parse_yield("9 tạ/công tầm lớn").sure


@pytest.mark.parametrize(
    ("read", "text", "problem"),
    [
        (parse_mass, "3 giạ", "differ by place"),
        (parse_area, "2 sào", "360"),
        (parse_area, "1 mẫu", "region"),
        (parse_area, "3 tạ", "not a unit known"),
        (parse_mass, "3 công", "not a unit known"),
        (parse_area, "công", "not a quantity"),
        (parse_area, "3", "not a quantity"),
        (parse_area, "-3 công", "not a quantity"),
        (parse_area, "1,2,3 công", "not a number"),
        (parse_yield, "7 tạ", "not a quantity"),
        (parse_yield, "7 giạ/công", "differ by place"),
    ],
)
def test_what_is_unclear_is_asked_never_assumed(read, text, problem):
    with pytest.raises(InputError, match=problem) as caught:
        read(text)
    (finding,) = caught.value.findings
    assert finding.fix
    assert finding.problem_vi
    assert finding.fix_vi


def test_a_factor_that_was_asked_counts():
    found = parse_mass("3 giạ", asked_kg=21)
    assert (found.value, found.entered_unit, found.source) == (63, "giạ", "as told when asked")
    assert parse_area("2 sào", asked_m2=500).value == pytest.approx(0.1)
    assert parse_area("2 công", asked_m2=1296).value == pytest.approx(0.2592)
    assert parse_yield("40 giạ/công", asked_kg=20).value == pytest.approx(8)
    with pytest.raises(InputError):
        parse_mass("3 giạ", asked_kg=0)


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(".,"))
def test_a_decimal_is_read_back_whichever_mark_it_has(whole, hundredths, mark):
    expected = pytest.approx(float(f"{whole}.{hundredths:02d}"))
    assert parse_decimal(f"{whole}{mark}{hundredths:02d}") == expected
    other = "," if mark == "." else "."
    grouped = f"{whole:,}".replace(",", other)
    if other in grouped:
        assert parse_decimal(f"{grouped}{mark}{hundredths:02d}") == expected


@pytest.mark.parametrize("text", ["1.234", "12,500", "999.000"])
def test_one_mark_before_three_digits_may_mean_two_things(text):
    with pytest.raises(InputError, match="thousands"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [  # published numbers: documentation of python-stdnum (LGPL), stdnum.vn.mst
        ("0100233488", "0100233488"),
        ("0314409058-002", "0314409058002"),
        ("01.00.112.437", "0100112437"),
        ("0312 68 78 78 - 001", "0312687878001"),
        ("0100233480", None),
        ("0314409058-000", None),
        ("12345", None),
        ("0100000000", None),
        ("010023348A", None),
        ("01002334881", None),
        ("", None),
    ],
)
def test_tax_codes(text, digits):
    assert parse_tax_code(text) == digits


def test_a_branch_is_written_with_a_hyphen():
    assert format_tax_code("0314409058002") == "0314409058-002"
    assert format_tax_code("0100233488") == "0100233488"


@given(st.sampled_from(["0100233488", "0314409058", "0312687878"]), st.integers(0, 9),
       st.integers(1, 9))  # fmt: skip
def test_any_one_wrong_digit_is_seen(code, place, shift):
    """11 is prime and no weight is a multiple of it."""
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert parse_tax_code(wrong) is None
