"""The command `registry-conformance`, one module per command."""
