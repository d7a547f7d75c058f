"""Servers that do in other ways what the specifications allow: each passes every requirement of its profile.

    python -m benchmarks.allowed                                   # every profile with every behaviour, in full
    python -m benchmarks.allowed --profile pypi --behaviour json-only -k negotiation

Two requirements that contradict each other would leave no such server. The table counts, per profile and behaviour,
the judged requirements and those that failed. Warnings and notes are printed: they are what a registry may do, and a
client would rather not meet. Ends with 1 where a requirement failed. Loopback only; without the checks of clients.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

import requests

from conformance.catalogue import catalogue
from conformance.profiles import profile
from conformance.run.checks_run import run_checks
from conformance.run.selection import Selection
from conformance.target import target_from_table
from conformance.verdicts.options import RunOptions
from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.faults import Fault
from reference_server.faults.building.requests import body_of
from reference_server.faults.building.responses import ChangesDuplicates
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import InvalidFieldError, PackageNotFoundError
from reference_server.rules import Rules
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML
from reference_server.rules.rules import verify_digests
from reference_server.variety import answers, html, http, json, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from werkzeug import Response

    from conformance.report.result import RunResult
    from reference_server.alterations import Alteration
    from reference_server.http.request import Request
    from reference_server.model import Upload
    from reference_server.rendering.pages import ProjectPage, RootPage

MAX_FILE_SIZE = 200_000
"""Bytes: what makes the checks of the size limit as quick as the others."""
ROUNDS = 3
"""How often a race is run: what is allowed is not what races are about."""
FLAVOURS = {"pypi": "pypi"}
"""Of a profile, where it is not the reference."""
WARNED = {"warned", "noted"}
WRONG = {"failed", "error"}


class Shuffled(Fault):
    """Lists projects, files and versions in another order each time."""

    def __init__(self) -> None:
        self._chance = Random(1)  # noqa: S311 - any order will do

    def project_page(self, page: ProjectPage) -> ProjectPage:
        """Shuffle a project's page."""
        files, versions = list(page.files), list(page.versions or ())
        self._chance.shuffle(files)
        self._chance.shuffle(versions)
        return replace(page, files=tuple(files), versions=tuple(versions) if page.versions else page.versions)

    def root_page(self, page: RootPage) -> RootPage:
        """Shuffle the list of projects."""
        projects = list(page.projects)
        self._chance.shuffle(projects)
        return replace(page, projects=tuple(projects))

    def respond(self, request: Request, response: Response) -> Response:
        """Send pages without a validator, and let no page be kept: the next one is in another order."""
        if request.endpoint in {"root_page", "project_page"}:
            response.headers.pop("ETag", None)
        return response


