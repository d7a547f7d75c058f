"""How real clients cope with each fault of a registry."""
