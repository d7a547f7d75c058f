"""Faults of the family `habit`: registries in production are late, busy, throttled and cached.

No specification forbids any of it. A client, and the conformance suite, has to cope with each.
"""
