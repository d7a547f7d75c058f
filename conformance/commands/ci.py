"""`registry-conformance ci`: a whole CI job in one command, with its inputs in environment variables.

It carries out the commands of docs/gate.md, and prints each. docs/ci.md lists the inputs.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from conformance.commands.output import PROGRAM, print_error, write
from conformance.errors import ExitCode, UserError
from conformance.report.annotations import commands_stopped
from conformance.report.formats import FORMATS
from conformance.verdicts.declaration import PREFIX, Input, Option
from conformance.verdicts.options import OPTIONS
from conformance.verdicts.target_options import TARGET

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    Main = Callable[[list[str]], int]
    """Carries out a command line, without the name of the program; returns the exit code."""

SUMMARY = "run a whole CI job: doctor, run, reports, comparison"

RESULT = "result.json"
KEPT = "previous.json"
LEDGERS = "ledgers"
REPORTS = {each.name: each.ci_file for each in FORMATS.values() if each.ci_file}
"""Formats of reports, and the files that they are written to."""

PREVIOUS = Input(name="previous", text="Result of an earlier run to compare with; it need not exist")
FOLDER = Input(
    name="folder", default="registry-conformance", text="Folder for the result, the reports and the ledgers"
)
PASSWORD_VARIABLE = Input(
    name="password-variable",
    default=f"{PREFIX}PASSWORD",
    text="Name of the masked CI/CD variable that holds the password or token",
    only="gitlab",
)
OF_THE_JOB = (
    Input(name="job-name", default="registry-conformance", text="Name of the job", only="gitlab"),
    Input(name="stage", default="test", text="Stage of the job", only="gitlab"),
    PASSWORD_VARIABLE,
    PREVIOUS,
    FOLDER,
    Input(
        name="package",
        default="pypi-registry-conformance[suite,parallel]",
        text="Requirement to install with pip; leave empty where the suite is already installed",
    ),
    Input(name="python-version", default="3.13", text="Version of Python to run the suite with"),
)
"""Inputs that are no options of another command."""


def _lowered(text: str) -> str:
    """Return a text with a small first letter, unless it begins with an abbreviation or a name such as GitLab."""
    first = text.partition(" ")[0]
    return text if first[1:] != first[1:].lower() else text[0].lower() + text[1:]


def _lines(inputs: Iterable[Input | None]) -> str:
    """Return one line for each variable, with its description and default."""
    return "\n".join(
        f"  {each.variable.removeprefix(PREFIX):<18} {_lowered(each.text)}"
        + (f" (default: {each.default})" if each.default and "(default" not in each.text else "")
        for each in inputs
        if each
    )


EPILOG = f"""The inputs of the job are environment variables. Their names begin with {PREFIX}:

{_lines(each.described_input() for each in OPTIONS)}
{_lines((PASSWORD_VARIABLE, PREVIOUS, FOLDER))}

Empty variables are ignored. The result and the reports are written to FOLDER. The exit code is that of `run`.
"""


def inputs() -> tuple[Input, ...]:
    """Return every input of a CI job, with its description: what templates/ and action.yml declare."""
    return (*filter(None, (each.described_input() for each in OPTIONS)), *OF_THE_JOB)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job: the options that it was given, with their texts, and where files go and come from."""

    folder: Path
    given: tuple[tuple[Option, str], ...] = ()
    previous: Path | None = None

    def words(self, command: str) -> list[str]:
        """Return the options that the job gives a command, as they are typed.

        What deletes or publishes has the ledgers of this job, and of no other on the machine.
        """
        words = [
            word for option, text in self.given if command in option.commands for word in typed(option, text)
        ]
        ledgers = ["--ledgers", str(self.folder / LEDGERS)]
        return [*words, *ledgers] if command in {"run", "sweep"} else words

    @property
    def files(self) -> dict[str, Path]:
        """Every file that the job writes, by the name of its output."""
        return {name: self.folder / file for name, file in {"result": RESULT, **REPORTS}.items()}


