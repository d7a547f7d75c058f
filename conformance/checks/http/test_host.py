"""The field Host, which every request of HTTP/1.1 has once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import ANONYMOUS
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, RegistryClient
    from conformance.kit.http import Answer


def answer_to(registry: RegistryClient, url: str, *hosts: str) -> Answer | None:
    """Ask for a page with these fields Host and nothing else; None where the connection ends without an answer."""
    fields = [("Host", host) for host in hosts]
    with registry.connect(url, as_=ANONYMOUS) as connection:
        connection.request("GET", headers=[*fields, ("Connection", "close")], bare=True)
        return connection.answer()


@check("http.host")
def test_host(index: Index, corpus: Corpus) -> None:
    """Without a credential: whatever the answer is to one right Host, it is another than 400.

    A connection that is closed without an answer is as good as the refusal.
    """
    registry = index.registry
    url = registry.project_url(corpus["main-wheel"].name)
    with registry.connect(url, as_=ANONYMOUS) as connection:
        host = connection.host
    right = answer_to(registry, url, host)
    if right is None or right.status == 400:
        raise Untestable(f"a request with one right Host is refused, too: {right or 'no answer'}")
    kinds: dict[str, tuple[str, ...]] = {
        "no Host": (),
        "the same Host twice": (host, host),
        "two Hosts": (host, "registry.example.com"),
        "a Host with a space": ("registry example.com",),
        "a Host with a path": (f"{host}/simple",),
    }
    answers = {kind: answer_to(registry, url, *hosts) for kind, hosts in kinds.items()}
    wrong = {kind: answer for kind, answer in answers.items() if answer is not None and answer.status != 400}
    expect.rule(
        "400 for every request without exactly one valid Host",
        broken_by=[f"{kind}: status {answer.status}" for kind, answer in wrong.items()],
        where=next(iter(wrong.values()), right),
    )
