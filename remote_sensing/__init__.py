"""What is seen and foreseen: arrays in, arrays out, no database."""
