"""Faults in area `robustness`: broken and unusual requests."""
