"""Templates of the page, with escaping on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from reference_server.rendering.escapes import printable

if TYPE_CHECKING:
    from datetime import datetime

UNITS = ("bytes", "KiB", "MiB", "GiB")


def render(template: str, **values: object) -> bytes:
    """Render a template in UTF-8."""
    return _environment().get_template(template).render(**values).encode("utf-8", "replace")


def size(count: int) -> str:
    """Return a number of bytes for people."""
    number, unit = float(count), 0
    while number >= 1024 and unit < len(UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{count} bytes" if unit == 0 else f"{number:.1f} {UNITS[unit]}"


def moment(time: datetime) -> str:
    """Return a time for people, in UTC."""
    return time.strftime("%d %b %Y, %H:%M UTC")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reference_server", "web/templates"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"size": size, "moment": moment, "visible": printable}
    return environment
