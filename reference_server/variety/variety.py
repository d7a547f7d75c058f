"""All variations, and the choice of a seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from reference_server.variety import answers, html, http, json, pages

if TYPE_CHECKING:
    from reference_server.variety.variation import Variation

CHANCE = 0.5
"""The probability that a seed chooses a variation."""

VARIATIONS: tuple[type[Variation], ...] = (
    pages.FileOrder,
    pages.VersionOrder,
    pages.ProjectOrder,
    pages.DisplayNames,
    pages.VersionsWithoutFiles,
    pages.ActiveStatus,
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
    html.FeaturesLeftOut,
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
    json.LaterVersion,
    json.YankedLeftOut,
    json.YankReasonsLeftOut,
    json.MetadataDenied,  # of files that have none: before it is left out of those that have it
    json.MetadataLeftOut,
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
"""In the order in which they are applied: content of pages, form of pages, transmission of responses."""


class Variety:
    """The choice of one seed: about half of the variations, each with one of its options.

    `chosen` has them in the order in which they are applied. With one version of this package, a seed always
    makes the same choice.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chosen: tuple[Variation, ...] = tuple(filter(None, (_drawn(kind, seed) for kind in VARIATIONS)))

    def __str__(self) -> str:
        return f"seed {self.seed}: {', '.join(map(str, self.chosen)) or 'nothing'}"


def _drawn(kind: type[Variation], seed: int) -> Variation | None:
    """Draw for each variation separately: a new one leaves a seed's choice of the others unchanged."""
    chance = Random(f"{seed} {kind.__name__}")  # noqa: S311 - a reproducible choice, not a secret
    if chance.random() >= CHANCE:
        return None
    return kind(chance.choice(kind.options or ("",)), seed=seed)