def typed(option: Option, text: str) -> list[str]:
    """Return an option as it is typed on a command line."""
    if option.metavar:
        return [option.flag, text]
    return [option.flag] if text == "true" else []


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="delete what the job published; run it last, even when the job was cancelled",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do the job that the environment describes, or its end."""
    main: Main = arguments.main
    place = place_of(os.environ)
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    with commands_stopped(sys.stdout) if on_github else nullcontext():
        if arguments.sweep:
            return _carry_out(main, "sweep", *_given(place).words("sweep"))
        exit_code = _judged(place, main)
    if on_github:
        _annotate(place)
    return exit_code


def _given(place: Job) -> Job:
    """Return a job with the options that the environment gives it. Raises UserError."""
    take_password(os.environ)
    return job_of(os.environ, place)


def _judged(place: Job, main: Main) -> int:
    """Judge the registry, and write what the job leaves. Returns the exit code."""
    try:
        _clear(place)
        try:
            job = _given(place)
        except UserError as error:
            print_error(error)
            _report_refusal(place, str(error), error.exit_code, os.environ)
            exit_code = int(error.exit_code)
        else:
            exit_code = _judge(job, main)
        _write_outputs(place, exit_code, os.environ)
    except OSError as error:
        raise UserError(
            f"cannot write {error.filename}: {error.strerror}", f"{FOLDER.variable} names another folder."
        ) from error
    return exit_code


def _annotate(job: Job) -> None:
    """Print the worst findings as annotations of the workflow, if the run has left a result."""
    from conformance.report.annotations import github_annotations
    from conformance.report.result_file import BadResult, read_result

    try:
        result = read_result(job.files["result"])
    except BadResult:
        return
    for line in github_annotations(result):
        print(line)


def take_password(environ: MutableMapping[str, str]) -> None:
    """Copy the password from the variable that PASSWORD_VARIABLE names: GitLab prints inputs. Raises UserError."""
    named, password = environ.get(PASSWORD_VARIABLE.variable), PASSWORD_VARIABLE.default
    if named and named != password:
        if not environ.get(named):
            raise UserError(
                f"the variable {named}, which should hold the password, is not set",
                "A protected variable exists on protected branches and tags only.",
            )
        environ[password] = environ[named]


def place_of(environ: Mapping[str, str]) -> Job:
    """Read where files of the job go and come from, and none of its options. Raises UserError."""
    folder = environ.get(FOLDER.variable) or FOLDER.default
    if not folder.isprintable():  # the outputs of a step are lines
        raise UserError(f"{FOLDER.variable} is the name of a folder in one line, not {folder!r}")
    previous = environ.get(PREVIOUS.variable)
    return Job(folder=Path(folder), previous=Path(previous) if previous else None)


def job_of(environ: Mapping[str, str], place: Job) -> Job:
    """Read the inputs of the job; CI systems set also those that are not given, to nothing. Raises UserError."""
    given = tuple(
        (option, text)
        for option in OPTIONS
        if option.input and option not in TARGET and (text := _text(option.input, environ))
    )
    return replace(place, given=given)


def _text(known: Input, environ: Mapping[str, str]) -> str:
    text = environ.get(known.variable, "")
    if known.choices and text:
        text = text.lower()
        if text not in known.choices:
            raise UserError(f"{known.variable} is {' or '.join(known.choices)}, not {text!r}")
    return text


def _clear(job: Job) -> None:
    """Make the folder, and remove the files of an earlier job from it, except the result to compare with."""
    job.folder.mkdir(parents=True, exist_ok=True)
    kept = job.folder / KEPT
    if job.previous != kept:
        kept.unlink(missing_ok=True)
    if job.previous and job.previous != kept and job.previous.is_file():
        shutil.copyfile(job.previous, kept)
    for path in job.files.values():
        path.unlink(missing_ok=True)


def _judge(job: Job, main: Main) -> int:
    with redirect_stdout(_Copy(sys.stdout)) as output, redirect_stderr(_Copy(sys.stderr)) as errors:
        refused = _carry_out(main, "doctor", *job.words("doctor"))
    if refused:
        _report_refusal(job, output.text + errors.text, ExitCode(refused), os.environ)
        return refused
    reports = [word for name in REPORTS for word in ("--report", f"{name}={job.files[name]}")]
    words = [*job.words("run"), *_since(job), "--json", str(job.files["result"]), *reports]
    with redirect_stderr(_Copy(sys.stderr)) as errors:
        exit_code = _carry_out(main, "run", *words)
    if exit_code and not _has_result(job):
        _report_refusal(job, errors.text, ExitCode(exit_code), os.environ)
    return exit_code


def _has_result(job: Job) -> bool:
    """Return whether a run left a result with an end: a crash leaves one without, a refusal may leave none."""
    from conformance.report.result_file import BadResult, read_result

    try:
        return read_result(job.files["result"]).finished is not None
    except BadResult:
        return False


def _report_refusal(job: Job, reason: str, exit_code: ExitCode, environ: Mapping[str, str]) -> None:
    """Write the result and the reports of a run that did not begin, so that a merge request shows why."""
    from conformance.report.result import refused_result
    from conformance.report.result_file import concealed_result, write_result

    given = {each.name: environ.get(each.input.variable, "") for each in TARGET if each.input}
    url = next(filter(None, map(given.get, ("url", "upload_url", "index_url", "config"))), "no registry")
    refused = refused_result(url, given.get("profile", ""), reason=reason.strip(), exit_code=exit_code)
    result = concealed_result(refused)
    write_result(job.files["result"], result)
    for name in REPORTS:
        write(FORMATS[name].render(result), job.files[name])


class _Copy(io.StringIO):
    """Keeps what is printed to a stream, which prints it all the same."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    @property
    def text(self) -> str:
        """What was printed, without the command that precedes it."""
        lines = self.getvalue().splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("$ "))

    def write(self, text: str) -> int:
        """Keep a text, and print it."""
        self._stream.write(text)
        return super().write(text)

    def flush(self) -> None:
        """Print what the stream has not printed yet."""
        self._stream.flush()


def _since(job: Job) -> list[str]:
    """Return the option that names the earlier result; none where it is missing or cannot be read."""
    from conformance.report.result_file import BadResult, read_earlier

    if job.previous is None:
        return []
    kept = job.folder / KEPT
    if not kept.is_file():
        print(f"There is no {job.previous}: nothing to compare with.")
        return []
    try:
        read_earlier(kept)
    except BadResult as reason:
        print(f"{reason.message}: nothing to compare with.")
        return []
    return ["--since", str(kept)]


def _write_outputs(job: Job, exit_code: int, environ: Mapping[str, str]) -> None:
    """Write the outputs of the step and the summary of the job, where GitHub asks for them."""
    there = {name: path for name, path in job.files.items() if path.is_file()}
    if output := environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in {"exit-code": exit_code, **there}.items())
    if (summary := environ.get("GITHUB_STEP_SUMMARY")) and "markdown" in there:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(there["markdown"].read_text(encoding="utf-8"))


def _carry_out(main: Main, *words: str) -> int:
    """Print a command, and carry it out: it has no secret in it, and can be typed again elsewhere."""
    print(f"$ {shlex.join([PROGRAM, *words])}", flush=True)
    try:
        return int(main(list(words)))
    except SystemExit as refusal:  # argparse's own way
        return int(refusal.code or ExitCode.CONFORMS)
