"""Environments of clients: one per client and version, made once, and kept outside of projects."""

from conformance.clients.prepared.environments import Environment, EnvironmentFolder
from conformance.clients.prepared.making import make
from conformance.clients.prepared.spec import ClientSpec, client_spec, client_specs

__all__ = ["ClientSpec", "Environment", "EnvironmentFolder", "client_spec", "client_specs", "make"]
