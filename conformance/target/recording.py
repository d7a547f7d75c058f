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
    """A request of a client: with or without a credential, how it asked, and the status that it was answered."""

    method: str
    path: str
    with_credential: bool
    status: int | None
    form: str = ""
    """The form of a page that it prefers: `JSON` or `HTML`; empty where it names none of them."""
    part: str = ""
    """The range of bytes that it wants, such as `bytes=0-99`; empty for the whole."""
    conditional: bool = False
    """Whether it has the page already, and asks whether it has changed."""

    def __str__(self) -> str:
        notes = [
            f"as {self.form}" if self.form else "",
            self.part,
            "if it has changed" if self.conditional else "",
            "with a credential" if self.with_credential else "",
        ]
        answer = "no answer" if self.status is None else str(self.status)
        return f"{', '.join(filter(None, [f'{self.method} {self.path}', *notes]))}: {answer}"


def _sent_to(proxy: ProxyServer) -> Iterator[Sent]:
    """Yield what a proxy has in its log."""
    for each in proxy.requests:
        headers = each.headers
        yield Sent(
            method=each.method,
            path=each.path,
            with_credential=bool(each.credential),
            status=each.status,
            form=_form(headers.get("accept", "")),
            part=headers.get("range", ""),
            conditional="if-none-match" in headers or "if-modified-since" in headers,
        )


def _form(accept: str) -> str:
    """Return which form of a page an Accept header names first: clients write them by preference."""
    first = accept.partition(",")[0]
    if "application/vnd.pypi.simple" in first:
        return "JSON" if "json" in first else "HTML"
    return ""


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
        found = [each for proxy in self.proxies.values() for each in _sent_to(proxy)]
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
