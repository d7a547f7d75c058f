"""`reference-server token`: makes, lists and revokes tokens."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from reference_server.commands.place import add_place, administration
from reference_server.commands.token_words import KINDS
from reference_server.rendering.escapes import printable

if TYPE_CHECKING:
    from datetime import date

    from reference_server.commands.administration import Administration

SUMMARY = "create, list and revoke tokens"
SCOPES = {
    "personal": ("api",),
    "deploy": ("read_package_registry", "write_package_registry"),
    "job": (),
}
"""The scopes by default."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands below this one."""
    commands = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    create = commands.add_parser("create", help="create a token and print it")
    add_place(create)
    create.add_argument(
        "--kind", choices=KINDS, default=KINDS[0], help="kind of token (default: %(default)s)"
    )
    create.add_argument("--name", default="token", help="name in lists (default: %(default)s)")
    create.add_argument(
        "--user",
        default="",
        metavar="NAME",
        help="user who owns the token (default: maintainer in a store, your own user on a server), or the user "
        "name of a deploy token",
    )
    create.add_argument(
        "--gitlab-project",
        default="1",
        metavar="ID",
        help="id or path, for deploy and job tokens (default: 1)",
    )
    create.add_argument(
        "--scope",
        action="append",
        default=[],
        help="api or read_api (default: api); for a deploy token, read_package_registry or write_package_registry "
        "(default: both); may be repeated",
    )
    create.add_argument(
        "--expires", type=_day, metavar="YYYY-MM-DD", help="day on which it expires (default: never)"
    )
    create.set_defaults(action=_create)
    listing = commands.add_parser("list", help="list tokens, without their secrets")
    add_place(listing)
    listing.set_defaults(action=_list)
    revoke = commands.add_parser("revoke", help="revoke a token, or end the job of a job token")
    revoke.add_argument("id", type=int, metavar="ID", help="id in the list")
    add_place(revoke)
    revoke.set_defaults(action=_revoke)


def run(options: argparse.Namespace) -> int:
    """Create, list or revoke."""
    with closing(administration(options)) as place:
        options.action(options, place)
    return 0


def _create(options: argparse.Namespace, place: Administration) -> None:
    from reference_server.commands.administration import NewToken

    new = NewToken(
        kind=options.kind,
        name=options.name,
        user=options.user,
        gitlab_project=options.gitlab_project,
        scopes=tuple(options.scope) or SCOPES[options.kind],
        expires_at=options.expires,
    )
    print(printable(place.create_token(new)))


def _list(_options: argparse.Namespace, place: Administration) -> None:
    from reference_server.commands.administration import table

    tokens = place.tokens()
    headings = ("ID", "KIND", "NAME", "HOLDER", "GITLAB PROJECT", "SCOPES", "EXPIRES", "STATE")
    lines = [
        (
            str(each.id),
            each.kind,
            each.name or "(ready-made)",
            each.holder,
            each.gitlab_project or "-",
            ", ".join(each.scopes) or "-",
            each.expires_at or "never",
            "active" if each.active else "inactive",
        )
        for each in tokens
    ]
    print(table(headings, lines))


def _revoke(options: argparse.Namespace, place: Administration) -> None:
    place.revoke_token(options.id)
    print(f"Token {options.id} is revoked.")


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day such as 2027-01-31, not {text!r}") from None
