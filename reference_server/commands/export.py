"""`reference-server export`: writes a static index."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reference_server.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from reference_server.model import GitLabProject
    from reference_server.rules.registry import Registry

SUMMARY = "write a registry as static files for any web server"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "place",
        nargs="?",
        type=Path,
        metavar="STORE|FOLDER",
        help="directory of a registry that no server uses, a folder of distributions, or what `record` wrote",
    )
    parser.add_argument(
        "--server", metavar="URL", help="simple index of a running server, in place of a directory"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIRECTORY",
        help="new or empty directory to write",
    )
    parser.add_argument(
        "--gitlab-project", default="1", metavar="ID", help="id or path, in a registry (default: %(default)s)"
    )
    parser.add_argument(
        "--link", action="store_true", help="link files where the file system can (default: copy them)"
    )


def run(options: argparse.Namespace) -> int:
    """Write the index."""
    from reference_server.sources.export import export

    if bool(options.server) == bool(options.place):
        raise UserError("export needs one source", "Give a directory, or --server URL.")
    opened = _index(options.server) if options.server else _directory(options.place, options.gitlab_project)
    with opened as (registry, gitlab_project):
        done = export(registry, gitlab_project, options.output, links=options.link)
    print(f"Wrote {done.files} files of {done.projects} projects; the index is {options.output / 'simple'}/")
    return 0


@contextmanager
def _directory(place: Path, reference: str) -> Iterator[tuple[Registry, GitLabProject]]:
    from reference_server.model.errors import NotFoundError
    from reference_server.serving.default_registry import default_registry
    from reference_server.sources.opening import folder_store
    from reference_server.store.sqlite import SQLiteStore

    if (place / "registry.sqlite3").exists():
        registry = default_registry(store=SQLiteStore(place), adds_ready_made=False)
    else:
        registry = default_registry(store=folder_store(place, gitlab_project=1))
        reference = "1"
    with closing(registry):
        try:
            found = registry.gitlab_project(reference)
        except NotFoundError:
            raise UserError(
                f"there is no GitLab project {reference!r}",
                "`gitlab-project list` lists the GitLab projects.",
            ) from None
        yield registry, found


@contextmanager
def _index(url: str) -> Iterator[tuple[Registry, GitLabProject]]:
    from dataclasses import replace

    from reference_server.rules.ready_made import GITLAB_PROJECTS
    from reference_server.serving.default_registry import default_registry
    from reference_server.sources.upstream import Upstream
    from reference_server.sources.whole_index import OWNER, whole_index

    mirror = whole_index(Upstream(url=url))
    with closing(default_registry(store=mirror.store, adds_ready_made=False)) as registry:
        yield registry, replace(GITLAB_PROJECTS[0], id=OWNER)
