"""The field Host, which every request of HTTP/1.1 has once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.plain_reads import USUAL, bound_by_http_1_1
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.raw_uploads import reaction_on
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index
    from conformance.kit.uploads.raw_uploads import Reaction


def reaction_to(index: Index, url: str, what: str, *hosts: str) -> Reaction:
    """Ask for a page with these fields Host, and what each request has; without Accept some registries send 406."""
    fields = [("Host", host) for host in hosts] + [("Accept", next(iter(index.media_types.values())))]
    with index.registry.connect(url, as_=ANONYMOUS) as connection:
        connection.request("GET", headers=[*fields, *USUAL], bare=True)
        return reaction_on(what, connection)


@check("http.host")
def test_host(index: Index) -> None:
    """Without a credential: whatever the answer is to one right Host, it is another than 400.

    A connection that is closed without an answer is as good as the refusal. Where a right Host is refused with
    another status, as those without a credential are, that same status says nothing of a wrong one. Hosts that only
    look like one (a user before it, letters for its port) are left out: nginx, which is in front of most registries,
    takes them, and no client sends them.
    """
    registry = index.registry
    url = registry.project_url(index.project)
    with registry.connect(url, as_=ANONYMOUS) as connection:
        host = connection.host
    right = reaction_to(index, url, "one right Host", host)
    if right.answer is None or right.answer.status == 400:
        raise Untestable(f"a request with one right Host is refused, too: {right}")
    bound_by_http_1_1(right)
    kinds: dict[str, tuple[str, ...]] = {
        "no Host": (),
        "the same Host twice": (host, host),
        "two Hosts": (host, "registry.example.com"),
        "a Host with a space": ("registry example.com",),
        "a Host with a path": (f"{host}/simple",),
    }
    reactions = [reaction_to(index, url, kind, *hosts) for kind, hosts in kinds.items()]
    others = [each for each in reactions if not each.refused({400}, may_hang_up=True)]
    wrong = [each for each in others if not _says_nothing(each, right)]
    expect.rule(
        "400 for every request without exactly one valid Host",
        broken_by=[_written(each) for each in wrong],
        where=wrong[0].answer or url if wrong else url,
    )
    if others:
        raise Untestable(f"a request without a valid Host is refused as any other is: {others[0]}")


def _says_nothing(reaction: Reaction, right: Reaction) -> bool:
    """Tell whether a refusal may have another reason than Host: a right one is refused alike, or the server is busy."""
    if reaction.answer is None or right.answer is None:
        return False
    status = reaction.answer.status
    return status == 503 or (status >= 400 and status == right.answer.status)


def _written(reaction: Reaction) -> str:
    return f"{reaction.to}: status {reaction.answer.status}" if reaction.answer else str(reaction)
