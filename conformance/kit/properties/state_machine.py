"""Uploads, refusals, yanks and deletions in any order, and a model of what the pages have to list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from packaging.utils import canonicalize_name

from conformance.kit.driver import Ability
from conformance.kit.properties.search import bounded, deviation_once
from conformance.kit.races.looks import forms_of, look, wrong_file
from conformance.verdicts import Deviation, NotJudged
from conformance.wire import upload_form
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.pages import FileLink
    from conformance.run.features import OfferedFeatures
    from conformance.target.drivers import Driver
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer, UploadForm
    from reference_server.distributions import Distribution

PROJECTS = st.integers(min_value=0, max_value=1)
VERSIONS = st.sampled_from(["1.0", "1.1", "2.0rc1"])
FACTORIES = st.sampled_from([wheel, sdist])
SEPARATORS = st.sampled_from("-_.")
YANKED = st.sampled_from([True, False])
"""Hypothesis draws the first most often."""
CHOICES = st.integers(min_value=0, max_value=5)
STATUSES = st.sampled_from(["active", "archived", "quarantined", "deprecated"])
CHANGES = {
    "yank": {Ability.YANK, Ability.UNYANK},
    "delete": {Ability.DELETE},
    "status": {Ability.SET_STATUS},
}
"""What a driver has to be able to do for each kind of step."""
HIDING = "quarantined"
"""The status of a project whose page offers no files. Source: Project status markers (PEP 792)."""

ANOTHER_DIGEST = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An accepted file. `yanked` is None where it is unknown: the file replaced another."""

    distribution: Distribution
    yanked: bool | None = False


