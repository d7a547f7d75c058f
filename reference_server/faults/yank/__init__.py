"""Faults in area `yank`: yanked files."""
