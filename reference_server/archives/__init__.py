"""Opens and checks uploaded wheels and sdists."""
