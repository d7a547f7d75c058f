"""Distribution metadata files."""
