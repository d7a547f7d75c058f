"""Faults in area `race`: they show only while requests overlap."""
