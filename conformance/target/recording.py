"""Lets clients reach a target through proxies in this process that record what they ask, without secrets."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reference_server.serving.in_process import ProxyServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request of a client: with or without a credential, and the status that it was answered."""

    method: str
    path: str
    with_credential: bool
    status: int | None

    def __str__(self) -> str:
        answer = "no answer" if self.status is None else str(self.status)
        return f"{self.method} {self.path}{', with a credential' if self.with_credential else ''}: {answer}"


@dataclass(frozen=True)
class Recording:
    """One proxy for each origin of a target."""

    proxies: Mapping[str, ProxyServer]

    def at(self, url: str) -> str:
        """Return the URL under which a client reaches a URL of the target."""
        proxy = self.proxies.get(_origin(url))
        return proxy.at(url) if proxy else url

    def as_target(self, text: str) -> str:
        """Return a text of a client with the addresses of the target in the place of those of the proxies."""
        for origin, proxy in self.proxies.items():
            text = text.replace(proxy.origin, origin).replace(
                urlsplit(proxy.origin).netloc, urlsplit(origin).netloc
            )
        return text

    def take(self) -> list[Sent]:
        """Return the requests since the last call, those of each origin in order."""
        found = [
            Sent(
                method=each.method,
                path=each.path,
                with_credential=bool(each.credential),
                status=each.status,
            )
            for proxy in self.proxies.values()
            for each in proxy.requests
        ]
        for proxy in self.proxies.values():
            proxy.requests.clear()
        return found


@contextmanager
def recording(urls: Iterable[str], *, ca_bundle: Path | None = None) -> Iterator[Recording]:
    """Start a proxy in front of the origin of each URL."""
    with ExitStack() as stack:
        origins = dict.fromkeys(map(_origin, urls))
        yield Recording(
            {each: stack.enter_context(ProxyServer(each, ca_bundle=ca_bundle)) for each in origins}
        )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
