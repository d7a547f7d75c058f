"""The environments and the configuration of the clients that people use. Knows no server."""
