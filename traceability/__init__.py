"""What is claimed and proven."""
