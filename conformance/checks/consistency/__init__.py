"""What holds at any moment."""
