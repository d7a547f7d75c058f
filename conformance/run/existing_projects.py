"""The projects that a read-only run looks at: those that were named, or a few that the root page lists."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.pages import JSON_V1, TEXT_HTML
from conformance.run.door import summary
from conformance.run.listing import pages_of
from conformance.run.run import CannotJudge
from conformance.target import ANONYMOUS
from conformance.target.answered_pages import root_in
from conformance.verdicts import ExitCode
from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.pages import FileLink
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

PICKED = 3
"""How many projects are picked from the root page."""

TRIED = 10
"""How many are asked for until as many are found that list files."""


DRAWN = 200
"""How many entries of the root page are drawn for that: some may have no name, or the name of another one."""


def existing_projects(registry: RegistryClient, named: tuple[str, ...], *, seed: int) -> tuple[str, ...]:
    """Return the normalized names of the projects to look at. Raises CannotJudge where there is nothing to see."""
    names = _with_pages(registry, named) if named else _picked(registry, seed)
    _require_credential_for_files(registry, names)
    return tuple(map(canonicalize_name, names))


def listed_files(registry: RegistryClient, projects: Iterable[str]) -> list[FileLink]:
    """Return every file that the pages of these projects list, in any form."""
    pages = [page for name in projects for page in pages_of(registry, canonicalize_name(name)).values()]
    return [file for page in pages for file in page.files]


def _with_pages(registry: RegistryClient, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that the user gave. Each has to have a page: a name without one is a mistake."""
    for name in names:
        answer = _page(registry, name)
        if answer.status != 200:
            raise CannotJudge(
                f"expected a page of the project {name!r}, found {summary(answer)}",
                ExitCode.TOO_LITTLE_JUDGED if answer.status >= 500 else ExitCode.USAGE,
            )
    return names


def _picked(registry: RegistryClient, seed: int) -> list[str]:
    """Return a few projects of the root page that have pages; those that list files come first."""
    served: list[str] = []
    with_files: list[str] = []
    tried = drawn(_listed(registry), seed=seed)
    if not tried:
        raise CannotJudge(
            f"{registry.target.index_url} lists projects without names\nName some projects with --project.",
            ExitCode.TOO_LITTLE_JUDGED,
        )
    for name in tried:
        if len(with_files) < PICKED and _page(registry, name).status == 200:
            (with_files if listed_files(registry, [name]) else served).append(name)
    if not with_files + served:
        raise CannotJudge(
            f"{registry.target.index_url} has links as an index has, but no page of a project was there, of "
            f"{counted(len(tried), 'page')} asked for; the last: {summary(_page(registry, tried[-1]))}\n"
            "Check the URL, or name others with --project.",
            ExitCode.TOO_LITTLE_JUDGED,
        )
    return (with_files + served)[:PICKED]


def drawn(listed: Sequence[str], *, seed: int) -> list[str]:
    """Return a few names of a list by chance, none of them empty, and of a project that is listed twice only one."""
    chance = random.Random(seed)  # noqa: S311 - a choice of samples, not a secret
    some = chance.sample(listed, min(DRAWN, len(listed)))
    names = {canonicalize_name(name): name for name in reversed(some) if name.strip()}
    return [*reversed(names.values())][:TRIED]


def _page(registry: RegistryClient, name: str) -> Answer:
    """Return the answer for a project's page: of the two forms the one that is served."""
    registry.spellings.note(name)
    html = registry.project_answer(name, accept=TEXT_HTML)
    return html if html.status == 200 else registry.project_answer(name, accept=JSON_V1)


def _listed(registry: RegistryClient) -> Sequence[str]:
    """Return the name of every project on the root page, in whichever form it comes; of a long one in one form."""
    answers = [registry.root_answer(accept=accept) for accept in (TEXT_HTML, JSON_V1)]
    roots = [root_in(answer) for answer in answers if answer.status == 200]
    for root in roots:
        if root.is_packed and len(root.names):
            return root.names
    names = [name for root in roots for name in root.names if name]
    if names:
        return list({canonicalize_name(name): name for name in names}.values())
    shown = "lists no project" if answers[0].status == 200 else f"has no root page: {summary(answers[0])}"
    raise CannotJudge(
        f"{registry.target.index_url} {shown}\nName some projects with --project.",
        ExitCode.TOO_LITTLE_JUDGED,
    )


def _require_credential_for_files(registry: RegistryClient, names: Iterable[str]) -> None:
    """Refuse to judge files that take a credential that was not given, or another one: it is none of their fault."""
    files = [file for file in listed_files(registry, names) if registry.target.same_host(file.url)]
    if not files:
        return
    answer = registry.request("HEAD", min(files, key=lambda file: file.size or 0).url)
    if answer.status == 401:
        given = answer.credential != ANONYMOUS
        change = "Check user name and password." if given else "Give --username and --password."
        raise CannotJudge(f"the files ask for a credential: {summary(answer)}\n{change}", ExitCode.USAGE)
