"""The legacy upload API, as clients and indexes have agreed on it."""
