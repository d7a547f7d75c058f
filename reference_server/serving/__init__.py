"""The server in this process, as a separate process, and as a proxy."""
