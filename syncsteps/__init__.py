"""Put a project's lock file into the system Python, without ever breaking it."""
