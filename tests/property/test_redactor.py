"""The redactor looks for a few pieces of secrets first: what has a secret always has one of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.wire import Redactor

secrets = st.text(min_size=1, max_size=24)
pairs = st.lists(st.tuples(st.text(max_size=8), secrets), min_size=1, max_size=12)
texts = st.text(max_size=20)


@given(pairs)
def test_each_word_has_one_of_the_pieces(known: list[tuple[str, str]]) -> None:
    redact = Redactor(known)
    without = [word for word in redact._words if not any(piece in word for piece in redact._pieces)]
    assert without == []


@given(pairs, texts, texts, st.integers(min_value=0))
def test_the_quick_look_sees_what_the_whole_look_sees(
    known: list[tuple[str, str]], before: str, after: str, chosen: int
) -> None:
    redact = Redactor(known)
    text = f"{before}{known[chosen % len(known)][1]}{after}"
    unbroken = "".join(text.split()).lower()
    assert redact._may_hold_a_secret(text) == any(word in unbroken for word in redact._words)
