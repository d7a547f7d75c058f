"""`registry-conformance ci`: a whole job of a CI system in one command, told what to do by the environment.

It types the commands of docs/gate.md, and prints each as it does. Inputs and their names are in docs/ci.md.
"""

from __future__ import annotations

import argparse
import io
import os
import shlex
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.formats import FORMATS
from conformance.target.configuration import PREFIX
from conformance.verdicts import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    Main = Callable[[list[str]], int]
    """Carries out a command line, without the name of the program; returns the exit code."""

PROGRAM = "registry-conformance"
FOLDER = "registry-conformance"
RESULT = "result.json"
PREVIOUS = "previous.json"
LEDGERS = "ledgers"
REPORTS = {each.name: each.ci_file for each in FORMATS.values() if each.ci_file}
"""Formats of reports, and the files that they are written to."""

OF_A_TARGET = {"CA_BUNDLE": "--ca-bundle", "MAX_REQUESTS": "--max-requests", "RATE": "--rate"}
OF_A_RUN = {
    "BASELINE": "--baseline",
    "SET": "--set",
    "CHECKS": "-k",
    "EXAMPLES": "--examples",
    "PROCESSES": "-n",
}
"""Variables, without their prefix, and the options that they stand for."""

ROOM = 4_000
"""Characters of a comparison in the summary: with a report of 60,000 it still fits into a comment."""

EPILOG = f"""The job's inputs are variables whose names begin with {PREFIX}: URL, PROFILE, USERNAME, PASSWORD
or CONFIG for the registry; {", ".join([*OF_A_TARGET, *OF_A_RUN])},
READ_ONLY (true or false), PREVIOUS (an earlier result), FOLDER ({FOLDER}). What is empty is not given.
The result and the reports are written to that folder. The exit code is that of `run`.
"""


class BadJob(ValueError):
    """The environment asks for something that cannot be done; `str()` says what to change."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one job is to do: options of all commands, options of `run` only, where files go, and come from."""

    folder: Path
    target: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    previous: Path | None = None

    @property
    def guest(self) -> list[str]:
        """What commands need that publish or delete: the ledgers of this job, and of no other on the machine."""
        return [*self.target, "--ledgers", str(self.folder / LEDGERS)]

    @property
    def files(self) -> dict[str, Path]:
        """Everything that the job writes, by what it is called as an output."""
        return {name: self.folder / file for name, file in {"result": RESULT, **REPORTS}.items()}


def add_ci_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], main: Main) -> None:
    """Add the command to those of `registry-conformance`, which `main` carries out."""
    parser = subparsers.add_parser(
        "ci",
        help="do all that a job of a CI system has to: doctor, run, reports, comparison",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="at the end of the job: remove what it left when it was cancelled",
    )
    parser.set_defaults(command=lambda arguments: run_ci(main, sweep=arguments.sweep))


def run_ci(main: Main, *, sweep: bool) -> int:
    """Do the job that the environment describes, or its end. Returns the exit code."""
    try:
        settle(os.environ)
        job = job_of(os.environ)
        if sweep:
            return _typed(main, "sweep", *job.guest)
        _clear(job)
        exit_code = _judge(job, main)
        _tell_github(job, exit_code, os.environ)
    except BadJob as mistake:
        return _say(str(mistake))
    except OSError as error:
        return _say(f"cannot write {error.filename}: {error.strerror}; {PREFIX}FOLDER names another folder")
    return exit_code


def settle(environ: MutableMapping[str, str]) -> None:
    """Put the password where the suite looks for it. Raises BadJob.

    GitLab prints inputs: there PASSWORD_VARIABLE names the variable that holds the password, and is not the
    password.
    """
    named, password = environ.get(PREFIX + "PASSWORD_VARIABLE"), PREFIX + "PASSWORD"
    if named and named != password:
        if not environ.get(named):
            raise BadJob(
                f"the password is to be in the variable {named}, which is not set; "
                "a protected variable is there for protected branches and tags only"
            )
        environ[password] = environ[named]


def job_of(environ: Mapping[str, str]) -> Job:
    """Read the job's inputs; CI systems set a variable also for those that nobody gave. Raises BadJob."""
    previous = environ.get(PREFIX + "PREVIOUS")
    read_only = (environ.get(PREFIX + "READ_ONLY") or "false").lower()
    if read_only not in {"true", "false"}:
        raise BadJob(f"{PREFIX}READ_ONLY is `true` or `false`, not {read_only!r}")
    return Job(
        folder=Path(environ.get(PREFIX + "FOLDER") or FOLDER),
        target=_options(OF_A_TARGET, environ),
        run=_options(OF_A_RUN, environ),
        read_only=("--read-only",) if read_only == "true" else (),
        previous=Path(previous) if previous else None,
    )


def _options(known: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, ...]:
    given = ((option, environ.get(PREFIX + name)) for name, option in known.items())
    return tuple(word for option, value in given if value for word in (option, value))


def _clear(job: Job) -> None:
    """Make the folder; remove what yesterday's job left there, but keep aside what is to be compared."""
    job.folder.mkdir(parents=True, exist_ok=True)
    kept = job.folder / PREVIOUS
    if job.previous != kept:
        kept.unlink(missing_ok=True)
    if job.previous and job.previous != kept and job.previous.is_file():
        shutil.copyfile(job.previous, kept)
    for path in job.files.values():
        path.unlink(missing_ok=True)


def _judge(job: Job, main: Main) -> int:
    if refused := _typed(main, "doctor", *job.target, *job.read_only):
        return refused
    reports = [word for name in REPORTS for word in ("--report", f"{name}={job.files[name]}")]
    words = ("--json", str(job.files["result"]), *reports)
    exit_code = _typed(main, "run", *job.guest, *job.run, *job.read_only, *words)
    _compare(job, main)
    return exit_code


def _compare(job: Job, main: Main) -> None:
    """Print what changed since the earlier result, and add it to the summary."""
    if job.previous is None:
        return
    if not (job.folder / PREVIOUS).is_file():
        print(f"There is no {job.previous}: nothing to compare with.")
        return
    with redirect_stdout(io.StringIO()) as output:
        exit_code = _typed(main, "compare", str(job.folder / PREVIOUS), str(job.files["result"]))
    print(output.getvalue(), end="")
    if exit_code == ExitCode.CONFORMS and job.files["markdown"].is_file():
        changes = output.getvalue().partition("\n")[2]
        changes = changes if len(changes) <= ROOM else f"{changes[:ROOM]}…\n"
        with job.files["markdown"].open("a", encoding="utf-8") as file:
            file.write(f"\n### Since the last time\n\n```text\n{changes}```\n")


def _tell_github(job: Job, exit_code: int, environ: Mapping[str, str]) -> None:
    """Give GitHub the outputs of the step and the summary of the job, where it asks for them."""
    there = {name: path for name, path in job.files.items() if path.is_file()}
    if output := environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in {"exit-code": exit_code, **there}.items())
    if (summary := environ.get("GITHUB_STEP_SUMMARY")) and "markdown" in there:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(there["markdown"].read_text(encoding="utf-8"))


def _typed(main: Main, *words: str) -> int:
    """Type a command, and show it: no secret is in it, and it can be typed again elsewhere."""
    print(f"$ {shlex.join([PROGRAM, *words])}", flush=True)
    try:
        return int(main(list(words)))
    except SystemExit as refusal:  # argparse's own way
        return int(refusal.code or ExitCode.CONFORMS)


def _say(message: str) -> int:
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return ExitCode.USAGE
