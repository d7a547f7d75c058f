"""Drivers for real package clients, in processes without the user's settings."""

from conformance.clients.client import Client
from conformance.clients.environment import hermetic
from conformance.clients.flit import Flit
from conformance.clients.hatch import Hatch
from conformance.clients.index_url import IndexURL, empty_index
from conformance.clients.installed import PipApi, installed_files, installed_versions, site_of, wheel_files
from conformance.clients.pdm import Pdm
from conformance.clients.pip import Pip, available_versions
from conformance.clients.pipenv import Pipenv
from conformance.clients.poetry import Poetry
from conformance.clients.run import ClientMissing, ClientRun, execute
from conformance.clients.twine import Twine
from conformance.clients.use import Activity, Use
from conformance.clients.uv import Uv
from conformance.clients.wanted import Installs, Locks, Publishes, ReadsTwo, Wanted

__all__ = [
    "CLIENTS",
    "Activity",
    "Client",
    "ClientMissing",
    "ClientRun",
    "Flit",
    "Hatch",
    "IndexURL",
    "Installs",
    "Locks",
    "Pdm",
    "Pip",
    "PipApi",
    "Pipenv",
    "Poetry",
    "Publishes",
    "ReadsTwo",
    "Twine",
    "Use",
    "Uv",
    "Wanted",
    "available_versions",
    "empty_index",
    "execute",
    "hermetic",
    "installed_files",
    "installed_versions",
    "site_of",
    "wheel_files",
]

CLIENTS: tuple[type[Client], ...] = (Pip, Twine, Uv, Poetry, Pdm, Hatch, Flit, Pipenv)
"""All clients. A new one needs a module with its driver, and a place here."""