class Bare(Fault):
    """Sends what has to be sent, and no validators, times, lengths of time or parts."""

    def handle(self, request: Request) -> Response | None:
        """Ignore what asks for a part, or for a change."""
        for name in ("HTTP_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            request.environ.pop(name, None)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        """Leave header fields out."""
        del request
        for name in (
            "ETag",
            "Last-Modified",
            "Cache-Control",
            "Accept-Ranges",
            "Access-Control-Allow-Origin",
        ):
            response.headers.pop(name, None)
        return response


class SlashlessNotFound(Fault):
    """Has no page at a URL without the slash at its end."""

    def handle(self, request: Request) -> Response | None:
        """Answer 404 to the URL of a page without its slash."""
        page = request.endpoint in {"root_page", "project_page"} and not request.path.endswith("/")
        return refusal(PackageNotFoundError()) if page else None


class DuplicatesConflict(ChangesDuplicates):
    """Refuses a second upload with 409."""

    def change(self, response: Response) -> None:
        """Set the status."""
        response.status_code = 409


class DuplicatesNamed(ChangesDuplicates):
    """Refuses a second upload with 400 and the words that clients look for."""

    def change(self, response: Response) -> None:
        """Set the words."""
        response.data = b'{"message":"The file already exists."}'


class OneStatus(Fault):
    """Knows archived projects, and no other status."""

    def handle(self, request: Request) -> Response | None:
        """Refuse every other status."""
        other = request.endpoint == "set_status" and b"archived" not in body_of(request)
        return json_answer({"message": "422 Unknown status"}, status=422) if other else None


class ChunksRefused(Fault):
    """Refuses uploads without a length."""

    def handle(self, request: Request) -> Response | None:
        """Answer 411 to chunks."""
        chunked = request.endpoint == "upload" and "chunked" in request.headers.get("Transfer-Encoding", "")
        return json_answer({"message": "411 Length Required"}, status=411) if chunked else None


def _digests_are_strict(upload: Upload) -> None:
    """Refuse a form without a sha256 in lower case."""
    claimed = upload.digests.get("sha256", "")
    if not claimed or any(digest != digest.lower() for digest in upload.digests.values()):
        raise InvalidFieldError("sha256_digest")


def _well_formed_digests(claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
    """Compare the digests that are some, and ignore what is not."""
    known = {name: text for name, text in claimed.items() if re.fullmatch("[0-9a-fA-F]*", text)}
    whole = {name: text for name, text in known.items() if len(text) == len(actual[name])}
    verify_digests(whole, actual)


def strict(rules: Rules) -> Rules:
    """Return rules that refuse whatever may be refused."""
    name_ok, filename_ok = rules.valid_name, rules.valid_filename
    return replace(
        rules,
        upload_checks=(*rules.upload_checks, _digests_are_strict),
        valid_filename=lambda name: filename_ok(name) and not name.endswith(".zip") and len(name) < 200,
        valid_name=lambda name: name_ok(name) and name not in {"con", "nul", "simple", "json"},
        valid_metadata_version=lambda text: rules.valid_metadata_version(text) and text <= "2.5",
        valid_requires_python=lambda text: rules.valid_requires_python(text) and "===" not in text,
    )


def lenient(rules: Rules) -> Rules:
    """Return rules that look neither into files nor at what names them and their metadata say."""
    return replace(
        rules,
        valid_filename=lambda name: re.search(r"[\x00-\x1f\x7f/\\]", name) is None,
        filename_agrees=lambda _filename, _name, _version: True,
        filetype_agrees=lambda _filename, _filetype: True,
        valid_requires_python=lambda _text: True,
        valid_metadata_version=lambda _text: True,
        open_archive=lambda _filename, _blob, _limits: None,
        archive_checks=(),
        verify_digests=_well_formed_digests,
    )


def _serialized(*types: str) -> Callable[[Rules], Rules]:
    return lambda rules: replace(rules, serializations=types, default_serialization=types[0])


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What a server does in its own way: with other rules or alterations, and what its target states of it."""

    name: str
    rules: Callable[[Rules], Rules] = lambda rules: rules
    alterations: Callable[[], Iterable[Alteration]] = tuple
    table: Mapping[str, Any] = field(default_factory=dict)
    profiles: Collection[str] = ("gitlab", "index", "pep503-upload", "pypi")


PUBLISHING = ("gitlab", "pep503-upload")
ANY_REGISTRY = ("pep503-upload",)

BEHAVIOURS = (
    Behaviour(name="usual", profiles=("gitlab", "index", "pypi")),
    Behaviour(name="html-only", rules=_serialized(TEXT_HTML, SIMPLE_HTML)),
    Behaviour(name="json-only", rules=_serialized(SIMPLE_JSON)),
    Behaviour(
        name="never-406",
        rules=lambda rules: replace(rules, refuses_unacceptable=False, default_serialization=SIMPLE_JSON),
    ),
    Behaviour(
        name="serving",
        rules=lambda rules: replace(rules, redirects_unnormalized=False, reads_format=False),
        alterations=lambda: (SlashlessNotFound(),),
    ),
    Behaviour(
        name="redirecting", alterations=lambda: (http.Redirects("307 absolute"), http.FilesElsewhere())
    ),
    Behaviour(
        name="bare",
        rules=lambda rules: replace(rules, gzips_from=None, offers_metadata=lambda _name, _document: False),
        alterations=lambda: (Bare(),),
    ),
    Behaviour(
        name="json-first",
        alterations=lambda: (
            *map(html.FeaturesLeftOut, html.FeaturesLeftOut.options),
            json.YankReasonsLeftOut(),
            OneStatus(),
        ),
        profiles=("gitlab", "pep503-upload", "pypi"),
    ),
    Behaviour(name="any-order", alterations=lambda: (Shuffled(),)),
    Behaviour(
        name="other-words",
        alterations=lambda: (answers.Refusals("HTML"), answers.ReasonPhrases(), pages.DisplayNames()),
        profiles=PUBLISHING,
    ),
    Behaviour(
        name="identical-200",
        rules=lambda rules: replace(rules, takes_identical=True, created_status=200),
        alterations=lambda: (DuplicatesNamed(),),
        profiles=ANY_REGISTRY,
    ),
    Behaviour(
        name="identical-400",
        rules=lambda rules: replace(rules, created_status=200),
        alterations=lambda: (DuplicatesNamed(),),
        profiles=ANY_REGISTRY,
    ),
    Behaviour(
        name="identical-409",
        alterations=lambda: (DuplicatesConflict(),),
        profiles=ANY_REGISTRY,
    ),
    Behaviour(
        name="strict",
        rules=strict,
        alterations=lambda: (ChunksRefused(), DuplicatesConflict()),
        table={"features": []},
        profiles=ANY_REGISTRY,
    ),
    Behaviour(
        name="lenient",
        rules=lenient,
        alterations=lambda: (DuplicatesConflict(),),
        table={"features": []},
        profiles=ANY_REGISTRY,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A run at a server, and how long it took, in seconds."""

    result: RunResult
    seconds: float

    def of(self, verdicts: Collection[str]) -> dict[str, str]:
        """Return the messages of the requirements with these verdicts, by id."""
        return {
            each.id: f"{each.verdict}: {each.message}"
            for each in self.result.results
            if each.verdict in verdicts
        }


def judged(
    profile_name: str,
    behaviour: Behaviour,
    folder: Path,
    *,
    keyword: str | None = None,
    only: frozenset[str] | None = None,
    examples: int = 3,
) -> Judged:
    """Judge the server of a behaviour by a profile, all checks but those of clients, or by a choice of them."""
    began = perf_counter()
    held = [row.id for row in catalogue().judged_in(profile(profile_name)) if not row.runs_clients]
    rules = behaviour.rules(replace(Rules(), max_file_size=MAX_FILE_SIZE))
    flavour = FLAVOURS.get(profile_name, "reference")
    with ReferenceServer(rules=rules, faults=_altered(profile_name, behaviour), flavour=flavour) as server:
        reads = profile_name == "index"
        target = target_from_table(_table(server, profile_name, behaviour), embedded=True)
        options = RunOptions(
            examples=examples,
            rounds=ROUNDS,
            ledger_folder=folder,
            read_only=reads,
            projects=(*_published(server),) if reads else (),
        )
        chosen = frozenset(held) & only if only is not None else frozenset(held)
        result = run_checks(target, options, Selection(only=chosen, keyword=keyword))
    return Judged(result=result, seconds=perf_counter() - began)


def _altered(profile_name: str, behaviour: Behaviour) -> list[Any]:
    """Return the alterations of a behaviour; of any registry, duplicates are refused in words that clients know."""
    alterations = list(behaviour.alterations())
    if profile_name == "pep503-upload" and not any(
        isinstance(each, ChangesDuplicates) for each in alterations
    ):
        alterations.append(DuplicatesNamed())
    return alterations


def _table(server: ReferenceServer, profile_name: str, behaviour: Behaviour) -> dict[str, Any]:
    table = server.target() | {"profile": profile_name}
    if profile_name not in {"gitlab", "pypi"}:
        addresses = {"upload-url": server.url, "index-url": server.index_url}
        table = {key: value for key, value in table.items() if key not in {"url", "gitlab-projects"}}
        table |= addresses | {"credentials": {"default": table["credentials"]["default"]}}
    return table | dict(behaviour.table)


def _published(server: ReferenceServer) -> Iterator[str]:
    """Publish a few files, as an index has that one only reads; yield their projects."""
    for name in ("alpha", "beta.one"):
        for distribution in (wheel(name, "1.0", requires_python=">=3.8"), sdist(name, "1.0")):
            answer = requests.post(
                server.url,
                data=distribution.form(),
                files={"content": (distribution.filename, distribution.content)},
                auth=(server.username, server.password),
                timeout=10,
            )
            assert answer.ok, answer.text
        yield name


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the servers; print the table, and what failed. Return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [behaviour.name for behaviour in BEHAVIOURS]
    profiles = sorted({name for behaviour in BEHAVIOURS for name in behaviour.profiles})
    parser.add_argument("--profile", choices=profiles, help="one profile (default: all)")
    parser.add_argument(
        "--behaviour", action="append", choices=names, help="one behaviour (default: all; repeatable)"
    )
    parser.add_argument("-k", dest="keyword", help="run only matching checks (default: all)")
    parser.add_argument("--quiet", action="store_true", help="leave out what only warned")
    given = parser.parse_args(arguments)
    print("profile        behaviour      judged  failed  warned  seconds", flush=True)
    wrong = False
    for name in profiles if given.profile is None else [given.profile]:
        for behaviour in BEHAVIOURS:
            if name in behaviour.profiles and behaviour.name in (given.behaviour or names):
                with tempfile.TemporaryDirectory() as folder:
                    trial = judged(name, behaviour, Path(folder), keyword=given.keyword)
                failed, warned = trial.of(WRONG), trial.of(WARNED)
                wrong |= bool(failed)
                print(
                    f"{name:14} {behaviour.name:14} {trial.result.summary.judged:6} {len(failed):7} "
                    f"{len(warned):7} {trial.seconds:8.0f}",
                    flush=True,
                )
                for row, message in (failed | ({} if given.quiet else warned)).items():
                    print(f"    {row}: {message}".replace("\n", "\n        "), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
