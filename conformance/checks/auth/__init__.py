"""Authentication: who may read, and who may publish."""
