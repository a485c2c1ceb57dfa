"""Importing what was staged, before it is let in."""
