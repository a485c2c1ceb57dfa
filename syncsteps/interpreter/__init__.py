"""The target interpreter: found, probed, and kept as a value."""
