"""A few of a project's files: enough for a question that costs a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.verdicts.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sized

    from conformance.kit.index import Index
    from conformance.pages import FileLink


def html_samples(index: Index) -> list[FileLink]:
    """Return a few files of each HTML page: one of each kind, the smallest as far as sizes are told."""
    return [file for name in index.projects for file in _some_of_project(index, name)]


def extent_of(samples: Sized, index: Index) -> str:
    """Return how many of the listed files were downloaded, for a remark; nothing where all were."""
    listed = {file.filename for name in index.projects for file in index.pages(name)[-1].files}
    if len(samples) >= len(listed):
        return ""
    return f"{len(samples)} of {counted(len(listed), 'listed file')} downloaded, the smallest as far as sizes are known"


def _some_of_project(index: Index, name: str) -> list[FileLink]:
    sizes = {file.filename: file.size or 0 for page in index.pages(name) for file in page.files}
    files = index.html(name).page.files
    largest_first = sorted(files, key=lambda file: sizes.get(file.filename, 0), reverse=True)
    return list({file.filename.rpartition(".")[2]: file for file in largest_first}.values())


def smallest_of_each_kind(files: tuple[FileLink, ...]) -> list[FileLink]:
    """Return the smallest wheel and the smallest file of another kind: enough for a question that costs a request."""
    wheels = [file for file in files if file.filename.endswith(".whl")]
    others = [file for file in files if not file.filename.endswith(".whl")]
    return [min(kind, key=lambda file: file.size or 0) for kind in (wheels, others) if kind]
