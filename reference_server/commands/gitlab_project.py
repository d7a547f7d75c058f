"""`reference-server gitlab-project`: creates, lists and switches the registries of GitLab projects."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from reference_server.commands.place import add_place, administration

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from reference_server.commands.administration import Administration, ListedProject

SUMMARY = "create and list GitLab projects, and switch their registries on and off"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands below this one."""
    commands = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    create = commands.add_parser("create", help="create a GitLab project with an empty registry")
    create.add_argument("path", metavar="PATH", help="full path, such as group/name")
    create.add_argument(
        "--visibility",
        choices=("private", "internal", "public"),
        default="private",
        help="who may see it (default: %(default)s)",
    )
    add_place(create)
    create.set_defaults(action=_create)
    listing = commands.add_parser("list", help="list GitLab projects")
    add_place(listing)
    listing.set_defaults(action=_list)
    switch = commands.add_parser("switch", help="switch the package registry of a GitLab project on or off")
    switch.add_argument("gitlab_project", metavar="ID", help="id or full path")
    switch.add_argument("state", choices=("on", "off"), help="new state")
    add_place(switch)
    switch.set_defaults(action=_switch)


def run(options: argparse.Namespace) -> int:
    """Create, list or switch."""
    with closing(administration(options)) as place:
        options.action(options, place)
    return 0


def _create(options: argparse.Namespace, place: Administration) -> None:
    _show([place.create_gitlab_project(options.path, options.visibility)])


def _list(_options: argparse.Namespace, place: Administration) -> None:
    _show(place.gitlab_projects())


def _switch(options: argparse.Namespace, place: Administration) -> None:
    _show([place.switch(options.gitlab_project, on=options.state == "on")])


def _show(projects: Iterable[ListedProject]) -> None:
    from reference_server.commands.administration import table

    lines = [
        (str(each.id), each.full_path, each.visibility, "on" if each.packages_enabled else "off")
        for each in projects
    ]
    print(table(("ID", "PATH", "VISIBILITY", "REGISTRY"), lines))
