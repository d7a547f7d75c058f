"""pip finds, chooses and installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import WRONG, default_token, with_wrong_token
from conformance.kit.http import Credential
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient, UserMachine
    from conformance.kit.user_machine import Installation
    from reference_server.distributions import Distribution


def installed(installation: Installation, distribution: Distribution, machine: UserMachine) -> None:
    """Require that pip installed exactly this wheel: its version, and its files byte for byte."""
    expect.succeeded(installation.run)
    name = canonicalize_name(distribution.name)
    where = " ".join(installation.run.command)
    expect.equal(
        installation.versions.get(name),
        distribution.version,
        of=f"the installed version of {name}",
        where=where,
    )
    missing = machine.members(distribution).items() - installation.files.items()
    expect.rule(
        "every file of the wheel to be installed unchanged",
        broken_by=sorted(f"{path} is missing or changed" for path, _ in missing),
        where=where,
    )


@check("clients.pip.index-url")
def test_index_url(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.plain.install(f"{corpus.main}==1.0"), corpus["main-wheel"], machine)


@check("clients.pip.extra-index-url")
def test_extra_index_url(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(f"{corpus.main}==1.0", extra_index=True), corpus["main-wheel"], machine)


@check("clients.pip.credentials-percent-encoded")
def test_credentials_percent_encoded(machine: UserMachine, registry: RegistryClient, corpus: Corpus) -> None:
    odd = Credential(username="jane@example.com", password=default_token(registry))
    installation = machine.install(f"{corpus.main}==1.0", as_="odd", of=registry.knowing(odd=odd))
    installed(installation, corpus["main-wheel"], machine)


@check("clients.pip.no-deps")
def test_no_deps(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    needy = wheel(new_name("needy"), "1.0", requires_dist=(f"{new_name('nowhere')}>=1",))
    publish(registry, needy)
    installed(machine.install(needy.name), needy, machine)


@check("clients.pip.dependencies")
def test_dependencies(machine: UserMachine, registry: RegistryClient, new_name: NewName) -> None:
    needed = wheel(new_name("needed"), "1.0")
    needy = wheel(new_name("needy"), "1.0", requires_dist=(f"{needed.name}>=1",))
    publish(registry, needed, needy)
    installation = machine.install(needy.name, no_deps=False)
    for distribution in (needed, needy):
        installed(installation, distribution, machine)


@check("clients.pip.pinned")
def test_pinned(machine: UserMachine, corpus: Corpus) -> None:
    """pip has to know what it has installed, too."""
    installation = machine.install(f"{corpus.main}==1.0")
    installed(installation, corpus["main-wheel"], machine)
    versions = machine.versions_pip_lists(installation)
    expect.equal(
        versions,
        installation.versions,
        of="the versions that pip lists",
        where=" ".join(installation.run.command),
    )


@check("clients.pip.latest")
def test_latest(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(corpus.main), corpus["main-latest"], machine)


@check("clients.pip.pre-release")
def test_pre_release(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(corpus.main, pre=True), corpus["main-prerelease"], machine)


@check("clients.pip.requires-python")
def test_requires_python(machine: UserMachine, corpus: Corpus) -> None:
    """pip would find out from the wheel itself, too: it must not even have to look at the newer one."""
    runs, too_new = corpus["picky-old"], corpus["picky-new"]
    installation = machine.install(runs.name)
    installed(installation, runs, machine)
    fetched = [too_new.filename] if installation.run.says(too_new.filename) else []
    expect.rule(
        "pip to leave out the file that this Python cannot run",
        broken_by=fetched,
        where=" ".join(installation.run.command),
    )


@check("clients.pip.name-with-dot")
def test_name_with_dot(machine: UserMachine, corpus: Corpus) -> None:
    spelling = canonicalize_name(corpus.main).replace("-", ".")
    installed(machine.install(spelling), corpus["main-latest"], machine)


@check("clients.pip.name-with-underscore")
def test_name_with_underscore(machine: UserMachine, corpus: Corpus) -> None:
    spelling = canonicalize_name(corpus.main).replace("-", "_").title()
    installed(machine.install(spelling), corpus["main-latest"], machine)


@check("clients.pip.name-with-run")
def test_name_with_run(machine: UserMachine, corpus: Corpus) -> None:
    spelling = canonicalize_name(corpus.main).replace("-", "....")
    installed(machine.install(spelling), corpus["main-latest"], machine)


@check("clients.pip.hash-checked")
def test_hash_checked(machine: UserMachine, corpus: Corpus) -> None:
    wanted = corpus["main-wheel"]
    line = f"{wanted.name}=={wanted.version} --hash=sha256:{wanted.sha256}"
    installed(machine.install(line, require_hashes=True), wanted, machine)


@check("clients.pip.local-version")
def test_local_version(machine: UserMachine, corpus: Corpus) -> None:
    patched = corpus["version-local"]
    installed(machine.install(f"{patched.name}=={patched.version}"), patched, machine)


@check("clients.pip.read-api-token")
def test_read_api_token(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(corpus.main, as_="personal-read-api"), corpus["main-latest"], machine)


@check("clients.pip.deploy-token")
def test_deploy_token(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(corpus.main, as_="deploy-read"), corpus["main-latest"], machine)


@check("clients.pip.job-token")
def test_job_token(machine: UserMachine, corpus: Corpus) -> None:
    installed(machine.install(corpus.main, as_="job"), corpus["main-latest"], machine)


@check("clients.pip.private-without-credentials")
def test_private_without_credentials(
    machine: UserMachine, private_registry: RegistryClient, corpus: Corpus
) -> None:
    expect.gave_up(machine.install(corpus.main, as_=ANONYMOUS, of=private_registry).run)


@check("clients.pip.wrong-token")
def test_wrong_token(machine: UserMachine, private_registry: RegistryClient, corpus: Corpus) -> None:
    installation = machine.install(corpus.main, as_=WRONG, of=with_wrong_token(private_registry))
    expect.gave_up(installation.run)
    expect.rule(
        "pip to install no file", broken_by=installation.files, where=" ".join(installation.run.command)
    )
