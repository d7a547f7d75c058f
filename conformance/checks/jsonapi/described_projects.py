"""The projects that checks of the JSON API publish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.kit.uploads.publishing import is_taken, publish
from reference_server.distributions import Metadata, sdist, wheel

if TYPE_CHECKING:
    from conformance.checks.jsonapi.descriptions import Descriptions
    from conformance.kit.fixtures import Driver, NewName
    from reference_server.distributions import Distribution

SITE = "https://example.com/"
TEXT = 'Not only ASCII: \u00e9\u00df\u4e2d\U0001f40d, <b>"quoted"</b> &amp; escaped.\n\n'
REASON = 'Broken: "x" <b>y</b> \u00e9'


@dataclass(frozen=True, kw_only=True)
class Rich:
    """A project whose first release has a value in each field, and others beside it, in no order."""

    latest: Distribution
    """A wheel of 1.10, with all metadata of version 2.1."""
    later: Distribution
    """Its sdist, uploaded later, with another summary."""
    first_sdist: Distribution
    """An sdist of 1.9, uploaded before its wheels."""
    tagged: tuple[Distribution, ...]
    """Wheels of 1.9 for other Pythons and with a build tag, with other summaries than its sdist."""
    preview: Distribution
    refused: frozenset[str] = frozenset()
    """The names of files that the registry did not take: it may take wheels alone, or one file of a release."""

    @property
    def name(self) -> str:
        """The name of the project."""
        return self.latest.name

    @property
    def files(self) -> tuple[Distribution, ...]:
        """All that the registry took, in the order of their uploads."""
        sent = (self.latest, self.later, self.first_sdist, *self.tagged, self.preview)
        return tuple(file for file in sent if file.filename not in self.refused)


@dataclass(frozen=True, kw_only=True)
class YankedProjects:
    """Projects in which releases are yanked, each with the version that describes it."""

    reasoned: Distribution
    """The newest of its project, yanked with `REASON`; `kept` is of the same project."""
    kept: Distribution
    latest: dict[str, str]
    """By the name of each project: the version that describes it."""
    all_yanked: tuple[Distribution, ...]
    """A project without any release that is not yanked, none of them with a reason."""


def metadata(name: str, version: str) -> Metadata:
    """Return metadata with each field of version 2.1 that the JSON API has a key for."""
    return Metadata(
        metadata_version="2.1",
        name=name,
        version=version,
        platform=("linux",),
        summary="The first summary: \u00e9\u00df\u4e2d\U0001f40d & <b>",
        description=f"# Described\n\n{TEXT * 100}The end.\n",
        description_content_type="text/markdown",
        keywords=("registry", "conformance", "\u00fcmlaut"),
        home_page=f"{SITE}home",
        download_url=f"{SITE}download?of=all#files",
        author="Zo\u00eb \u00c5ngstr\u00f6m",
        author_email="Zo\u00eb \u00c5ngstr\u00f6m <zoe@example.com>",
        maintainer="J\u00f6rg",
        maintainer_email="joerg@example.com",
        classifiers=("Programming Language :: Python :: 3", "Typing :: Typed"),
        requires_dist=("conformance-one>=1.0", "conformance-two[a,b]!=1.1; extra == 'all'"),
        requires_python=">=3.8, !=3.9.*",
        project_urls=(f"Source, {SITE}source", f"Change log, {SITE}changes?since=1.0&all"),
        provides_extra=("all", "a-b"),
        license="Apache-2.0",
    )


def publish_rich(descriptions: Descriptions, name: str) -> Rich:
    """Publish the project, the latest version first, and of the others what the registry takes."""
    registry = descriptions.registry
    found = Rich(
        latest=wheel(name, "1.10", metadata=metadata(name, "1.10")),
        later=sdist(name, "1.10", summary="Of the sdist, which came later", requires_python=">=3.8, !=3.9.*"),
        first_sdist=sdist(name, "1.9", summary="Of the sdist, which came first"),
        tagged=tuple(
            wheel(name, "1.9", tag=tag, build=build, summary=f"Of {which} wheel, which came later")
            for which, build, tag in (
                ("the first", "", "cp311-cp311-manylinux_2_17_x86_64"),
                ("a built", "7local", "py3-none-any"),
                ("the last", "", "py2.py3-none-any"),
            )
        ),
        preview=wheel(name, "2.0rc1", requires_python=None),
    )
    first, *others = found.files
    publish(registry, first)
    found = replace(
        found, refused=frozenset(file.filename for file in others if not is_taken(registry, file))
    )
    descriptions.published(*found.files)
    return found


def publish_previews(descriptions: Descriptions, name: str) -> tuple[Distribution, ...]:
    """Publish a project of pre-releases alone."""
    files = tuple(wheel(name, version) for version in ("1.0rc10", "1.0.dev3", "1.0rc9"))
    publish(descriptions.registry, *files)
    descriptions.published(*files)
    return files


def publish_yanked(descriptions: Descriptions, driver: Driver, new_name: NewName) -> YankedProjects:
    """Publish three projects, and yank releases of each."""
    one, every, preview = (new_name(f"described-{each}") for each in ("yanked", "all-yanked", "preview"))
    kept, reasoned = wheel(one, "1.9"), wheel(one, "1.10")
    all_yanked = (wheel(every, "1.10"), wheel(every, "1.9"))
    final = wheel(preview, "1.0")
    files = (kept, reasoned, *all_yanked, final, wheel(preview, "2.0rc1"))
    publish(descriptions.registry, *files)
    descriptions.published(*files)
    driver.yank(reasoned, REASON)
    for file in (*all_yanked, final):
        driver.yank(file)
    return YankedProjects(
        reasoned=reasoned,
        kept=kept,
        latest={one: "1.9", every: "1.10", preview: "2.0rc1"},
        all_yanked=all_yanked,
    )


def licensed(name: str) -> Distribution:
    """Return a wheel with what metadata version 2.4 says of licenses."""
    return wheel(
        name,
        "1.0",
        metadata=Metadata(
            metadata_version="2.4",
            name=name,
            version="1.0",
            license_expression="Apache-2.0 OR MIT",
            license_file=("LICENSE", "docs/NOTICE"),
            requires_python=">=3.8",
        ),
    )
