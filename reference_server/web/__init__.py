"""The page "Packages & Registries", for people. It is imported on the first request for it."""
