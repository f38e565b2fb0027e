"""Indices against figures worked out by hand, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agridata.errors import UsageError
from remote_sensing.indices import INDICES, IndexInputError, compute_index

BANDS = {"blue": 0.05, "green": 0.08, "red": 0.06, "nir": 0.42, "swir1": 0.2}

BY_HAND = {
    "NDVI": 0.36 / 0.48,
    "EVI": 2.5 * 0.36 / (0.42 + 0.36 - 0.375 + 1),
    "SAVI": 1.5 * 0.36 / 0.98,
    "LSWI": 0.22 / 0.62,
    "NDWI": -0.34 / 0.5,
    "NDSI_sal": -0.75,
    "SI": math.sqrt(0.003),
    "SI1": math.sqrt(0.0048),
    "SI2": math.sqrt(0.0064 + 0.0036 + 0.1764),
    "SI3": 0.1,
    "sal_s1": 5 / 6,
    "sal_s2": -1 / 11,
    "sal_s3": 0.096,
    "VSSI": 0.16 - 2.4,
}


@pytest.mark.parametrize("name", sorted(INDICES))
def test_every_index_by_hand(name):
    arrays = {role: np.full((2, 3), value) for role, value in BANDS.items()}
    found = compute_index(name, arrays)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, BY_HAND[name], rtol=1e-12)


def test_every_index_says_what_it_rests_on():
    for index in INDICES.values():
        assert index.formula
        assert any(char.isdigit() for char in index.reference)
        assert index.lowest < index.highest
        assert set(index.roles) <= set(BANDS)
    assert "NDSI" not in INDICES  # elsewhere that is snow


@given(
    red=st.floats(0.0, 1.0), nir=st.floats(0.0, 1.0), factor=st.sampled_from([1.0, 1e-4, 10_000.0])
)
def test_ratios_stay_within_range_and_free_of_scale(red, nir, factor):
    bands = {"red": np.array([red]) * factor, "nir": np.array([nir]) * factor}
    ndvi, salt = (compute_index(name, bands)[0] for name in ("NDVI", "NDSI_sal"))
    if red + nir == 0:
        assert math.isnan(ndvi)
    elif not math.isnan(ndvi):
        assert -1 <= ndvi <= 1
        assert salt == -ndvi


def test_missing_pixels_stay_missing():
    red = np.ma.masked_equal(np.array([0, 6, 6]), 0)
    nir = np.array([42.0, np.nan, 42.0])
    found = compute_index("NDVI", {"red": red, "nir": nir})
    assert np.isnan(found).tolist() == [True, True, False]


def test_impossible_values_are_not_shown():
    """Negative reflectance after an offset would give an NDVI beyond 1."""
    assert np.isnan(compute_index("NDVI", {"red": np.array([-0.02]), "nir": np.array([0.3])}))[0]
    assert np.isnan(compute_index("SI", {"red": np.array([-0.02]), "blue": np.array([0.3])}))[0]


def test_digital_numbers_are_refused_where_reflectance_is_needed():
    raw = {role: np.full(4, value * 10_000) for role, value in BANDS.items()}
    with pytest.raises(IndexInputError, match="digital numbers"):
        compute_index("EVI", raw)
    np.testing.assert_allclose(compute_index("NDVI", raw), 0.75)


def test_wrong_calls_are_named():
    with pytest.raises(UsageError, match="NDSI"):
        compute_index("NDSI", {})
    with pytest.raises(IndexInputError, match="nir"):
        compute_index("NDVI", {"red": np.ones(2)})
    with pytest.raises(IndexInputError, match="shapes"):
        compute_index("NDVI", {"red": np.ones(2), "nir": np.ones(3)})
