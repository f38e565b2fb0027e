"""Which rule asks for which field, and what a lot still lacks."""
