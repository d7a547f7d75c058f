"""Names of projects at upload."""
