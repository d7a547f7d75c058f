"""What a registry does to be safe from its users, and its users from each other."""
