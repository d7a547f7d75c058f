"""Kinds of registries: their URL layout, and what they are held to."""

from conformance.profiles.loader import HeldTo, Profile, UnknownProfile, profile, profile_names

__all__ = ["HeldTo", "Profile", "UnknownProfile", "profile", "profile_names"]
