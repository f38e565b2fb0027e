"""Scores on numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remote_sensing.evaluation import brier, coverage, nash_sutcliffe, rmse, skill

NAN = float("nan")


def test_scores_of_known_pairs():
    assert rmse([1, 2, 3], [1, 2, 6]) == pytest.approx(math.sqrt(3))
    assert nash_sutcliffe([1, 2, 3], [1, 2, 6]) == pytest.approx(1 - 9 / 2)
    assert nash_sutcliffe([1, 2, 3], [2, 2, 2]) == pytest.approx(0)
    assert skill(1.0, 4.0) == 0.75
    assert skill(5.0, 4.0) == -0.25
    assert coverage([1, 2, 3, 4], [0, 2, 4, 0], [1, 3, 5, 3]) == 0.5
    assert brier([1, 0, 1, 0], [1, 0, 0.5, 0.5]) == pytest.approx(0.125)


def test_missing_pairs_are_left_out():
    assert rmse([1, NAN, 3], [2, 5, NAN]) == 1.0
    assert coverage([NAN, 1], [0, 0], [2, 2]) == 1.0


def test_nothing_to_score_is_nan_not_zero():
    for value in (
        rmse([], []), rmse([NAN], [1]), nash_sutcliffe([2, 2], [1, 3]), skill(1, 0),
        coverage([NAN], [0], [1]), brier([], []),
    ):  # fmt: skip
        assert math.isnan(value)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30), st.floats(-5, 5))
def test_constant_bias_is_the_rmse(values, bias):
    seen = np.asarray(values)
    assert rmse(seen, seen + bias) == pytest.approx(abs(bias), abs=1e-9)
