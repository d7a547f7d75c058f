"""Ways to serve: inside this process, as a process of its own, as a proxy."""
