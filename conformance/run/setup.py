"""Set up a run: reach the target, try the credential, publish the corpus."""

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
from conformance.target.registry_client import RegistryClient
from conformance.verdicts import Deviation, ExitCode
from conformance.verdicts.counting import counted
from conformance.wire import (
    BudgetSpent,
    EndlessAnswer,
    Redactor,
    Session,
    Transcript,
    Unreachable,
    publication_of,
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
    """Try whether the target can be judged, and publish the corpus. Raises CannotJudge."""
    if target.profile.read_only:
        options = replace(options, read_only=True)
    if target.profile.needs_credential and not options.read_only and DEFAULT not in target.credentials:
        meaning = target.profile.credentials[DEFAULT]
        raise CannotJudge(
            f"judging a {target.profile.title} needs a credential, {meaning}; give --username and --password",
            ExitCode.USAGE,
        )
    run_id = new_run_id()
    run = _run(target, options, Corpus(run_id, {}), _new_ledger(run_id, target, options))
    registry = run.registry
    try:
        _try_credential(registry, run_id)
        corpus = Corpus(run_id, {}) if options.read_only else _publish(registry, run_id)
        projects = _given_projects(registry, options) if options.read_only else corpus.projects
        offer = probe(registry, projects, _stated(registry, corpus))
    except Unreachable as error:
        raise CannotJudge(
            f"{error}\nIs the registry running, and is this its URL?", ExitCode.HARNESS_ERROR
        ) from error
    except EndlessAnswer as error:
        raise _broken_off(run, error) from error
    except CannotJudge as error:
        if not error.published:
            run.ledger.keep_only([])
        raise
    except (KeyboardInterrupt, BudgetSpent) as error:
        raise _broken_off(run, error) from None
    return replace(run, corpus=corpus, projects=projects, offer=offer, prepared_with=len(run.transcript))


def _broken_off(run: Run, error: KeyboardInterrupt | BudgetSpent | EndlessAnswer) -> CannotJudge:
    """Clean up after a run that ended before its first check; return the refusal to raise."""
    spent = isinstance(error, BudgetSpent)
    code = ExitCode.TOO_LITTLE_JUDGED if spent else ExitCode.HARNESS_ERROR
    why = "the run was interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    return CannotJudge(f"nothing was judged: {why}\n{tidy(run)}".rstrip(), code)


def _stated(registry: RegistryClient, corpus: Corpus) -> frozenset[str]:
    """Return the features that the target offers whatever its pages say."""
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
    """Join a run that another process has set up, from `Run.as_table()`."""
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
                publication_of(
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
    registry = RegistryClient(target, session=session, transcript=transcript, ledger=ledger)
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


def _given_projects(registry: RegistryClient, options: RunOptions) -> tuple[str, ...]:
    """Return the projects that a read-only run looks at: the ones given, else a few from the root."""
    names = options.projects
    if not names:
        answer = registry.root_answer()
        listed = read_root_page(answer.text, url=answer.url, where=str(answer)).names
        chance = random.Random(options.seed)  # noqa: S311 - a choice of samples, not a secret
        names = tuple(chance.sample(listed, min(PICKED, len(listed))))
    if not names:
        raise CannotJudge(
            f"{registry.target.index_url} lists no project; name some with --project",
            ExitCode.USAGE,
        )
    for name in names:
        answer = registry.project_answer(name)
        if answer.status != 200:
            raise CannotJudge(
                f"expected a page of the project {name!r}, found {_summary(answer)}", ExitCode.USAGE
            )
    return tuple(canonicalize_name(name) for name in names)


def _try_credential(registry: RegistryClient, run_id: str) -> None:
    """Ask for a project that cannot exist, with the credential: only a rejection ends the run here."""
    answer = registry.project_answer(f"conformance-{run_id}-absent")
    if answer.status == 401:
        raise CannotJudge(
            f"the index rejects the credential {answer.credential!r}: {_summary(answer)}\n"
            "Check the user name, the password or token, and its scopes.",
            ExitCode.USAGE,
        )


def _publish(registry: RegistryClient, run_id: str) -> Corpus:
    published: dict[str, Published] = {}
    for role, distribution in planned(run_id).items():
        answer = registry.upload(distribution)
        if not published:
            _require_upload_url(answer)
        item = Published(
            distribution=distribution, status=answer.status, where=str(answer), text=answer.excerpt()
        )
        if item.accepted and not any(earlier.accepted for earlier in published.values()):
            _require_listing(registry, item, answer)
        published[role] = item
    if not any(item.accepted for item in published.values()):
        raise CannotJudge(
            f"every upload was rejected; the last answer: {_summary(answer)}\n"
            "Judging needs at least one project.",
            ExitCode.TOO_LITTLE_JUDGED,
        )
    return Corpus(run_id, published)


def _require_upload_url(answer: Answer) -> None:
    if answer.status in {401, 403}:
        raise CannotJudge(
            f"the registry rejects uploads with the credential {answer.credential!r}: {_summary(answer)}\n"
            "Check the user name, the password or token, its scopes and the user's role.",
            ExitCode.USAGE,
        )
    if answer.status in {404, 405} or 300 <= answer.status < 400:
        raise CannotJudge(
            f"this is not an upload URL: {_summary(answer)}\n"
            "Give the URL that `twine upload --repository-url` takes, and its --profile.",
            ExitCode.USAGE,
        )
    _require_no_server_error(answer)


def _require_no_server_error(answer: Answer) -> None:
    if answer.status >= 500:
        raise CannotJudge(
            f"the registry returns a server error: {_summary(answer)}\nRepair it, then run again.",
            ExitCode.TOO_LITTLE_JUDGED,
        )


def _require_listing(registry: RegistryClient, item: Published, upload: Answer) -> None:
    """Wait until the first accepted upload is listed; a registry of another profile never lists it."""
    name = canonicalize_name(item.distribution.name)
    deadline = time.monotonic() + VISIBLE_WITHIN
    while True:
        try:
            page = registry.project_page(name, fresh=True)
        except EndlessAnswer:
            raise
        except Deviation as deviation:
            found, seen = deviation.found, False
        else:
            found = f"a page with {counted(len(page.files), 'file')}"
            seen = item.distribution.filename in page.filenames
        if seen:
            return
        if time.monotonic() > deadline:
            raise CannotJudge(
                f"an upload was accepted ({_summary(upload)}), but {registry.project_url(name)} does not list it: "
                f"found {found}.\nThis is not a registry of this profile, or not its URL: check both.",
                ExitCode.USAGE,
                published=True,
            )
        time.sleep(0.2)


def _summary(answer: Answer) -> str:
    text = " ".join(_MARKUP.sub(" ", answer.exchange.response_body).split())
    return f"{answer.exchange.request} → {answer.status} {answer.reason} {text[:160]}".strip()
