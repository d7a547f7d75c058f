"""Drivers for real package clients, in processes without the user's settings."""

from conformance.clients.client import Client
from conformance.clients.environment import hermetic
from conformance.clients.index_url import IndexURL, empty_index
from conformance.clients.installed import PipApi, installed_files, installed_versions, wheel_files
from conformance.clients.pip import Pip, available_versions
from conformance.clients.poetry import Poetry
from conformance.clients.run import ClientMissing, ClientRun, execute
from conformance.clients.twine import Twine
from conformance.clients.use import Activity, Use
from conformance.clients.uv import Uv

__all__ = [
    "CLIENTS",
    "Activity",
    "Client",
    "ClientMissing",
    "ClientRun",
    "IndexURL",
    "Pip",
    "PipApi",
    "Poetry",
    "Twine",
    "Use",
    "Uv",
    "available_versions",
    "empty_index",
    "execute",
    "hermetic",
    "installed_files",
    "installed_versions",
    "wheel_files",
]

CLIENTS: tuple[type[Client], ...] = (Pip, Twine, Uv, Poetry)
"""All clients. A new one needs a module with its driver, and a place here."""
