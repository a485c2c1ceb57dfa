"""Rules that say, before anything is touched, whether a selection fits a system."""
