"""From a lock and an interpreter to one file for each package."""
