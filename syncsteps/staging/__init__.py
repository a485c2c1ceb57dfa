"""Fetching, building and unpacking aside, by uv or by pip."""
