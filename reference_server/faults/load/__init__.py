"""Faults that show only while many uploads run at once: more than the checks of races send together."""
