"""Misbehaviour on request. A fault changes the good server at one of a few seams."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug import Response

    from reference_server.rendering.pages import ProjectPage, RootPage
    from reference_server.request import Request
    from reference_server.rules import Rules


class Fault:
    """One named misbehaviour: override the innermost seam that can express it.

    The docstring's first line is its summary; `breaks` lists the ids of the requirements it violates.
    """

    breaks: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The class's name in lower case with dashes."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", type(self).__name__).lower()

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]

    def rules(self, rules: Rules) -> Rules:
        """Decide something else. Called once, when the application is made."""
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Change what a project's page says."""
        return page

    def root_page(self, page: RootPage) -> RootPage:
        """Change what the root page says."""
        return page

    def rendered(self, body: bytes) -> bytes:
        """Change the bytes of a rendered page."""
        return body

    def respond(self, request: Request, response: Response) -> Response:
        """Change any answer; `request.endpoint` names the route."""
        del request
        return response

    def handle(self, request: Request) -> Response | None:
        """Answer instead of the server, before anything is checked."""
        del request
        return None


class UnknownFaultError(LookupError):
    """No fault has this name; the text says which names are close to it."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches

        near = " or ".join(map(repr, get_close_matches(name, known)))
        super().__init__(f"no fault is named {name!r}" + (f"; is it {near}?" if near else ""))
        self.name = name


@cache
def all_faults() -> tuple[type[Fault], ...]:
    """Give every fault that says what it breaks, module by module. The first call imports them."""
    from importlib import import_module
    from pkgutil import iter_modules

    names = sorted(module.name for module in iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return tuple(
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, Fault)
        and found.__module__ == module.__name__
        and "breaks" in vars(found)
    )


def fault_named(name: str) -> Fault:
    """Make the fault of this name. Raises `UnknownFaultError`."""
    faults = {fault.name: fault for fault in (kind() for kind in all_faults())}
    if name not in faults:
        raise UnknownFaultError(name, faults)
    return faults[name]


class _Several(Fault):
    """Faults one after the other."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._faults = faults

    def rules(self, rules: Rules) -> Rules:
        for fault in self._faults:
            rules = fault.rules(rules)
        return rules

    def project_page(self, page: ProjectPage) -> ProjectPage:
        for fault in self._faults:
            page = fault.project_page(page)
        return page

    def root_page(self, page: RootPage) -> RootPage:
        for fault in self._faults:
            page = fault.root_page(page)
        return page

    def rendered(self, body: bytes) -> bytes:
        for fault in self._faults:
            body = fault.rendered(body)
        return body

    def respond(self, request: Request, response: Response) -> Response:
        for fault in self._faults:
            response = fault.respond(request, response)
        return response

    def handle(self, request: Request) -> Response | None:
        answers = (fault.handle(request) for fault in self._faults)
        return next((answer for answer in answers if answer is not None), None)


def compose(faults: Iterable[Fault]) -> Fault:
    """Make one fault of several: each seam goes through all of them, in order."""
    several = tuple(faults)
    return several[0] if len(several) == 1 else _Several(several)
