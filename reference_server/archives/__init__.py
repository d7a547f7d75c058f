"""Wheels and sdists as they come: opened, looked into, checked."""
