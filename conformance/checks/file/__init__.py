"""File names at upload."""
