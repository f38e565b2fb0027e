"""Organisations, people by pseudonym, land, plantings, herds, ponds, products."""
