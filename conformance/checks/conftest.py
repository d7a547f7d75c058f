"""Offers the fixtures of the kit to the checks, and to no other test of the session."""

from conformance.kit.fixtures import *  # noqa: F403 - a new fixture is named in one place, the `__all__` there
