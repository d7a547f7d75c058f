"""Mirrors the reference server with bandersnatch, and serves the mirror by nginx.

Source: bandersnatch's documentation, mirror configuration; its `src/banderx/nginx.conf`, which serves a mirror in HTML
and JSON.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.nginx import served_by_nginx
from implementations.place import Place, Running
from implementations.publishing import publish_content

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_LOCAL_VERSIONS = ("alpha", "beta-tools")
"""What the Python Package Index takes."""

CONFIGURATION = """\
[mirror]
master = {master}
allow-non-https = true
api-method = simple
directory = {directory}
"""

MAPS = r"""
map $http_accept $mirror_suffix {
    default ".html";
    "~*application/vnd\.pypi\.simple\.v1\+json" ".v1_json";
    "~*application/vnd\.pypi\.simple\.v1\+html" ".v1_html";
    "~*text/html" ".html";
}
"""

SETTINGS = """
autoindex on;
charset utf-8;
location /simple/ {
    index index$mirror_suffix;
    types {
        application/vnd.pypi.simple.v1+json v1_json;
        application/vnd.pypi.simple.v1+html v1_html;
        text/html html;
    }
    try_files $uri$mirror_suffix $uri $uri/ =404;
}
"""


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Mirror everything once, end the server, and serve the mirror."""
    directory, configuration = place.folder("mirror"), place.work / "bandersnatch.conf"
    with place.started("reference-server-pypi") as behind:
        credential = behind.table["credentials"]["default"]
        publish_content(f"{behind.table['url']}/legacy/", credential, projects=WITHOUT_LOCAL_VERSIONS)
        text = CONFIGURATION.format(directory=directory, master=behind.table["url"])
        configuration.write_text(text, encoding="utf-8")
        place.run(place.programs() / "bandersnatch", "-c", configuration, "mirror")
    with served_by_nginx(place, directory / "web", settings=SETTINGS, maps=MAPS) as url:
        yield Running(table={**place.implementation.declared.target, "url": f"{url}/simple"})