class UploadsAndChanges(RuleBasedStateMachine):
    """Two projects of a registry, and a model of the files that it accepted in them.

    After each step the pages of the project have to list exactly those files, in every form. Which uploads the
    registry refuses is its own choice. Without a driver there are only uploads.
    """

    def __init__(
        self,
        registry: RegistryClient,
        offer: OfferedFeatures,
        driver: Driver | None,
        new_name: Callable[[str], str],
    ) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.projects = [new_name("stateful"), new_name("stateful")]
        self.stored: dict[str, dict[str, Stored]] = {name: {} for name in self.projects}
        self._statuses = dict.fromkeys(self.projects, "active")
        self._registry = registry
        self._offer = offer
        self._forms = forms_of(offer)
        self._marking: set[str] = set()  # forms that have shown a yank: one of them may not show any
        self._driver = driver

    # Uploads

    @initialize()
    def begin(self) -> None:
        """Publish a file in each project, delete another and yank one: short runs find more from there."""
        for name in self.projects:
            self._upload(wheel(name, "0.9"), "upload")
        if self.can("delete"):
            self._upload(wheel(self.projects[0], "0.8"), "upload")
            self.delete(0)
        if self.can("yank"):
            self._yank(self.files[0], yanked=True)

    @rule(project=PROJECTS, version=VERSIONS, factory=FACTORIES, separator=SEPARATORS)
    def upload(
        self, project: int, version: str, factory: Callable[..., Distribution], separator: str
    ) -> None:
        """Upload a file under some spelling of the project's name; it may exist already."""
        name = self.projects[project]
        self._upload(factory(name.replace("-", separator), version), "upload")

    @precondition(lambda self: self.files)
    @rule(choice=CHOICES, changed=st.booleans())
    def upload_again(self, choice: int, changed: bool) -> None:  # noqa: FBT001 - drawn
        """Upload an existing file again, with the same bytes or with others."""
        file = self._chosen(choice).distribution
        factory = wheel if file.filetype == "bdist_wheel" else sdist
        twin = factory(file.name, file.version, marker="changed") if changed else file
        self._upload(twin, "upload changed" if changed else "upload again")

    @rule(project=PROJECTS, version=VERSIONS)
    def upload_bad(self, project: int, version: str) -> None:
        """Upload a file with the digest of another, which the registry may or may not verify."""
        file = wheel(self.projects[project], version, marker="bad")
        form = upload_form(file).with_field("sha256_digest", ANOTHER_DIGEST)
        self._upload(file, "upload with another digest", form)

    def _upload(self, file: Distribution, what: str, form: UploadForm | None = None) -> None:
        project = self._project_of(file)
        answer = self._registry.upload(file, form=form)
        self.steps.append(f"{what} {file.filename} of {file.name} ({answer.status})")
        known = self.stored[project].get(file.filename)
        if answer.is_success and (known is None or known.distribution.sha256 != file.sha256):
            yanked = None if known else False
            self.stored[project][file.filename] = Stored(distribution=file, yanked=yanked)
        crashed = [f"status {answer.status}"] if answer.is_server_error else []
        self._require(crashed, expected="every upload to be accepted (2xx) or refused (4xx)", where=answer)
        self._look(project)

    # Changes

    @precondition(lambda self: self.can("yank"))
    @rule(choice=CHOICES, yanked=YANKED)
    def yank(self, choice: int, yanked: bool) -> None:  # noqa: FBT001 - drawn
        """Yank or unyank a file."""
        self._yank(self._chosen(choice), yanked=yanked)

    def _yank(self, stored: Stored, *, yanked: bool) -> None:
        file = stored.distribution
        self._change("yank" if yanked else "unyank", file)
        self.stored[self._project_of(file)][file.filename] = replace(stored, yanked=yanked)
        self._look(self._project_of(file))

    @precondition(lambda self: self.can("delete"))
    @rule(choice=CHOICES)
    def delete(self, choice: int) -> None:
        """Delete a file."""
        file = self._chosen(choice).distribution
        self._change("delete", file)
        del self.stored[self._project_of(file)][file.filename]
        self._look(self._project_of(file))

    @precondition(lambda self: self.can("status"))
    @rule(choice=CHOICES, status=STATUSES)
    def set_status(self, choice: int, status: str) -> None:
        """Change the status of a project that has files."""
        project = self._project_of(self._chosen(choice).distribution)
        self._change("set_status", project, status)
        self._statuses[project] = status
        self._look(project)

    def _change(self, what: str, *about: Any) -> None:
        getattr(self._driver, what)(*about)
        names = (each if isinstance(each, str) else f"{each.filename} of {each.name}" for each in about)
        self.steps.append(" ".join([what, *names]))

    # Reading

    @rule(project=PROJECTS)
    def read(self, project: int) -> None:
        """Read a project other than that of the last step, too."""
        self._look(self.projects[project])

    @precondition(lambda self: self.files)
    @rule(choice=CHOICES)
    def download(self, choice: int) -> None:
        """Download a file by the link on its page."""
        file = self._chosen(choice).distribution
        page = look(self._registry, self._project_of(file), self._forms[-1]).page
        for link in page.files:
            if link.filename == file.filename:
                answer = self._registry.download(link.url)
                problem = wrong_file(link, answer)
                if not problem and answer.content != file.content:
                    problem = f"other bytes of {file.filename}"
                wrong = [problem] if problem else []
                self._require(wrong, expected="the accepted bytes to be served", where=answer)

    def _look(self, project: str) -> None:
        """Require that the pages of a project list the accepted files, and no others."""
        hidden = self._statuses[project] == HIDING
        wanted = {} if hidden else self.stored[project]
        for form in self._forms:
            seen = look(self._registry, project, form)
            listed = [file.filename for file in seen.page.files]
            wrong = [
                f"{listed.count(name)} entries of {name}"
                for name in {*listed, *wanted}
                if listed.count(name) != (name in wanted)
            ]
            if any(file.yanked is not None for file in seen.page.files):
                self._marking.add(form)
            for file in seen.page.files:
                if stored := wanted.get(file.filename):
                    wrong += self._differences(file, stored, marks=form in self._marking)
            self._require(
                wrong,
                expected=f"the page to list exactly {', '.join(sorted(wanted)) or 'no file'}",
                where=seen.answer,
            )

    @staticmethod
    def _differences(file: FileLink, stored: Stored, *, marks: bool) -> Iterator[str]:
        sha256 = stored.distribution.sha256
        if file.hashes.get("sha256", sha256).lower() != sha256:
            yield f"{file.filename} with sha256 {file.hashes['sha256']}, accepted with {sha256}"
        if marks and stored.yanked is not None and stored.yanked != (file.yanked is not None):
            yield f"{file.filename} {'not ' if stored.yanked else ''}yanked"

    def _require(self, wrong: Sequence[str], *, expected: str, where: Answer) -> None:
        if wrong:
            raise Deviation(
                expected=expected,
                found="\n  ".join([", ".join(sorted(wrong)), "after", *self.steps]),
                where=str(where),
            )

    # The model

    @property
    def files(self) -> list[Stored]:
        """Every file that was accepted and not deleted."""
        return [stored for name in self.projects for _, stored in sorted(self.stored[name].items())]

    def can(self, feature: str) -> bool:
        """Tell whether there is a file to change, and a driver that can."""
        able = self._driver is not None and self._driver.abilities.issuperset(CHANGES[feature])
        return able and self._offer.has(feature) and bool(self.files)

    def _chosen(self, choice: int) -> Stored:
        return self.files[choice % len(self.files)]

    @staticmethod
    def _project_of(file: Distribution) -> str:
        return canonicalize_name(file.name)


def explore(
    machine: Callable[[], RuleBasedStateMachine], *, runs: int, steps: int, seed: int, shrink: bool = False
) -> None:
    """Run a state machine `runs` times with `steps` steps each; the same seed, the same steps.

    Raises the first deviation. `shrink` looks for a shorter way to it, which costs hundreds of requests.
    """
    try:
        run_state_machine_as_test(
            seeded(seed)(machine),  # type: ignore[arg-type]  # "a class or function", says its documentation
            settings=bounded(runs, shrink=shrink, steps=steps),
        )
    except FlakyFailure as flaky:
        deviation = deviation_once(flaky, "these steps were taken")
        limits = (error for error in flaky.exceptions if isinstance(error, NotJudged))
        raise deviation or next(limits, flaky) from flaky
