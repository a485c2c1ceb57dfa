"""Selections and locks as text that installers and other tools read."""
