"""The Accept headers that real clients send for a simple page, as recorded."""

from __future__ import annotations

PIP = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
PIP_BEFORE_22 = "text/html"
PDM = PIP
UV = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
UV_CODINGS = "gzip, deflate, zstd"
POETRY = "application/vnd.pypi.simple.v1+json, */*;q=0.1"
POETRY_1 = "*/*"
CURL = "*/*"

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
BROWSERS = (FIREFOX, CHROMIUM)
