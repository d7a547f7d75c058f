"""Drivers for real package clients, run as processes that know nothing of the user's settings."""

from conformance.clients.environment import hermetic
from conformance.clients.index_url import IndexURL, empty_index
from conformance.clients.installed import PipApi, installed_files, installed_versions, wheel_files
from conformance.clients.pip import Pip, available_versions
from conformance.clients.poetry import Poetry
from conformance.clients.run import ClientMissing, ClientRun, execute
from conformance.clients.twine import Twine
from conformance.clients.uv import Uv

__all__ = [
    "ClientMissing",
    "ClientRun",
    "IndexURL",
    "Pip",
    "PipApi",
    "Poetry",
    "Twine",
    "Uv",
    "available_versions",
    "empty_index",
    "execute",
    "hermetic",
    "installed_files",
    "installed_versions",
    "wheel_files",
]
