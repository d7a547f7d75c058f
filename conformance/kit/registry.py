"""The registry under test, for checks: its client, its driver, GitLab's API of it, and who may be its caller."""

from conformance.target import ANONYMOUS, DEFAULT
from conformance.target.answered_pages import page_in, root_in
from conformance.target.claims import EVIDENCE, OF_GITLAB
from conformance.target.clock import skew
from conformance.target.drivers import Driver
from conformance.target.evidence import evidence_of
from conformance.target.gitlab import GitLab, json_of, objects
from conformance.target.registry_client import RegistryClient, file_url

__all__ = [
    "ANONYMOUS",
    "DEFAULT",
    "EVIDENCE",
    "OF_GITLAB",
    "Driver",
    "GitLab",
    "RegistryClient",
    "evidence_of",
    "file_url",
    "json_of",
    "objects",
    "page_in",
    "root_in",
    "skew",
]
