"""Many clients at once: what they do, what they saw, and how they are driven."""
