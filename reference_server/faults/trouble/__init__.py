"""Faults of the family `trouble`: what goes wrong between client and server.

Switched on for some requests only (`first=2`, `probability=0.1`, `path=/files/`) they show how a client
recovers; switched on for all, how it gives up. Those that close connections need a server that leaves the
connection to the application, as the in-process server does.
"""
