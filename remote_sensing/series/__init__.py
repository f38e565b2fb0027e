"""Gap-aware smoothing and harvest dates."""
