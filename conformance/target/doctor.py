"""Diagnoses URL, credentials and network of a target before a run; publishes nothing."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from requests.utils import get_environ_proxies

from conformance.errors import UserError
from conformance.pages import resolved
from conformance.target import DEFAULT
from conformance.target.connection_causes import CAUSES, CRASHED
from conformance.target.doctor_claims import claim_observations
from conformance.target.doctor_json_api import json_api_observations
from conformance.target.doctor_pages import page_observations
from conformance.target.doctor_uploads import upload_observations
from conformance.target.driver import NEXT_STEP, description, target_driver
from conformance.target.layout_search import ABSENT, is_simple_index, search
from conformance.target.observations import (
    Observation,
    clock_observations,
    found_elsewhere,
    gitlab_observations,
    url_observations,
)
from conformance.target.redirects import leads_to
from conformance.verdicts import NotJudged
from conformance.verdicts.counting import counted
from conformance.verdicts.declaration import PREFIX
from conformance.wire import BadAnswer, Follow, Redactor, Session, Throttled, Transcript, Unreachable
from conformance.wire.answer import LOOPBACK
from conformance.wire.credential_patterns import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.target import Target
    from conformance.target.layout_search import Place
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Answer

QUICK_READS = 40
"""How many requests in one second show whether a registry throttles."""

CAREFUL_RATE = 5
"""Requests per second to try where a registry throttles and nothing else is known."""

OTHER = "run later"


class Doctor:
    """Examines one target with a few requests that store nothing."""

    def __init__(self, target: Target, options: RunOptions) -> None:
        self._target = target
        self._publishes = not options.under(target.profile).read_only
        self._projects = options.projects
        self._answered = False
        self._redact = Redactor(target.secrets)
        self._session = Session(
            transcript=Transcript(), redact=self._redact, limits=options, ca_bundle=options.ca_bundle
        )

    def examine(self) -> Iterator[Observation]:
        """Examine from the outside in, without secrets: the later steps need an answer to the earlier ones."""
        for each in self._examine():
            seen, change = (without_secrets(text, self._redact) for text in (each.seen, each.change))
            yield replace(each, seen=seen, change=change)

    def _examine(self) -> Iterator[Observation]:
        yield from self._proxy()
        try:
            index = self._get(self._target.index_url)
            if place := self._elsewhere(index):
                yield found_elsewhere(place, self._target, before=f"{_summary(index)}; ")
                return
            yield from url_observations(self._target)
            yield from self._connection(index)
            yield from clock_observations(index.headers.get("Date"), now=datetime.now(UTC))
            anonymous = index.status == 401 and not self._target.credentials
            publishes = self._publishes and not anonymous  # the other steps would find the same
            rejected = index.status == 401
            uploads = self._uploads(rejected=rejected) if publishes else []
            yield from self._index(index, uploads)
            if publishes and self._target.has_gitlab_api:
                yield from self._gitlab_project(rejected=rejected)
            yield from uploads
            if publishes:
                yield self._driver()
            if index.status in {200, 404}:
                yield from claim_observations(self._target, index, self._projects, self._get_form)
                yield from json_api_observations(self._target, self._projects, self._get)
                yield from self._fallback()
                self._read_quickly()
            yield from self._throttling()
        except BadAnswer as error:
            yield self._bad_answer(str(error).replace("\n", "; "))
        except Unreachable as error:
            yield self._no_answer(str(error))
        except NotJudged as error:
            change = f"run later, and with --rate {CAREFUL_RATE}" if isinstance(error, Throttled) else OTHER
            yield Observation(about=error.by, seen=str(error), change=change, stopped=True)
        finally:
            self._session.close()

    @property
    def _absent_url(self) -> str:
        return f"{self._target.index_url}{ABSENT}/"

    def _fallback(self) -> Iterator[Observation]:
        """Say where an unknown project leads: a registry may fall back to another index."""
        answer = self._get(self._absent_url)
        if answer.status == 200 and _is_index(answer):
            yield Observation(
                about="unknown projects",
                seen=f"{_summary(answer)}: there is a page for a project that cannot exist; if uploads are listed "
                "elsewhere, give --index-url",
            )
        location = answer.headers.get("Location", "")
        if not answer.is_redirect or not location or self._target.same_host(resolved(answer.url, location)):
            return
        declared = self._target.fallback == "redirect"
        yield Observation(
            about="unknown projects",
            seen=f"{_summary(answer)} to another index, {leads_to(answer)}",
            change="" if declared else 'write `fallback = "redirect"` into registry.toml if that is meant',
        )

    def _read_quickly(self) -> None:
        """Read a small page as quickly as a run would, until the registry throttles, and for a second at most."""
        url = self._absent_url
        until = time.monotonic() + 1
        for _ in range(QUICK_READS):
            if self._session.budget.throttling or time.monotonic() > until:
                return
            self._get(url)

    def _throttling(self) -> Iterator[Observation]:
        if found := self._session.budget.throttling:
            yield Observation(
                about="throttling",
                seen=f"the registry refused {counted(found.refused, 'request')}, and asked for a pause",
                change=f"run with --rate {found.rate or CAREFUL_RATE}",
            )

    def search(self) -> list[Observation]:
        """Look for the layout of a URL that has not the form of the given one; empty where none is found."""
        try:
            place = search(self._target.url, self._get)
        except (Unreachable, BadAnswer, NotJudged):
            return []
        finally:
            self._session.close()
        return [found_elsewhere(place, self._target)] if place else []

    def _elsewhere(self, index: Answer) -> Place | None:
        """Look for the index in the other layouts, unless it answers here, or has a reason not to."""
        answered = index.status in {400, 401, 403} or index.status >= 500
        if answered or (index.status == 200 and _is_index(index)) or self._target.given.index:
            return None
        return search(self._target.url, self._get)

    def _get(self, url: str, *, as_: str = DEFAULT, headers: dict[str, str] | None = None) -> Answer:
        ours = self._target.same_host(url)
        credential = None if headers or not ours else self._target.credential(as_)
        answer = self._session.send("GET", url, credential=credential, credential_name=as_, headers=headers)
        self._answered = True
        return answer

    def _get_form(self, url: str, media_type: str) -> Answer:
        """Ask for a page of the index in a form, with the credential."""
        headers = {"Accept": media_type}
        credential = self._target.credential(DEFAULT)
        return self._session.send(
            "GET",
            url,
            credential=credential,
            credential_name=DEFAULT,
            headers=headers,
            follow=Follow.SAME_HOST,
        )

    @property
    def _proxies(self) -> str:
        """The proxy of the environment for requests to the target, without its credentials."""
        if urlsplit(self._target.url).hostname in LOOPBACK:
            return ""
        proxies = get_environ_proxies(self._target.url)
        wanted = proxies.get(urlsplit(self._target.url).scheme) or proxies.get("all", "")
        return re.sub(r"//[^/@]*@", "//***@", wanted)

    def _proxy(self) -> Iterator[Observation]:
        if self._proxies:
            yield Observation(
                about="proxy", seen=f"requests go through {self._proxies}, set by the environment"
            )

    def _bad_answer(self, error: str) -> Observation:
        """Say what is wrong with bytes that are no answer: the server speaks another protocol, or breaks its own."""
        for pattern, about, change in CAUSES:
            if re.search(pattern, error):
                return Observation(about=about, seen=error, change=change)
        return Observation(about="answer", seen=error, change="check the URL, and see the server's log")

    def _no_answer(self, error: str) -> Observation:
        if self._proxies:
            host = urlsplit(self._target.url).hostname
            return Observation(
                about="proxy",
                seen=f"{error}, through the proxy {self._proxies}",
                change=f"check the proxy, or add {host} to the environment variable NO_PROXY",
                unknown=True,
            )
        for pattern, about, change in CAUSES:
            if re.search(pattern, error, re.IGNORECASE):
                if about == "http" and self._answered:
                    return Observation(about="answer", seen=error, change=CRASHED, unknown=True)
                return Observation(about=about, seen=error, change=change, unknown=True)
        change = "try another client, such as curl"
        return Observation(about="network", seen=error, change=change, unknown=True)

    def _connection(self, answer: Answer) -> Iterator[Observation]:
        url = self._target.url
        if answer.status == 400 and re.search(r"HTTPS? (port|server)", answer.text, re.IGNORECASE):
            change = f"give {urlunsplit(urlsplit(url)._replace(scheme='https'))}"
            yield Observation(about="http", seen=f"{url} speaks https only", change=change)
        location = answer.headers.get("Location", "")
        if 300 <= answer.status < 400 and location:
            yield self._redirect(answer, resolved(answer.url, location))
        else:
            yield Observation(about="connection", seen=_summary(answer))

    def _redirect(self, answer: Answer, location: str) -> Observation:
        shown = leads_to(answer)
        here, there = urlsplit(self._target.url), urlsplit(shown)
        seen = f"{_summary(answer)} {shown}"
        if here.scheme == "http" and there.scheme == "https":
            change = f"give {urlunsplit(here._replace(scheme='https', netloc=there.netloc))}"
            return Observation(about="http", seen=seen, change=f"{change}: uploads do not follow redirects")
        if "sign_in" in there.path or "login" in there.path:
            change = "this is a website, not an API: check the path"
            return Observation(about="path", seen=seen, change=change)
        if self._target.same_host(location) and is_simple_index(self._get(location)):
            change = f'the index is there: write `index-url = "{shown}"` into registry.toml'
        elif not self._target.has_uploads:
            change = "check the URL: there is no index where it redirects to"
        else:
            change = "give the URL that it redirects to: uploads do not follow redirects"
        return Observation(about="slash or path", seen=seen, change=change)

    def _index(self, answer: Answer, uploads: list[Observation]) -> Iterator[Observation]:
        where, named = self._target.layout, f"the credential {DEFAULT!r}"
        if answer.status == 401 and not self._target.credentials:
            yield Observation(
                about="credential",
                seen=f"no credential was given: {_summary(answer)}",
                change=f"use --username and --password, or set {PREFIX}USERNAME and {PREFIX}PASSWORD",
            )
        elif answer.status == 401:
            yield Observation(
                about="credential",
                seen=f"{_summary(answer)} with {named}",
                change="check user name and password; the token may have expired, or lack the scope to read, or a web "
                "server in front may not pass on Authorization. "
                f"{self._target.encoding_hint(DEFAULT)}".rstrip(". "),
            )
        elif answer.status == 403:
            yield Observation(
                about="credential",
                seen=f"{_summary(answer)} with {named}",
                change="use a credential that may read",
            )
        elif answer.status == 404 and not self._target.has_gitlab_api:
            yield from self._no_root(answer, uploads)
        elif answer.status >= 500:
            yield Observation(
                about="server",
                seen=f"the registry returns a server error: {_summary(answer)}",
                change="see the server's log",
                unknown=True,
            )
        elif answer.status == 200 and not _is_index(answer):
            yield Observation(
                about="path",
                seen=f"expected a simple index, found {answer.content_type or 'no content type'}",
                change=f"check the URL, which should look like {where.example}, and --layout",
            )
        elif answer.status == 200 and not self._projects:
            yield from page_observations(answer, self._target, self._get)

    def _no_root(self, root: Answer, uploads: list[Observation]) -> Iterator[Observation]:
        """Examine an index without a root page: some registries have none, only pages of projects."""
        pages = [self._get(f"{self._target.index_url}{quote(name, safe='')}/") for name in self._projects]
        if any(page.status == 200 for page in pages):
            seen = f"{_summary(root)}, but pages of projects are there; the run fails `simple.root.served`"
            yield Observation(about="index", seen=seen)
        elif pages:
            change = f"check the URL, which should look like {self._target.layout.example}, and the names"
            yield Observation(about="path", seen=f"there is no page: {_summary(pages[0])}", change=change)
        elif uploads and not any(each.wrong for each in uploads):
            yield Observation(
                about="index",
                seen=f"{_summary(root)}: there is no list of projects, but uploads are answered; "
                "name a project with --project to see whether its page is there",
            )
        else:
            yield Observation(
                about="path",
                seen=f"there is no index: {_summary(root)}",
                change=f"check the URL, which should look like {self._target.layout.example}, and --layout; "
                "if only pages of projects are there, name one with --project",
            )

    def _gitlab_project(self, *, rejected: bool) -> Iterator[Observation]:
        """Look at the GitLab project. That the API, too, has `rejected` the credential is no problem of its own."""
        credential = self._target.credential(DEFAULT)
        headers = {"PRIVATE-TOKEN": credential.token} if credential else {}
        answer = self._get(self._target.gitlab_api, as_=DEFAULT, headers=headers or {"Accept": "*/*"})
        project = answer.json_object
        if answer.status == 200 and "id" in project:
            yield from gitlab_observations(project)
        elif answer.status == 401 and rejected:
            return
        elif answer.status in {401, 403}:
            yield Observation(
                about="API",
                seen=f"{_summary(answer)} with the token of {DEFAULT!r}",
                change="use a personal access token with the scope api: the run lists and deletes packages",
            )
        elif answer.status == 404 and _is_json(answer):
            yield Observation(
                about="GitLab project",
                seen=_summary(answer),
                change="there is no GitLab project with this id, or the credential has no access to it: check both",
            )
        else:
            yield Observation(
                about="API",
                seen=f"expected GitLab's API, found {_summary(answer)}",
                change=f"check the part of the URL before /projects/; it should look like "
                f"{self._target.layout.example}",
            )

    def _uploads(self, *, rejected: bool) -> list[Observation]:
        return list(upload_observations(self._session, self._target, rejected=rejected))

    def _driver(self) -> Observation:
        """Tell what can change the target, which no standard API can: a driver that is a program is asked."""
        try:
            driver = target_driver(self._target, self._session)
            seen, removes = description(driver), driver.deleting is not None
        except UserError as error:
            return Observation(about="driver", seen=error.message, change=error.hint or NEXT_STEP)
        if not removes:
            seen += "; a run cannot delete what it has published"
        return Observation(about="driver", seen=seen)


def examine(target: Target, options: RunOptions) -> list[Observation]:
    """Examine a target without publishing."""
    return list(Doctor(target, options).examine())


def _is_json(answer: Answer) -> bool:
    return "json" in answer.content_type


def _is_index(answer: Answer) -> bool:
    return answer.content_type == "text/html" or "vnd.pypi.simple" in answer.content_type


def _summary(answer: Answer) -> str:
    return f"{answer.exchange.request} returned {answer.status_line}"
