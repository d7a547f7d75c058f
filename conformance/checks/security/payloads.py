"""What hostile uploads hold: names that are paths, control characters, markup, quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.security.injections import BREAKING_OUT, INJECTED

if TYPE_CHECKING:
    from collections.abc import Mapping

PATHS: Mapping[str, str] = {
    "one folder up": "../{}",
    "many folders up": "../../../../../../../../tmp/{}",
    "up and down again": "x/../{}",
    "a folder": "./{}",
    "an absolute path": "/tmp/{}",  # noqa: S108 - of a machine that is not this one
    "up, with a backslash": r"..\{}",
    "a drive": r"C:\{}",
    "up, percent-encoded": "%2e%2e%2f{}",
    "up, with an encoded backslash": "..%5c{}",
    "another name behind it": "{}/../../a",
    "a dot at the end": "{}.",
    "a space at the end": "{} ",
}
"""File names; `{}` is the plain one."""

SECOND_NAMES: Mapping[str, tuple[str, str]] = {
    "up, as the only name": ("", "..%2F..%2F{}"),
    "up, beside a plain name": ("{}", "..%2F..%2F{}"),
    "up with a backslash, beside a plain name": ("{}", "..%5C{}"),
    "plain, beside one that leads up": ("../../{}", "{}"),
}
"""`filename` and `filename*`; nothing where there is none."""

CONTROLS: Mapping[str, str] = {
    "a NUL": "\0",
    "a tab": "\t",
    "a line feed": "\n",
    "an escape": "\x1b",
    "a DEL": "\x7f",
}
"""What stands in the middle of a file name."""

ENCODED_CONTROLS: Mapping[str, str] = {
    "an encoded NUL": "%00",
    "an encoded line break": "%0D%0A",
}

SPECIFIERS: Mapping[str, str] = {
    "an equality that is arbitrary": f"==={BREAKING_OUT}",
    "a sane one before it": f">=3.8,==={BREAKING_OUT}",
    "nothing of a specifier": BREAKING_OUT,
}

FILENAMES: Mapping[str, str] = {
    "a tag": f"{{}}<img src=x onerror={INJECTED}>.whl",
    "apostrophes": f"{{}}' onmouseover={INJECTED} '.whl",
    "quotes": rf"{{}}\" onmouseover={INJECTED} \".whl",
    "encoded quotes": f"{{}}%22 onmouseover={INJECTED} %22.whl",
}

JSON_VALUES: Mapping[str, bytes] = {
    "a quote": b'==="},{"filename":"injected',
    "a backslash before a quote": b'===\\"},{"filename":"injected',
    "a backslash at the end": b"===injected\\",
    "U+2028 and U+1F40D": "===\u2028\U0001f40d".encode(),
    "half of a surrogate pair": b"===\xed\xa0\x80",
    "control characters": b"===\x01\x02",
}
"""Specifiers all of them: what follows `===` may be anything without a space. Source: PEP 440, arbitrary equality."""
