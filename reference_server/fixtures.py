"""Pytest fixtures for tests of registry clients. Importing this module is fast."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, Unpack

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from reference_server.distributions import Distribution
    from reference_server.distributions.contents import Contents
    from reference_server.serving.in_process import ReferenceServer
    from reference_server.serving.registry_host import RegistryHost, Tenant
    from reference_server.serving.served_registry import RegistryOptions


@pytest.fixture
def reference_server_store() -> Path | None:
    """Where `reference_server` keeps its state: in memory, unless a test overrides this with a directory."""
    return None


@pytest.fixture
def reference_server(reference_server_store: Path | None) -> Iterator[ReferenceServer]:
    """Provide a running registry to one test. It is empty unless its store has content."""
    from reference_server.serving.in_process import ReferenceServer

    with ReferenceServer(store=reference_server_store) as server:
        yield server


@pytest.fixture(scope="session")
def pypi_registry_host() -> Iterator[RegistryHost]:
    """Provide the port on which `pypi_registry` has a place: one per session, or per worker of pytest-xdist."""
    from reference_server.serving.registry_host import RegistryHost

    with RegistryHost() as host:
        yield host


@pytest.fixture
def pypi_registry_options() -> RegistryOptions:
    """How `pypi_registry` behaves: override this with any of `RegistryOptions`."""
    return {}


@pytest.fixture
def pypi_registry(
    pypi_registry_host: RegistryHost, pypi_registry_options: RegistryOptions
) -> Iterator[Tenant]:
    """Provide an empty registry to one test, at a URL of its own. It shares nothing with those of other tests."""
    with pypi_registry_host.add(**pypi_registry_options) as tenant:
        yield tenant


@pytest.fixture
def pypi_registry_factory() -> Iterator[Callable[..., ReferenceServer]]:
    """Provide a function that starts registries on ports of their own. It takes the arguments of `ReferenceServer`."""
    from contextlib import ExitStack

    from reference_server.serving.in_process import ReferenceServer

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(ReferenceServer(**options))


@pytest.fixture(scope="session")
def pypi_distribution() -> Callable[..., Distribution]:
    """Provide the builder of distributions: `pypi_distribution("demo", "1.0", requires=["other>=1"], kind="sdist")`."""
    from reference_server.distributions import sdist, wheel

    def build(
        name: str,
        version: str = "1.0",
        *,
        kind: Literal["wheel", "sdist"] = "wheel",
        **contents: Unpack[Contents],
    ) -> Distribution:
        if kind not in {"wheel", "sdist"}:
            raise ValueError(f"no distribution is of the kind {kind!r}; choose wheel or sdist")
        return (sdist if kind == "sdist" else wheel)(name, version, **contents)

    return build


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the requests to the registries of a failed test."""
    report = yield
    if report.failed and call.excinfo is not None and "reference_server.serving.steered" in sys.modules:
        from reference_server.serving.failure_report import sections

        funcargs: dict[str, Any] = getattr(item, "funcargs", {})
        report.sections.extend(sections(funcargs, [entry.locals for entry in call.excinfo.traceback]))
    return report
