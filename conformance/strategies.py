"""Hypothesis strategies, named after the grammar they draw from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from conformance.names import SEPARATORS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NUMBER = st.integers(min_value=0, max_value=2030).map(str)
SEPARATOR = st.sampled_from(["", "-", "_", "."])
LOCAL = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=5)


def gitlab_versions() -> SearchStrategy[str]:
    """Draw version strings that GitLab's expression matches, in canonical and in odd spellings.

    Source: GitLab PyPI Repository, Ensure your version string is valid.
    """
    epoch = st.one_of(st.just(""), NUMBER.map("{}!".format))
    release = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
    pre = _suffix(["a", "b", "c", "rc", "alpha", "beta", "pre", "preview"])
    post = st.one_of(_suffix(["post", "rev", "r"]), NUMBER.map("-{}".format))
    dev = _suffix(["dev"])
    local = st.one_of(
        st.just(""),
        st.builds(
            lambda first, rest: "+" + first + "".join(a + b for a, b in rest),
            LOCAL,
            st.lists(st.tuples(st.sampled_from(["-", "_", "."]), LOCAL), max_size=2),
        ),
    )
    parts = st.tuples(st.sampled_from(["", "v"]), epoch, release, pre, post, dev, local)
    return _in_any_case(parts.map("".join)).filter(is_version)


def gitlab_non_versions() -> SearchStrategy[str]:
    """Draw strings close to a version that GitLab's expression does not match: one thing wrong in each.

    The oracle is `packaging.version`, and the one documented difference: no white space around it.
    """
    broken = st.sampled_from(
        [
            "{}.",
            "{}..1",
            ".{}",
            "{}--1",
            "{}+",
            "{}+a..b",
            "{}+-a",
            "{}+a-",
            "{}!",
            "!{}",
            "v{}v",
            "vv{}",
            "{}-SNAPSHOT",
            "{}.x",
            "{}/1",
            "../{}",
            "{}%2e1",
            " {}",
            "{} ",
            "{}\t",
            "{} 1",
            "{}\u0661",
            "{}.po\u017ft1",
            "{}+local!1",
            "latest{}",
        ]
    )
    release = st.lists(NUMBER, min_size=1, max_size=3).map(".".join)
    return st.builds(str.format, broken, release).filter(lambda text: not is_version(text))


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
