"""What the user sees: a console, a log, a file."""
