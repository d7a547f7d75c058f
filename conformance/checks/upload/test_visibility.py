"""Whether an upload is seen by readers of every kind, those included that have read the page before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.checks.http.cache_control import freshness_of
from conformance.checks.negotiation.client_headers import PIP, UV
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Follow
from conformance.kit.registry import page_in
from conformance.kit.uploads.publishing import publish
from conformance.verdicts import Deviation, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


@check("upload.visible-after-reads")
def test_visible_after_reads(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """The page is read before the first upload, before the second, and after each. Other URLs may not find it."""
    name = new_name("visible-again")
    plain = registry.project_url(name)
    ways = [(url, index.media_type) for url in (_other_spelling(registry, name), plain.removesuffix("/"))]
    ways += [(plain, accept) for accept in (PIP, UV)]
    for version in ("1.0", "1.1"):
        file = wheel(name, version)
        early = registry.read_each(partial(_read, registry, name), ways)
        publish(registry, file)
        if file.filename not in registry.project_page(name, fresh=True).filenames:
            _require_unread(registry, new_name("visible-unread"), version, early)
            raise _hidden(file, early)
        answers = registry.read_each(partial(_read, registry, name), ways)
        late = [
            each
            for each in answers
            if _lacks(
                each, file.filename, may_be_absent=each.exchange.request_headers["Accept"] not in {PIP, UV}
            )
        ]
        expect.rule(
            "a page that was read before an upload to list the new file",
            broken_by=[f"{each.url}, Accept: {each.exchange.request_headers['Accept']}" for each in late],
            where=expect.requests(late or answers),
        )


def _require_unread(registry: RegistryClient, name: str, version: str, early: list[Answer]) -> None:
    """Raise Untestable unless a page that was not read before lists its file, and no answer may be kept."""
    unread = wheel(name, version)
    publish(registry, unread)
    if unread.filename not in registry.project_page(name, fresh=True).filenames:
        raise Untestable(
            "a page that was not read before lacks its file, too; see upload.visible-after-success"
        )
    if kept := next((each for each in early if freshness_of(each.headers).seconds > 0), None):
        raise Untestable(f"a cache may still answer as it did before the upload: {kept}")


def _hidden(file: Distribution, early: list[Answer]) -> Deviation:
    return Deviation(
        expected="a page that was read before an upload to list the new file",
        found=f"no {file.filename}, where a page that was not read before lists its own",
        where=expect.requests(early),
    )


def _other_spelling(registry: RegistryClient, name: str) -> str:
    return registry.project_url(name.replace("-", "_").upper())


def _read(registry: RegistryClient, name: str, way: tuple[str, str]) -> Answer:
    """Ask for a page as pip does, without a cache's copy, until it shows what was published or settling ends."""
    url, accept = way
    headers = {"Accept": accept, "Cache-Control": "max-age=0"}
    return registry.settling.read(
        registry.project_url(name),
        lambda: registry.request("GET", url, headers=headers, follow=Follow.SAME_HOST),
    )


def _lacks(answer: Answer, filename: str, *, may_be_absent: bool) -> bool:
    """Tell whether a page is without a file. A status that other requirements judge lacks nothing."""
    if answer.status == 404:
        return not may_be_absent
    return answer.status == 200 and filename not in page_in(answer).filenames
