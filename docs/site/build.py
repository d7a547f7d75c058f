"""Builds the documentation site, with warnings as errors, and checks its links.

    python -m docs.site.build FOLDER

Sphinx gets a folder of its own with the documents in the places that they have in the checkout, so that their links
lead where they lead there, and with the pages of the catalogue, which are made anew each time.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

from sphinx.cmd.build import main as sphinx

from docs.site.links import broken_links
from docs.site.pages import pages

ROOT = Path(__file__).parents[2]
OTHERS = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
LINK = re.compile(r"\]\(([^)#\s]+)")
GROUP = re.compile(r"^## (.+)$")


def main() -> int:
    """Build the site; return 0 if everything in it is as it has to be."""
    output = Path(sys.argv[1]).resolve()
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "source")
        stage(source)
        options = ["-W", "--keep-going", "-q", "-j", "auto", "-d", str(Path(place, "doctrees"))]
        settings = str(Path(__file__).parent)
        if sphinx(["-b", "html", "-c", settings, *options, str(source), str(output)]):
            return 1
    problems = broken_links(output)
    count = sum(1 for _ in output.rglob("*.html"))
    print("\n".join(problems) or f"{output} holds {count} pages; every link is right.")
    return 1 if problems else 0


def stage(source: Path) -> None:
    """Write everything that Sphinx reads."""
    shutil.copytree(
        ROOT / "docs", source / "docs", ignore=shutil.ignore_patterns("site", "make.py", "__pycache__")
    )
    for name in OTHERS:
        shutil.copy(ROOT / name, source)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (source / "index.md").write_text(f"{readme}\n{contents()}", encoding="utf-8")
    for document in [*source.rglob("*.md")]:
        _bring_what_it_links_to(document, source)
    (source / "requirements").mkdir()
    for name, text in pages():
        (source / "requirements" / f"{name}.md").write_text(text, encoding="utf-8")


def contents() -> str:
    """Return the navigation: the groups of `docs/README.md`, and the areas of the catalogue."""
    groups: dict[str, list[str]] = {}
    seen = {"docs/kill-matrix.md"}  # stands beside the requirements
    for line in (ROOT / "docs" / "README.md").read_text(encoding="utf-8").splitlines():
        if found := GROUP.match(line):
            groups[found[1]] = []
        for target in LINK.findall(line):
            page = target.removeprefix("../") if target.startswith("../") else f"docs/{target}"
            if groups and page.endswith(".md") and page not in seen:
                seen.add(page)
                [*groups.values()][-1].append(page)
    groups["You work on the suite"] += [name for name in OTHERS if name not in seen]
    trees = {
        "": ["docs/README.md"],
        "The catalogue": ["requirements/index.md", "docs/kill-matrix.md"],
        **groups,
    }
    return "\n".join(_tree(caption, pages) for caption, pages in trees.items() if pages)


def _tree(caption: str, pages: list[str]) -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["```{toctree}", *options, "", *pages, "```", ""])


def _bring_what_it_links_to(document: Path, source: Path) -> None:
    """Copy the files of the checkout that a document links to and that are no pages, such as the licence."""
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if ":" in target:
            continue
        wanted = (document.parent / unquote(target)).resolve()
        if wanted.is_relative_to(source.resolve()) and not wanted.exists():
            original = ROOT / wanted.relative_to(source.resolve())
            if original.is_file():
                wanted.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(original, wanted)


if __name__ == "__main__":
    sys.exit(main())
