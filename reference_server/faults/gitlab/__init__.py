"""Faults in area `gitlab`: what GitLab's documentation promises."""
