"""RFC 9162 log on pymerkle: statements, checkpoints, proofs, audit."""
