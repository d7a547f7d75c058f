from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.faults.path_pattern import MAX_LENGTH, PathPattern, PatternError

EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "/", ".", r"\.", "[ab]", "[^a]", r"\d", "^", "$", ""]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        inner.map("({})".format),
        st.tuples(inner.map("(?:{})".format), st.sampled_from(["*", "+", "?", "*?"])).map("".join),
    ),
    max_leaves=6,
)


@given(expression=EXPRESSIONS, path=st.text("ab/.1\n", max_size=8))
def test_it_matches_as_python_does(expression: str, path: str) -> None:
    theirs = re.compile(expression.replace("$", r"\Z"), re.DOTALL)
    assert PathPattern(expression).is_in(path) == (theirs.search(path) is not None)


@pytest.mark.parametrize(
    "text",
    ["(", "a)", "*", "a**", "[a", "a{2}", r"\1", "(?=a)", r"\b", "[b-a]", "(" * 30 + ")" * 30, "a" * 501],
)
def test_what_is_not_supported_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        PathPattern(text)


@pytest.mark.parametrize("text", ["((((a+)+)+)+)$", "(a|a)*b", "a*a*a*a*a*b", "(.*)(.*)(.*)(.*)x"])
def test_no_expression_takes_longer_than_its_length_and_the_path_s(text: str) -> None:
    began = time.monotonic()
    assert not PathPattern(text).is_in("a" * 5000 + "c")
    assert time.monotonic() - began < 30  # re: hours
    assert len(text) < MAX_LENGTH
