"""Intervals made from past errors hold on new errors of the same kind."""

from __future__ import annotations

import numpy as np
import pytest

from remote_sensing.evaluation import LEVELS, coverage, fit_error_model

LOW, HIGH = int(np.argmin(np.abs(LEVELS - 0.05))), int(np.argmin(np.abs(LEVELS - 0.95)))


def drawn(rng, size):
    """Errors whose size follows a known scale and differs by lead; skewed upward."""
    scale = rng.uniform(0.2, 5.0, size)
    lead = rng.integers(1, 4, size)
    error = scale * lead * (rng.gamma(2.0, 1.0, size) - 2.0)
    design = np.column_stack([np.ones(size), np.log(scale), np.log(lead)])
    return error, design, lead.astype(np.int64), scale


def test_coverage_on_unseen_errors_per_group_and_per_scale():
    rng = np.random.default_rng(5)
    error, design, lead, _ = drawn(rng, 6000)
    model = fit_error_model(error, design, lead)
    new, new_design, new_lead, scale = drawn(rng, 6000)
    centre = np.full(new.size, 100.0)
    grid = model.distribution(centre, new_design, new_lead)
    seen = centre + new
    for rows in (new_lead == 1, new_lead == 3, scale < 1, scale > 4):
        held = coverage(seen[rows], grid[rows, LOW], grid[rows, HIGH])
        assert held == pytest.approx(0.90, abs=0.03)


def test_distribution_is_ordered_never_negative_and_skewed_like_the_errors():
    rng = np.random.default_rng(6)
    error, design, lead, _ = drawn(rng, 2000)
    grid = fit_error_model(error, design, lead).distribution(np.full(2000, 3.0), design, lead)
    assert (np.diff(grid, axis=1) >= 0).all()
    assert (grid >= 0).all()
    wide = fit_error_model(error, design, lead).distribution(np.full(2000, 1e3), design, lead)
    middle = wide[:, len(LEVELS) // 2]
    assert np.all(wide[:, HIGH] - middle > middle - wide[:, LOW])


def test_a_group_with_few_errors_shares_all_of_them():
    rng = np.random.default_rng(7)
    error, design, lead, _ = drawn(rng, 1000)
    model = fit_error_model(error, design, lead)
    asked = np.asarray([1, 77], dtype=np.int64)
    grid = model.distribution(np.zeros(2), design[:2], asked)
    assert np.isfinite(grid).all()
    assert set(model.ranks) == {-1, 1, 2, 3}
