"""The environments of the clients of a run, made before anything is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from conformance.clients.prepared import EnvironmentFolder, client_specs, make
from conformance.clients.prepared.making import NoSuchVersion
from conformance.errors import ExitCode, UserError
from conformance.run.run import CannotJudge

if TYPE_CHECKING:
    from typing import TextIO

    from conformance.clients.prepared import ClientSpec, Environment


def prepare_clients(
    clients: str, progress: TextIO | None = None
) -> dict[ClientSpec, Environment | UserError]:
    """Return the environment of each client, or why it cannot be prepared.

    Raises CannotJudge for a version that does not exist, and UserError for a client without a driver.
    """
    environments = EnvironmentFolder.default()
    try:
        return {spec: _environment(spec, environments, progress) for spec in distinct(client_specs(clients))}
    except KeyboardInterrupt:
        message = "nothing was judged: the run was interrupted"
        raise CannotJudge(message, ExitCode.HARNESS_ERROR) from None


def distinct(specs: tuple[ClientSpec, ...]) -> tuple[ClientSpec, ...]:
    """Return each client and version once, in the first spelling: 24 and 24.0 are one version."""
    once: dict[tuple[str, Version | None], ClientSpec] = {}
    for each in specs:
        once.setdefault((each.name, Version(each.version) if each.version else None), each)
    return tuple(once.values())


def _environment(
    spec: ClientSpec, environments: EnvironmentFolder, progress: TextIO | None
) -> Environment | UserError:
    """Return an environment that is there or can be made. Raises CannotJudge for a version that does not exist."""
    try:
        if there := environments.find(spec):
            return there
        if progress:
            print(f"Preparing {spec} …", file=progress, flush=True)
        return make(spec, environments)
    except NoSuchVersion as error:
        raise CannotJudge(error.message, ExitCode.USAGE, hint=error.hint) from error
    except UserError as error:
        return error
    except OSError as error:
        return UserError(f"{spec} cannot be prepared: {error}", "Is there room in the cache?")
