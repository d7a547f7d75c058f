"""Properties: examples of every kind, drawn by a seed, and any order of changes."""
