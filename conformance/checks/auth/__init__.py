"""Who one says to be, and what a registry does about it."""
