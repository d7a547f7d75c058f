"""Kinds of registries: what they are held to, and the layout that is usual for them."""

from conformance.profiles.loader import HeldTo, Profile, UnknownProfile, profile, profile_names, under_load

__all__ = ["HeldTo", "Profile", "UnknownProfile", "profile", "profile_names", "under_load"]
