"""Project status markers."""
