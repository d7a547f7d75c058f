"""Set up a run: reach the target, try the credential, publish the corpus."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.corpus import Corpus, Published, new_run_id, planned
from conformance.corpus.ledger import Ledger
from conformance.errors import UserError
from conformance.run.claims import with_claims
from conformance.run.door import publish, try_credential
from conformance.run.existing_projects import existing_projects
from conformance.run.features import OfferedFeatures, offer_from_json
from conformance.run.probe import probe
from conformance.run.run import CannotJudge, Run
from conformance.run.tidy import requests_per_deletion, tidy
from conformance.target import DEFAULT, VALIDATION, Target, target_from_table
from conformance.target.claims import EVIDENCE
from conformance.target.driver import driven_features, target_driver
from conformance.target.project_spellings import ProjectSpellings
from conformance.target.registry_client import RegistryClient
from conformance.target.settling import Settling
from conformance.verdicts import ExitCode, NotJudged
from conformance.wire import (
    BadAnswer,
    Budget,
    Redactor,
    Session,
    Transcript,
    Unreachable,
    publication_of,
    recorded_bytes,
    upload_form,
)
from conformance.wire.account import Account
from conformance.wire.credential_patterns import without_secrets

if TYPE_CHECKING:
    from conformance.verdicts.options import RunOptions

WRITING = frozenset({"upload", "access", "attestations", "switch", "rest", "delete", "twine"})
"""Features that cannot be judged without publishing."""


RUNNING = "Is the registry running, and is this its URL?"


def prepare(target: Target, options: RunOptions, only: frozenset[str] | None = None) -> Run:
    """Try whether the target can be judged, and publish the corpus. Raises CannotJudge.

    `only` are the requirements that were chosen by id: what none of them needs is not looked for.
    """
    options, run_id = options.under(target.profile), new_run_id()
    _require_what_uploads_need(target, options)
    budget = Budget(options, per_deletion=requests_per_deletion(target, options))
    run = _run(target, options, Corpus(run_id, {}), _new_ledger(run_id, target, options), budget)
    registry, driven = run.registry, _driven(run)
    try:
        clock = try_credential(registry, run_id)
        if options.read_only:
            corpus = Corpus(run_id, {})
            projects = existing_projects(registry, options.projects, seed=options.seed)
        else:
            projects = (corpus := publish(registry, run_id)).projects
        found = probe(registry, projects, _stated(registry, corpus) | driven)
        offer = with_claims(replace(run, corpus=corpus), found, projects, only)
    except Unreachable as error:
        raise _refusal(run, f"{error}\n{RUNNING}", ExitCode.HARNESS_ERROR) from error
    except BadAnswer as error:
        raise _refusal(run, f"nothing was judged: {error}", ExitCode.USAGE) from error
    except CannotJudge as error:
        raise _refusal(run, str(error), error.exit_code) from error
    except (KeyboardInterrupt, NotJudged) as error:
        raise _broken_off(run, error) from None
    except Exception:  # a mistake of ours, which leaves nothing behind all the same
        with suppress(Exception):
            tidy(run)
        raise
    return replace(
        run,
        corpus=corpus,
        projects=projects,
        offer=offer,
        notes=(clock,) if clock else (),
        overlaps=registry.at_once > 1 and not target.embedded,
        prepared_with=len(run.transcript),
    )


def _require_what_uploads_need(target: Target, options: RunOptions) -> None:
    """Raise CannotJudge for a run that is to publish, without a credential that it needs or an address for uploads."""
    if target.profile.needs_credential and not options.read_only and DEFAULT not in target.credentials:
        meaning = target.profile.credentials[DEFAULT]
        raise CannotJudge(
            f"a {target.profile.title} needs {meaning}",
            ExitCode.USAGE,
            hint="Give --username and --password.",
        )
    if not (options.read_only or target.has_uploads):
        raise CannotJudge(
            f"the layout {target.layout.name} has no address for uploads",
            ExitCode.USAGE,
            hint="Give --upload-url, or --read-only.",
        )


def _driven(run: Run) -> frozenset[str]:
    """Return the features that the target's drivers can produce; none where the run only reads. Raises CannotJudge."""
    if run.options.read_only:
        return frozenset()
    try:
        return driven_features(target_driver(run.target, run.session))
    except UserError as error:
        raise CannotJudge(error.message, error.exit_code, hint=error.hint) from error


