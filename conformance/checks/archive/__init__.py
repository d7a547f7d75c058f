"""What is inside of the distributions that are uploaded."""
