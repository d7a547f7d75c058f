"""The reference: GitLab as documented, with every specification kept."""

from __future__ import annotations

from reference_server.flavours.flavour import REPOSITORY, Flavour, Layout

GITLAB = Layout(
    base=REPOSITORY, upload=REPOSITORY, index=f"{REPOSITORY}/simple/", repository=REPOSITORY.removeprefix("/")
)

REFERENCE = Flavour(
    name="reference",
    summary="GitLab's URLs, tokens and limits as documented, with every specification kept.",
    layout=GITLAB,
    profile="gitlab",
)