def _broken_off(run: Run, error: KeyboardInterrupt | NotJudged) -> CannotJudge:
    """Return the refusal of a run that ended before its first check."""
    limited = isinstance(error, NotJudged)
    code = ExitCode.TOO_LITTLE_JUDGED if limited else ExitCode.HARNESS_ERROR
    why = str(error) if limited else "the run was interrupted"
    return _refusal(run, f"nothing was judged: {why}", code, broken_off=not limited)


def _refusal(run: Run, message: str, exit_code: ExitCode, *, broken_off: bool = False) -> CannotJudge:
    """Remove what was published; return the refusal to raise, without secrets, with a sentence on what is left."""
    message = without_secrets(message, run.redact)
    refused = run.ledger.refused()
    sent = [entry for entry in run.ledger.entries() if entry not in refused]
    if not sent:
        run.ledger.keep_only([])
        return CannotJudge(message, exit_code)
    return CannotJudge(f"{message}\n{tidy(run, broken_off=broken_off)}".rstrip(), exit_code)


def _stated(registry: RegistryClient, corpus: Corpus) -> frozenset[str]:
    """Return the features that the target offers whatever its pages say."""
    target = registry.target
    claims = target.features & EVIDENCE.keys()  # which have to be found
    stated = (target.profile.features | target.features) - claims
    if not target.has_json_api:  # its rows would have nowhere to ask
        stated -= {"json-api"}
    if target.credentials:
        stated |= {"auth"}
    if not corpus.published:
        return stated - WRITING
    if target.credentials:
        stated |= {"auth-upload"}
    if corpus.published["version-local"].accepted:
        stated |= {"local-versions"}
    return stated | VALIDATION  # what is not asked for is noted: see `conformance.run.strictness`


def take_part(table: dict[str, Any], options: RunOptions, *, worker: str, processes: int = 1) -> Run:
    """Join a run that another process has set up, from `Run.as_table()`, as one of so many processes."""
    target = target_from_table(table["target"], embedded=table["embedded"])
    corpus = Corpus(
        table["run_id"],
        {
            role: Published(
                distribution=distribution, status=status, where=where, text=text, accepted=accepted
            )
            for (role, distribution), (status, where, text, accepted) in zip(
                planned(table["run_id"]).items(), table["published"].values(), strict=True
            )
        },
    )
    budget = Budget(
        options, per_deletion=requests_per_deletion(target, options), account=Account(Path(table["budget"]))
    )
    ledger, spellings = Ledger(Path(table["ledger"])), ProjectSpellings(table["spellings"])
    run = _run(target, options, corpus, ledger, budget, spellings=spellings, processes=processes)
    run.session.expect_wait(table["usual_wait"])  # else the first check, the longest of all, would be alone
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
        run,
        offer=offer_from_json(table["offer"]),
        projects=tuple(table["projects"]),
        overlaps=table["overlaps"],
        worker=worker,
    )


def _new_ledger(run_id: str, target: Target, options: RunOptions) -> Ledger:
    """Return a run's ledger; that of an embedded target need not outlive this machine's temporary files."""
    folder = Path(tempfile.gettempdir()) if target.embedded else options.ledger_folder
    return Ledger(folder / f"{run_id}.jsonl")


def _run(
    target: Target,
    options: RunOptions,
    corpus: Corpus,
    ledger: Ledger,
    budget: Budget,
    *,
    spellings: ProjectSpellings | None = None,
    processes: int = 1,
) -> Run:
    transcript = Transcript()
    redact = Redactor(target.secrets)
    session = Session(
        transcript=transcript,
        redact=redact,
        limits=options,
        ca_bundle=options.ca_bundle,
        budget=budget,
    )
    registry = RegistryClient(
        target,
        session=session,
        transcript=transcript,
        ledger=ledger,
        settling=Settling(options.settle, budget.account),
        spellings=spellings,
        processes=processes,
    )
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
