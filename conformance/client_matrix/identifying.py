"""Scenarios of credentials: wherever its documents let a client find one, the registry gets it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.client_matrix.stage import require_installed, require_success
from conformance.clients import Installs, Wanted
from conformance.clients.credential_places import Access, NotPossible, Place, kept
from conformance.target import ANONYMOUS
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.client_matrix.stage import Stage
    from conformance.clients.credential_places import Kept

PUBLISHING = frozenset({"hatch"})
"""Clients that install, too, but leave it to pip, with the places of pip."""


def credential_in_url(stage: Stage) -> None:
    """Give the credential in the URL of the index: the client identifies itself."""
    _identified(stage, Place.URL)


def credential_in_environment(stage: Stage) -> None:
    """Give the credential in the client's own environment variables: it identifies itself."""
    _identified(stage, Place.ENVIRONMENT)


def credential_in_netrc(stage: Stage) -> None:
    """Give the credential in a netrc file: the client identifies itself."""
    _identified(stage, Place.NETRC)


def credential_in_keyring(stage: Stage) -> None:
    """Give the credential in a keyring, and the user name to the client: it identifies itself."""
    _identified(stage, Place.KEYRING)


def credential_in_store(stage: Stage) -> None:
    """Give the credential in the client's own file of settings or credentials: it identifies itself."""
    _identified(stage, Place.STORE)


def _identified(stage: Stage, place: Place) -> None:
    """Install, or publish with a client that does nothing else, and require a request with a credential."""
    venue, client = stage.venue, stage.client
    if venue.credential is None:
        raise NotApplicable("the target has no credential")
    access = Access(index_url=venue.index_url.url, upload_url=venue.upload_url, credential=venue.credential)
    try:
        found = kept(client.name, place, access)
    except NotPossible as error:
        raise Untestable(str(error)) from error
    variables = {**client.home.variables, **found.home.variables}
    here = stage.with_client(replace(client, home=replace(found.home, variables=variables)))
    if isinstance(client, Installs) and client.name not in PUBLISHING:
        _install(here, found)
    else:
        new = wheel(venue.new_name("identified"), "1.0")
        require_success(here.publish(new, kept=found))
    if not any(each.with_credential and each.status and each.status < 300 for each in stage.sent):
        raise Deviation(
            expected="a request with a credential that succeeds", found="none", where=stage.client.name
        )


def _install(stage: Stage, found: Kept) -> None:
    """Install a project that is read with a credential only. Raises NotApplicable where none is needed."""
    name = stage.venue.main
    if stage.venue.registry.project_answer(name, as_=ANONYMOUS, fresh=True).is_success:
        raise NotApplicable("the target lets everyone read without a credential")
    stage.install(Wanted(name=name), index_url=found.index)
    require_installed(stage, **{name: "1.1"})
