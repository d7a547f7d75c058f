"""Hypothesis strategies, named after the grammar they draw from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from conformance.kit.properties.kinds import EveryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

SEPARATORS = "-_."
"""What normalization makes one hyphen of. Source: Names and normalization, #name-normalization."""
NUMBER = st.integers(min_value=0, max_value=2030).map(str)
SEPARATOR = st.sampled_from(["", "-", "_", "."])
LOCAL = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=5)


def gitlab_versions() -> SearchStrategy[str]:
    """Draw version strings that GitLab's expression matches, in canonical and in odd spellings.

    Source: GitLab PyPI Repository, Ensure your version string is valid.
    """
    local = st.one_of(
        st.just(""),
        st.builds(
            lambda first, rest: "+" + first + "".join(a + b for a, b in rest),
            LOCAL,
            st.lists(st.tuples(st.sampled_from(["-", "_", "."]), LOCAL), max_size=2),
        ),
    )
    return _in_any_case(st.builds("{}{}".format, _public_versions(), local)).filter(is_version)


def gitlab_non_versions() -> EveryKind[str]:
    """Draw strings close to a version that GitLab's expression does not match: one thing wrong in each.

    The oracle is `packaging.version`, and the one documented difference: no white space around it.
    """
    separators = ["{}.", "{}..1", ".{}", "{}--1", "{}!", "!{}", "{}/1", "../{}", "{}%2e1", "{} 1"]
    words = ["v{}v", "vv{}", "{}-SNAPSHOT", "{}.x", "latest{}"]
    local = ["{}+", "{}+a..b", "{}+-a", "{}+a-", "{}+local!1"]
    around, folded = [" {}", "{} ", "{}\t"], ["{}\u0661"]
    return _around_a_release(*separators, *words, *local, *around, *folded)


def _around_a_release(*patterns: str) -> EveryKind[str]:
    release = st.lists(NUMBER, min_size=1, max_size=3).map(".".join)
    return EveryKind(tuple(release.map(pattern.format) for pattern in patterns))


def is_version(text: str) -> bool:
    """Tell whether a string is a version to GitLab: `packaging`'s idea of it, without white space around."""
    if text != text.strip():
        return False
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def spellings(name: str) -> SearchStrategy[str]:
    """Draw spellings of one project: letters in any case, each separator as a run of any separators.

    Source: Names and normalization, #name-normalization.
    """
    runs = st.text(alphabet=SEPARATORS, min_size=1, max_size=4)
    pieces = [
        runs if re.fullmatch(r"[-_.]+", piece) else st.just(piece) for piece in re.split(r"([-_.]+)", name)
    ]
    return _in_any_case(st.tuples(*pieces).map("".join))


def form_layouts(parts: int) -> SearchStrategy[tuple[tuple[int, ...], str]]:
    """Draw an order of an upload form's parts, and a boundary of 1 to 70 characters.

    Source: RFC 2046, #section-5.1.1 (`bchars`, and no space at the end).
    """
    boundary = st.from_regex(r"\A[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]\Z")
    return st.tuples(st.permutations(range(parts)).map(tuple), boundary)


