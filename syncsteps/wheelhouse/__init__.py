"""Wheelhouses: every file of a selection as a wheel, in a directory with a manifest."""
