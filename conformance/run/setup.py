"""Before the checks: is anybody there, does it take our credential, and the corpus."""

from __future__ import annotations

import random
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from conformance.corpus import Corpus, Published, new_run_id, planned
from conformance.corpus.ledger import Ledger
from conformance.pages import read_root_page
from conformance.run.features import OfferedFeatures, offer_from_json
from conformance.run.probe import probe
from conformance.run.run import CannotJudge, Run
from conformance.run.strictness import strictness
from conformance.run.tidy import tidy
from conformance.target import DEFAULT, Target, target_from_table
from conformance.target.registry_client import Registry
from conformance.verdicts import Deviation, ExitCode
from conformance.verdicts.counting import counted
from conformance.wire import (
    BudgetSpent,
    Redactor,
    Session,
    Transcript,
    Unreachable,
    publication,
    recorded_bytes,
    upload_form,
)

if TYPE_CHECKING:
    from conformance.verdicts.options import RunOptions
    from conformance.wire import Answer

_MARKUP = re.compile(r"<(style|script)\b.*?(</\1>|$)|<[^>]*(>|$)", re.DOTALL | re.IGNORECASE)

PICKED = 3
"""How many projects a read-only run picks from the root."""

WRITING = frozenset({"upload", "access", "switch", "rest", "delete", "twine"})
"""Features that cannot be judged without publishing."""

VISIBLE_WITHIN = 3.0
"""Seconds after which an upload that was accepted has to be listed, for a run to make sense."""


def prepare(target: Target, options: RunOptions) -> Run:
    """Find out whether the target can be judged, and publish the corpus. Raises CannotJudge."""
    if target.profile.read_only:
        options = replace(options, read_only=True)
    if target.profile.needs_credential and not options.read_only and DEFAULT not in target.credentials:
        meaning = target.profile.credentials[DEFAULT]
        raise CannotJudge(
            f"a {target.profile.title} is judged with {meaning}; give --username and --password",
            ExitCode.USAGE,
        )
    run_id = new_run_id()
    run = _run(target, options, Corpus(run_id, {}), _new_ledger(run_id, target, options))
    registry = run.registry
    try:
        _knock(registry, run_id)
        corpus = Corpus(run_id, {}) if options.read_only else _publish(registry, run_id)
        projects = _given_projects(registry, options) if options.read_only else corpus.projects
        offer = probe(registry, projects, _stated(registry, corpus))
    except Unreachable as error:
        raise CannotJudge(
            f"{error}\nIs the registry running, and is this its URL?", ExitCode.HARNESS_ERROR
        ) from error
    except CannotJudge as error:
        if not error.published:
            run.ledger.keep_only([])
        raise
    except (KeyboardInterrupt, BudgetSpent) as error:
        raise _broken_off(run, error) from None
    return replace(run, corpus=corpus, projects=projects, offer=offer, prepared_with=len(run.transcript))


def _broken_off(run: Run, error: KeyboardInterrupt | BudgetSpent) -> CannotJudge:
    """Clean up after a run that has ended before its first check; return what says so."""
    spent = isinstance(error, BudgetSpent)
    code = ExitCode.TOO_LITTLE_JUDGED if spent else ExitCode.HARNESS_ERROR
    why = str(error) if spent else "the run was interrupted"
    return CannotJudge(f"nothing was judged: {why}\n{tidy(run)}".rstrip(), code)


def _stated(registry: Registry, corpus: Corpus) -> frozenset[str]:
    """Return what the target is known to offer without a look at its pages."""
    target = registry.target
    stated = target.profile.features | target.features
    if target.credentials:
        stated |= {"auth"}
    if not corpus.published:
        return stated - WRITING
    if target.credentials:
        stated |= {"auth-upload"}
    if corpus.published["version-local"].accepted:
        stated |= {"local-versions"}
    return stated | strictness(registry, corpus.run_id, stated=stated)


def take_part(table: dict[str, Any], options: RunOptions, *, worker: str) -> Run:
    """Join a run that another process has prepared, from `Run.as_table()`."""
    target = target_from_table(table["target"], embedded=table["embedded"])
    corpus = Corpus(
        table["run_id"],
        {
            role: Published(distribution=distribution, status=status, where=where, text=text)
            for (role, distribution), (status, where, text) in zip(
                planned(table["run_id"]).items(), table["published"].values(), strict=True
            )
        },
    )
    run = _run(target, options, corpus, Ledger(Path(table["ledger"])))
    for item in corpus.published.values():
        if item.accepted:
            form = upload_form(item.distribution)
            run.transcript.note(
                publication(
                    item.distribution,
                    url=target.upload_url,
                    credential=DEFAULT,
                    content_type=form.content_type,
                    body=recorded_bytes(form.body(), run.redact),
                )
            )
    return replace(
        run, offer=offer_from_json(table["offer"]), projects=tuple(table["projects"]), worker=worker
    )


