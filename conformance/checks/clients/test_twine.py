"""twine publishes, and is told why when it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import WRONG, with_wrong_token
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient, UserMachine
    from reference_server.distributions import Distribution


def publishes_with_pypirc(as_: str, machine: UserMachine, registry: RegistryClient, name: str) -> None:
    distribution = wheel(name, "1.0")
    expect.succeeded(machine.publish(distribution, as_=as_, pypirc=True))
    expect.listed(registry.project_page(name), [distribution.filename])


@check("clients.twine.pypirc-personal-token")
def test_pypirc_personal_token(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    publishes_with_pypirc("default", machine, registry, new_name("twine-personal"))


@check("clients.twine.pypirc-deploy-token")
def test_pypirc_deploy_token(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    publishes_with_pypirc("deploy-write", machine, registry, new_name("twine-deploy"))


@check("clients.twine.pypirc-job-token")
def test_pypirc_job_token(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    publishes_with_pypirc("job", machine, registry, new_name("twine-job"))


@check("clients.twine.environment")
def test_environment(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("twine-environment"), "1.0")
    expect.succeeded(machine.plain.publish(distribution))
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


@check("clients.twine.wheel-and-sdist")
def test_wheel_and_sdist(twine_release: tuple[Distribution, ...], registry: RegistryClient) -> None:
    filenames = [distribution.filename for distribution in twine_release]
    expect.listed(registry.project_page(twine_release[0].name), filenames)


@check("clients.twine.bytes")
def test_bytes(twine_release: tuple[Distribution, ...], registry: RegistryClient) -> None:
    for distribution in twine_release:
        expect.same_bytes(registry.download(link_to(registry, distribution)), distribution)


@check("clients.twine.duplicate-fails")
def test_duplicate_fails(machine: UserMachine, new_name: NewName) -> None:
    """Other bytes: the same ones again may be taken, as `upload.dup.identical` asks."""
    name = new_name("twine-again")
    first = machine.publish(wheel(name, "1.0"))
    if first.exit_code != 0:
        raise Untestable(
            f"twine did not publish the first file, exit code {first.exit_code}; see clients.twine.*"
        )
    expect.gave_up(machine.publish(wheel(name, "1.0", marker="other bytes")))


@check("clients.twine.duplicate-message")
def test_duplicate_message(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("twine-message"), "1.0")
    publish(registry, distribution)
    expect.says(machine.publish(distribution), "File name has already been taken")


@check("clients.twine.duplicate-changes-nothing")
def test_duplicate_changes_nothing(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("twine-changed")
    first = wheel(name, "1.0")
    publish(registry, first)
    machine.publish(wheel(name, "1.0", marker="other bytes"))
    expect.same_bytes(registry.download(link_to(registry, first)), first)


@check("clients.twine.bad-version")
def test_bad_version(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    """twine rejects most bad versions before it sends them, but not a blank at the end."""
    refused(wheel(new_name("twine-version"), "1.0 "), "default", "400", machine, registry)


@check("clients.twine.wrong-password")
def test_wrong_password(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    wrong = with_wrong_token(registry)
    refused(wheel(new_name("twine-wrong"), "1.0"), WRONG, "401", machine, wrong)


@check("clients.twine.read-only-token")
def test_read_only_token(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    refused(wheel(new_name("twine-reader"), "1.0"), "deploy-read", "403", machine, registry)


def refused(
    distribution: Distribution, as_: str, status: str, machine: UserMachine, registry: RegistryClient
) -> None:
    run = machine.publish(distribution, as_=as_, to=registry)
    expect.gave_up(run)
    expect.says(run, f"HTTPError: {status}")  # not the number alone: a port may hold it
    expect.not_listed(registry.project_page(distribution.name), [distribution.filename])
