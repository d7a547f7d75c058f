"""The command `reference-server`."""
