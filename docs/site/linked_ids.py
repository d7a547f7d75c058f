"""A Sphinx extension: the id of a requirement in any document leads to the page of the requirement."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

from conformance.catalogue import catalogue

BEFORE_LINKS_ARE_RESOLVED = 5


class LinkedIds(SphinxPostTransform):  # type: ignore[misc]  # mypy skips Sphinx
    """Makes each id that stands as code a link, except on its own page and where it is part of a link already."""

    default_priority = BEFORE_LINKS_ARE_RESOLVED

    def run(self, **_: Any) -> None:
        """Change the document."""
        known = catalogue().requirements
        here = self.env.current_document.docname
        for literal in list(self.document.findall(nodes.literal)):
            page = f"requirements/{literal.astext()}"
            if literal.astext() in known and page != here and not _is_in_a_link(literal):
                link = pending_xref(
                    "",
                    literal.deepcopy(),
                    refdomain="std",
                    reftype="doc",
                    reftarget=f"/{page}",
                    refdoc=here,
                    refexplicit=True,
                    refwarn=True,
                )
                literal.replace_self(link)


def _is_in_a_link(node: Any) -> bool:
    parents = []
    while node.parent is not None:
        node = node.parent
        parents.append(node)
    return any(isinstance(each, (nodes.reference, pending_xref, nodes.title)) for each in parents)


def setup(app: Any) -> dict[str, Any]:
    """Add the transform; Sphinx calls this."""
    app.add_post_transform(LinkedIds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
