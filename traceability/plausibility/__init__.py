"""Claims against observation."""
