"""Which variations there are, and which of them a seed chooses."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from reference_server.variety import answers, html, http, json, pages

if TYPE_CHECKING:
    from reference_server.variety.variation import Variation

CHANCE = 0.5
"""How likely a seed is to choose a variation."""

VARIATIONS: tuple[type[Variation], ...] = (
    pages.FileOrder,
    pages.VersionOrder,
    pages.ProjectOrder,
    pages.DisplayNames,
    pages.VersionsWithoutFiles,
    pages.ActiveSaid,
    pages.SignaturesDenied,
    pages.OldMetadataName,
    pages.UploadTimes,
    pages.MoreHashes,
    pages.Links,
    pages.Base,
    html.NoHeading,
    html.ExtraMarkup,
    html.FurtherMetas,
    html.CharsetDeclared,
    html.AnchorLayout,
    html.FurtherAttributes,
    html.AttributeOrder,
    html.Comments,
    html.Entities,
    html.TagsLeftOut,
    html.Quotes,
    html.VoidSlash,
    html.TagSpace,
    html.LetterCase,
    html.Doctype,
    html.TextSpace,
    html.ByteOrderMark,
    json.PrivateKeys,
    json.YankedLeftOut,
    json.MetadataDenied,
    json.ProvenanceNull,
    json.KeyOrder,
    json.Layout,
    http.UnnormalizedInPlace,
    http.NoFormatParameter,
    http.DefaultType,
    http.Compression,
    http.NoRanges,
    http.FilesElsewhere,
    http.Redirects,
    http.FileTypes,
    http.ContentTypes,
    http.Chunks,
    answers.UploadSuccess,
    answers.Refusals,
    answers.ReasonPhrases,
    http.CacheControl,
    http.OtherOrigins,
    http.WeakETags,
    http.LastModified,
    http.VarySpelling,
    http.Challenges,
    http.ExtraHeaders,
    http.HeaderFields,
)
"""In the order in which they are applied: what is said, then how it is written, then how it is sent."""


class Variety:
    """What one seed chooses: about every other variation, each with one of its options.

    `chosen` tells which, in the order in which they are applied. They are faults for the seams of the server
    that break nothing. The same seed chooses the same, with the same version of this package.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chosen: tuple[Variation, ...] = tuple(filter(None, (_drawn(kind, seed) for kind in VARIATIONS)))

    def __str__(self) -> str:
        return f"seed {self.seed}: {', '.join(map(str, self.chosen)) or 'nothing'}"


def _drawn(kind: type[Variation], seed: int) -> Variation | None:
    """Draw for each variation alone: a new one changes nothing in what a seed makes of the others."""
    chance = Random(f"{seed} {kind.__name__}")  # noqa: S311 - a reproducible choice, not a secret
    if chance.random() >= CHANCE:
        return None
    return kind(chance.choice(kind.options or ("",)), seed=seed)
