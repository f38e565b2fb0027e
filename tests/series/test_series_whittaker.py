"""The vectorised smoother against the dense normal equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agridata.errors import UsageError
from remote_sensing.series import whittaker


def dense(y, w, lmbda):
    difference = np.diff(np.eye(y.size), n=2, axis=0)
    return np.linalg.solve(np.diag(w) + lmbda * difference.T @ difference, w * np.nan_to_num(y))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), steps=st.integers(3, 46),
    lmbda=st.sampled_from([0.5, 10.0, 1000.0]),
)  # fmt: skip
def test_equals_the_dense_solution(seed, steps, lmbda):
    draw = np.random.default_rng(seed)
    values = draw.normal(0.5, 0.2, (5, steps))
    values[draw.random(values.shape) < 0.35] = np.nan
    smooth = whittaker(values, lmbda)
    for row, got in zip(values, smooth, strict=True):
        seen = np.isfinite(row)
        if seen.sum() < 3:
            assert np.isnan(got).all()
        else:
            np.testing.assert_allclose(got, dense(row, seen.astype(float), lmbda), atol=1e-6)


@given(level=st.floats(-5, 5), slope=st.floats(-1, 1))
def test_a_line_passes_unchanged_through_gaps(level, slope):
    line = level + slope * np.arange(20)
    seen = line.copy()
    seen[3:12] = np.nan
    np.testing.assert_allclose(whittaker(seen, 100.0), line, atol=1e-6)


def test_weights_tell_whom_to_believe():
    values = np.full(15, 0.5)
    values[7] = 0.0  # a cloud
    trusting = whittaker(values)[7]
    careful = whittaker(values, weights=np.where(np.arange(15) == 7, 0.01, 1.0))[7]
    assert trusting < careful < 0.51
    assert careful == pytest.approx(0.5, abs=0.01)


def test_shape_is_kept_and_empty_series_stay_empty():
    cube = np.full((2, 3, 10), np.nan)
    cube[0, 0] = 1.0
    smooth = whittaker(cube)
    assert smooth.shape == cube.shape
    np.testing.assert_allclose(smooth[0, 0], 1.0)
    assert np.isnan(smooth[1]).all()


def test_wrong_calls_are_named():
    with pytest.raises(UsageError):
        whittaker(np.ones(5), lmbda=0)
    with pytest.raises(UsageError):
        whittaker(np.ones(2))
    with pytest.raises(UsageError, match="weight"):
        whittaker(np.ones(5), weights=-np.ones(5))
