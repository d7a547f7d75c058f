"""Whom the Python Package Index takes uploads from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import NOT_A_TOKEN
from conformance.kit.http import Credential
from conformance.kit.uploads.stored_files import nothing_stored
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("auth.upload.password-refused")
def test_password_refused(registry: RegistryClient, new_name: NewName) -> None:
    """No account is needed: the user name alone says that a password follows."""
    person = registry.knowing(person=Credential(username="conformance-person", password=NOT_A_TOKEN))
    distribution = wheel(new_name("password"), "1.0")
    expect.status(person.upload(distribution, as_="person"), 403)
    nothing_stored(registry, distribution)
