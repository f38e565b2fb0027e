"""Published tables of area, yield and production."""
