"""What happens when real clients use the registry."""