def _new_ledger(run_id: str, target: Target, options: RunOptions) -> Ledger:
    """Return a run's ledger; that of an embedded target need not outlive this machine's temporary files."""
    folder = Path(tempfile.gettempdir()) if target.embedded else options.ledger_folder
    return Ledger(folder / f"{run_id}.jsonl")


def _run(target: Target, options: RunOptions, corpus: Corpus, ledger: Ledger) -> Run:
    transcript = Transcript()
    redact = Redactor(target.secrets)
    session = Session(
        transcript=transcript, redact=redact, limits=options.limits, ca_bundle=options.ca_bundle
    )
    registry = Registry(target, session=session, transcript=transcript, ledger=ledger)
    return Run(
        target=target,
        options=options,
        transcript=transcript,
        session=session,
        ledger=ledger,
        registry=registry,
        redact=redact,
        corpus=corpus,
        offer=OfferedFeatures(),
        projects=(),
    )


def _given_projects(registry: Registry, options: RunOptions) -> tuple[str, ...]:
    """Return the projects that a read-only run looks at: the ones given, else a few from the root."""
    names = options.projects
    if not names:
        answer = registry.root_answer()
        listed = read_root_page(answer.text, url=answer.url, where=str(answer)).names
        chance = random.Random(options.seed)  # noqa: S311 - a choice of samples, not a secret
        names = tuple(chance.sample(listed, min(PICKED, len(listed))))
    if not names:
        raise CannotJudge(
            f"{registry.target.index_url} lists no project to look at; name some with --project",
            ExitCode.USAGE,
        )
    for name in names:
        answer = registry.project_answer(name)
        if answer.status != 200:
            raise CannotJudge(f"there is no page of {name!r}: {_told(answer)}", ExitCode.USAGE)
    return tuple(canonicalize_name(name) for name in names)


def _knock(registry: Registry, run_id: str) -> None:
    """Ask for a project that cannot exist: any answer but a locked door will do, the rest is judged later."""
    answer = registry.project_answer(f"conformance-{run_id}-absent")
    if answer.status == 401:
        raise CannotJudge(
            f"the index refuses the credential {answer.credential!r}: {_told(answer)}\n"
            "Check the user name, the password or token, and its scopes.",
            ExitCode.USAGE,
        )


def _publish(registry: Registry, run_id: str) -> Corpus:
    published: dict[str, Published] = {}
    for role, distribution in planned(run_id).items():
        answer = registry.upload(distribution)
        if not published:
            _takes_uploads(answer)
        item = Published(
            distribution=distribution, status=answer.status, where=str(answer), text=answer.excerpt()
        )
        if item.accepted and not any(earlier.accepted for earlier in published.values()):
            _lists(registry, item, answer)
        published[role] = item
    if not any(item.accepted for item in published.values()):
        raise CannotJudge(
            f"every upload was refused; the last one: {_told(answer)}\nNothing can be judged without one project.",
            ExitCode.TOO_LITTLE_JUDGED,
        )
    return Corpus(run_id, published)


def _takes_uploads(answer: Answer) -> None:
    if answer.status in {401, 403}:
        raise CannotJudge(
            f"the registry does not let {answer.credential!r} publish: {_told(answer)}\n"
            "Check the user name, the password or token, its scopes and the user's role.",
            ExitCode.USAGE,
        )
    if answer.status in {404, 405} or 300 <= answer.status < 400:
        raise CannotJudge(
            f"this is not an upload URL: {_told(answer)}\n"
            "Give the URL that `twine upload --repository-url` takes, and its --profile.",
            ExitCode.USAGE,
        )
    _server_works(answer)


def _server_works(answer: Answer) -> None:
    if answer.status >= 500:
        raise CannotJudge(
            f"the registry fails by itself: {_told(answer)}\nNothing can be judged until it answers.",
            ExitCode.TOO_LITTLE_JUDGED,
        )


def _lists(registry: Registry, item: Published, upload: Answer) -> None:
    """Wait until the first accepted upload is listed: what does not list it is no registry of this profile."""
    name = canonicalize_name(item.distribution.name)
    deadline = time.monotonic() + VISIBLE_WITHIN
    while True:
        try:
            page = registry.project_page(name, fresh=True)
        except Deviation as deviation:
            found, seen = deviation.found, False
        else:
            found = f"a page with {counted(len(page.files), 'file')}"
            seen = item.distribution.filename in page.filenames
        if seen:
            return
        if time.monotonic() > deadline:
            raise CannotJudge(
                f"an upload was accepted ({_told(upload)}), but {registry.project_url(name)} shows {found}, not the "
                "file.\nThis is not a registry of this profile, or not its URL: check both.",
                ExitCode.USAGE,
                published=True,
            )
        time.sleep(0.2)


def _told(answer: Answer) -> str:
    text = " ".join(_MARKUP.sub(" ", answer.exchange.response_body).split())
    return f"{answer.exchange.request} → {answer.status} {answer.reason} {text[:160]}".strip()
