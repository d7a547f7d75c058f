"""Real registries that others wrote, each with the recipe that starts it, judged and adjudicated."""
