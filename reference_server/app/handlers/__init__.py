"""Handlers, one module per kind of route: read the request, call the registry, answer."""
