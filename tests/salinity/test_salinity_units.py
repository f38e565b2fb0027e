"""Units against the table measured with PSS-78 + Hill (salinity.md, section 4)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import InputError
from remote_sensing.salinity import conductivity_from_salinity, salinity_from_conductivity


@pytest.mark.parametrize(
    ("salinity", "at_25", "at_30"),
    [(0.5, 1.01, 1.12), (1, 1.97, 2.17), (2, 3.80, 4.19), (4, 7.28, 8.02), (10, 17.02, 18.8)],
)
def test_table_of_diluted_sea_water(salinity, at_25, at_30):
    assert conductivity_from_salinity(salinity) == pytest.approx(at_25, abs=0.0055)
    assert conductivity_from_salinity(salinity, 30) == pytest.approx(at_30, abs=0.05)
    assert salinity_from_conductivity(at_30, 30) == pytest.approx(salinity, rel=0.005)


def test_standard_sea_water_of_pss78():
    # UNESCO 1981: practical salinity 35 at 15 °C (IPTS-68; 14.9964 °C on ITS-90) has 42.914 mS/cm
    assert conductivity_from_salinity(35.0, 14.9964) == pytest.approx(42.914, abs=0.0005)


@given(st.floats(0.02, 44.9), st.floats(5, 40))
def test_there_and_back(salinity, temperature):
    there = conductivity_from_salinity(salinity, temperature)
    assert salinity_from_conductivity(there, temperature) == pytest.approx(salinity, abs=2e-3)


def test_arrays_keep_shape_and_missing_values():
    given_values = np.asarray([[1.0, np.nan], [4.0, 10.0]])
    result = conductivity_from_salinity(given_values)
    assert result.shape == (2, 2)
    assert np.isnan(result[0, 1])
    assert (np.diff(result[1]) > 0).all()
    assert salinity_from_conductivity(0.0) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: salinity_from_conductivity(-0.1),
        lambda: salinity_from_conductivity(1970.0),  # µS/cm given as dS/m
        lambda: conductivity_from_salinity(110.6),  # the typing error of cau_noi
        lambda: conductivity_from_salinity(4.0, 300.0),  # kelvin
    ],
)
def test_wrong_units_are_refused_with_a_fix(call):
    with pytest.raises(InputError) as caught:
        call()
    assert "dS/m" in caught.value.findings[0].fix
