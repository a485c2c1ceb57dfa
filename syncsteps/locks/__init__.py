"""Lock files of every format, read into one type."""
