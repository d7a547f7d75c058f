"""What many clients saw at once."""