def form_noise() -> SearchStrategy[list[tuple[str, str]]]:
    """Draw form fields that are none of the registry's business: unknown, repeated, empty, of several lines.

    The names are metadata fields that can be repeated, and fields that do not exist yet.
    """
    names = st.sampled_from(["classifiers", "requires_dist", "project_urls", "x_future_field", "gpg_comment"])
    values = st.one_of(
        st.sampled_from(["", "UNKNOWN", "two\r\nlines", "--boundary", "\u00e9\u00df\u4e2d\U0001f40d"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
    )
    return st.lists(st.tuples(names, values), min_size=1, max_size=6)


def _public_versions() -> SearchStrategy[str]:
    epoch = st.one_of(st.just(""), NUMBER.map("{}!".format))
    release = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
    pre = _suffix(["a", "b", "c", "rc", "alpha", "beta", "pre", "preview"])
    post = st.one_of(_suffix(["post", "rev", "r"]), NUMBER.map("-{}".format))
    dev = _suffix(["dev"])
    return st.tuples(st.sampled_from(["", "v"]), epoch, release, pre, post, dev).map("".join)


def _suffix(letters: list[str]) -> SearchStrategy[str]:
    """Draw a release's suffix, such as `-alpha.1`: separator, letters, separator and number, most of it optional."""
    number = st.one_of(st.just(""), st.builds("{}{}".format, SEPARATOR, NUMBER))
    return st.one_of(st.just(""), st.builds("{}{}{}".format, SEPARATOR, st.sampled_from(letters), number))


def _in_any_case(texts: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.builds(
        lambda text, upper: "".join(
            character.upper() if upper[at % len(upper)] else character for at, character in enumerate(text)
        ),
        texts,
        st.lists(st.booleans(), min_size=1, max_size=8),
    )


NAME = r"\A([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]{0,18}[A-Za-z0-9])\Z"


def equal_names() -> SearchStrategy[tuple[str, str]]:
    """Draw two spellings of one short project name.

    Source: Names and normalization, #name-format and #name-normalization.
    """
    return st.from_regex(NAME).flatmap(lambda name: st.tuples(spellings(name), spellings(name)))


def non_names() -> EveryKind[str]:
    """Draw patterns, with `{}` where a valid name goes, of what is close to a name and is none.

    The letters and the digit are those that case folding or Unicode's classes take for ASCII: the published
    expression matches some of them where it is not read as ASCII. Source: Names and normalization, #name-format.
    """
    edges = ["-{}", "{}-", "_{}", "{}_", ".{}", "{}.", "{}-.-"]
    inside = ["{} x", "{}/x", "{}\\x", "{}%20x", "{}+x", "{}!x", '{}"x', "{}\0x", "{}\nx"]
    after = ["{} ", "{}\n", "{}\0", "{}!", " {}"]
    places = st.sampled_from(["{}?", "?{}", "{}.?x"])
    letters = ["\u212a", "\u017f", "\u0130", "\uff11", "\u0661", "\u00e9", "\ufb00"]
    with_letter = [st.builds(str.replace, places, st.just("?"), st.just(letter)) for letter in letters]
    return EveryKind((*map(st.just, [*edges, *inside, *after]), *with_letter))


def public_versions() -> SearchStrategy[str]:
    """Draw versions without a local part, in every spelling that normalization allows but white space.

    Source: Version specifiers, #version-specifiers-normalization.
    """
    return _in_any_case(_public_versions()).filter(is_version)


PRE_LETTERS = (("a", "alpha"), ("b", "beta"), ("rc", "c", "pre", "preview"))


def equal_versions() -> SearchStrategy[tuple[str, str]]:
    """Draw two spellings of one public version: other letters, zeros, separators, a `v`, an epoch of 0.

    The oracle is `packaging.version`. Source: Version specifiers, #version-specifiers-normalization.
    """
    optional = st.one_of(st.none(), st.integers(min_value=0, max_value=30))
    pre = st.one_of(st.none(), st.tuples(st.sampled_from(PRE_LETTERS), st.integers(0, 30)))
    release = st.lists(st.integers(0, 2030), min_size=1, max_size=3).map(tuple)
    parts = st.tuples(st.integers(0, 2), release, pre, optional, optional)
    return parts.flatmap(lambda version: st.tuples(*[_spelled(*version)] * 2)).filter(
        lambda pair: pair[0] != pair[1] and is_version(pair[0]) and Version(pair[0]) == Version(pair[1])
    )


def _spelled(
    epoch: int,
    release: tuple[int, ...],
    pre: tuple[tuple[str, ...], int] | None,
    post: int | None,
    dev: int | None,
) -> SearchStrategy[str]:
    posts = st.one_of(_numbered(("post", "rev", "r"), post), st.just(f"-{post}"))
    texts = st.tuples(
        st.sampled_from(["", "v"]),
        st.sampled_from([f"{epoch}!"] if epoch else ["", "0!"]),
        st.integers(0, 2).map(lambda zeros: ".".join(map(str, release)) + ".0" * zeros),
        st.just("") if pre is None else _numbered(pre[0], pre[1]),
        st.just("") if post is None else posts,
        st.just("") if dev is None else _numbered(("dev",), dev),
    )
    return _in_any_case(texts.map("".join))


def _numbered(letters: tuple[str, ...], number: int | None) -> SearchStrategy[str]:
    """Draw a suffix with this number, which may be left out where it is 0."""
    numbers = [str(number), f"0{number}"] if number else ["", "0"]
    prefixes = st.builds("{}{}{}".format, SEPARATOR, st.sampled_from(letters), SEPARATOR)
    return st.builds("{}{}".format, prefixes, st.sampled_from(numbers))


def non_versions() -> EveryKind[str]:
    """Draw strings close to a version that the version scheme does not know: one thing wrong in each.

    The oracle is `packaging.version`, from 23.2 to 26.4. Letters that case folding takes for ASCII are left out: the
    expression that the scheme publishes matches them, and so did `packaging` before 26.2.

    Source: Version specifiers, #public-version-identifiers.
    """
    separators = ["{}.", "{}..1", ".{}", "{}-", "{}--1", "!{}", "{}!", "{}/1", "../{}", "{} 1", "{}%2e1"]
    words = ["{}.dev.a1", "{}-SNAPSHOT", "{}.x", "v{}v", "latest{}", "dog"]
    local = ["{}+", "{}+a..b", "{}+-a", "{}+a_", "{}+a+b"]
    folded = ["{}\u0661", "\u0661.{}", "{}.\uff11"]
    return _around_a_release(*separators, *words, *local, *folded)


PYTHON_TAGS = ("py2", "py3", "cp39", "cp310", "cp313", "pp311")
ABI_TAGS = ("none", "abi3", "cp39", "cp310", "cp313")
PLATFORM_TAGS = (
    *("any", "win32", "win_amd64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_i686"),
    *("musllinux_1_2_aarch64", "macosx_10_9_x86_64", "macosx_11_0_arm64", "macosx_11_0_universal2"),
)
"""Platforms that also an index takes that has a list of them."""


def wheel_tags() -> SearchStrategy[str]:
    """Draw the tags of a wheel, each a compressed set. Source: Binary distribution format, #file-contents."""

    def compressed(tags: tuple[str, ...]) -> SearchStrategy[str]:
        return st.sets(st.sampled_from(tags), min_size=1, max_size=3).map(lambda some: ".".join(sorted(some)))

    return st.builds(
        "{}-{}-{}".format, compressed(PYTHON_TAGS), compressed(ABI_TAGS), compressed(PLATFORM_TAGS)
    )


def non_wheel_filenames() -> EveryKind[str]:
    """Draw patterns of names that end in `.whl` and do not follow the convention: one thing wrong in each.

    `{name}` and `{version}` are where the escaped ones go. The convention has no grammar for tags, and does not say
    which digits a build tag begins with: of those, one version of `packaging` reads what another refuses. Source:
    Binary distribution format, #file-name-convention.
    """
    empty = ["-{version}", "{name}-", "{name}-{version}-"]
    builds = ["{name}-{version}-a1", "{name}-{version}-_1"]
    names = ["{name}__-{version}", "{name} -{version}"]
    versions = ["{name}-{version}_l", "{name}-{version}.x", "{name}-v"]
    components = ["", "-py3-none", "-1-py3-none-any-x"]
    whole = map("{}-py3-none-any.whl".format, [*empty, *builds, *names, *versions])
    ends = map("{{name}}-{{version}}{}.whl".format, components)
    return EveryKind(tuple(map(st.just, [*whole, *ends])))


SIMPLE_TYPES = (
    "application/vnd.pypi.simple.v1+json",
    "application/vnd.pypi.simple.v1+html",
    "text/html",
)
SIMPLE_RANGES = (*SIMPLE_TYPES, "application/*", "text/*", "*/*")
OTHER_RANGES = ("application/json", "application/xml", "application/vnd.pypi.simple.v9+json", "image/png")


def accept_members(
    ranges: tuple[str, ...] = SIMPLE_RANGES + OTHER_RANGES, *, refusing: bool = False
) -> SearchStrategy[tuple[str, ...]]:
    """Draw the members of an Accept header: different media ranges, each with a weight or without.

    No weight is 0 unless `refusing`. Source: RFC 9110, #section-12.5.1 and #section-12.4.2.
    """
    weights = st.one_of(st.none(), st.integers(min_value=0 if refusing else 1, max_value=1000))
    members = st.tuples(st.sampled_from(ranges), weights)
    return st.lists(members, min_size=1, max_size=6, unique_by=lambda member: member[0]).map(
        lambda drawn: tuple(accept_member(media_range, weight) for media_range, weight in drawn)
    )


def accept_member(media_range: str, thousandths: int | None) -> str:
    """Write one member: `text/html;q=0.25` for 250 thousandths, without a weight for None."""
    if thousandths is None:
        return media_range
    number = f"{thousandths // 1000}.{thousandths % 1000:03}".rstrip("0").removesuffix(".")
    return f"{media_range};q={number}"


def weights_misspelled() -> SearchStrategy[str]:
    """Draw what may stand after `q=` and is no weight: out of range, too long, no number, nothing.

    Source: RFC 9110, #section-12.4.2 (`qvalue`).
    """
    numbers = st.one_of(
        st.floats(allow_nan=True, allow_infinity=True).map(str), st.integers(min_value=2).map(str)
    )
    texts = st.text(alphabet="0123456789.,-+eE \"'%\\x", max_size=8)
    known = st.sampled_from(
        ["", "abc", "-1", "1.1", "2", "0.1234", "1e-3", ".5", '"0.5"', "nan", "inf", "0,5"]
    )
    return st.one_of(known, numbers, texts).filter(
        lambda text: not re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", text.strip(), re.ASCII)
    )


def header_garbage() -> SearchStrategy[str]:
    """Draw what a header's value may be made of, and an Accept header is not: visible ASCII, blanks, long lists.

    Source: RFC 9110, #section-5.5 (`field-value`, without its obsolete octets).
    """
    visible = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    texts = st.text(visible | st.sampled_from('/;,=*"\t'), max_size=60)
    long = st.tuples(st.sampled_from(["a/b,", ";q", "*/", ",", '"', "text/html;"]), st.integers(50, 700))
    return st.one_of(texts, long.map(lambda drawn: drawn[0] * drawn[1])).map(str.strip)


def closed_byte_ranges(length: int) -> EveryKind[tuple[str, slice]]:
    """Draw a Range header for one range within `length` bytes, and the part that it stands for.

    The ends are those of the file, one byte of it, or anywhere. Source: RFC 9110, #section-14.1.2.
    """
    last = length - 1

    def closed(ends: Sequence[int]) -> tuple[str, slice]:
        return f"bytes={ends[0]}-{ends[1]}", slice(ends[0], ends[1] + 1)

    inside = st.integers(min_value=0, max_value=last)
    whole = [(0, last), (0, 0), (last, last), (0, length // 2), (length // 2, last)]
    return EveryKind((*map(st.just, map(closed, whole)), st.tuples(inside, inside).map(sorted).map(closed)))


def entity_tag_lists(etag: str) -> EveryKind[tuple[str, bool]]:
    """Draw an If-None-Match header, and whether it names `etag`: the comparison is weak.

    Source: RFC 9110, #section-13.1.2 and #section-8.8.3.2.
    """
    opaque = etag.removeprefix("W/")
    near = [opaque.swapcase(), f'{opaque[:-2]}"', f'{opaque[:-1]}-"', '""']
    others = st.from_regex(r'\A"[!#-+\--~]{1,12}"\Z').filter(lambda tag: tag != opaque)
    other = st.builds("{}{}".format, st.sampled_from(["", "W/"]), others)
    separator = st.sampled_from([", ", ",", " , "])
    several = st.lists(other, min_size=1, max_size=3)

    def listed(current: str) -> SearchStrategy[tuple[str, bool]]:
        return st.builds(
            lambda tags, at, comma: (comma.join([*tags[:at], current, *tags[at:]]), True),
            *(several, st.integers(min_value=0, max_value=3), separator),
        )

    alone = [st.just((f"{weak}{opaque}", True)) for weak in ("", "W/")]
    amid = [listed(f"{weak}{opaque}") for weak in ("", "W/")]
    missed = [st.just((tag, False)) for tag in near if tag != opaque]
    without = st.builds(lambda tags, comma: (comma.join(tags), False), several, separator)
    return EveryKind((*alone, *amid, *missed, without))


def odd_paths() -> SearchStrategy[str]:
    """Draw what may follow a URL by mistake or by malice; some of it climbs up, some of it is no UTF-8."""
    known = [
        "extra",
        "/",
        "//extra/",
        "%00",
        "%2f",
        "..%2f..%2fetc%2fpasswd",
        "%ff",
        "%",
        "?format=",
        "~1",
        "é",
    ]
    pieces = [".", "/", "%", "%2e", "%2f", "%00", "%FF", "+", "!", "~", "é", "\0", "?", "#", "a"]
    drawn = st.lists(st.sampled_from(pieces), min_size=1, max_size=12).map("".join)
    return st.one_of(st.sampled_from(known), drawn)


DIGEST_CLAIMS = ("right", "upper", "wrong", "short")
"""How a digest may come with an upload: as it is, in capitals, another file's, cut off."""


def digest_claims(fields: tuple[str, ...]) -> SearchStrategy[dict[str, str]]:
    """Draw which digests come with an upload, and how each of them does: at least one of `fields`."""
    return st.dictionaries(st.sampled_from(fields), st.sampled_from(DIGEST_CLAIMS), min_size=1)
