"""nginx from Debian's packages, which serves a folder of one start."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, CannotStart, Place, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """\
daemon off;
pid {work}/nginx.pid;
error_log stderr;
worker_processes 2;
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    {maps}
    client_body_temp_path {work}/nginx-body;
    proxy_temp_path {work}/nginx-proxy;
    fastcgi_temp_path {work}/nginx-fastcgi;
    uwsgi_temp_path {work}/nginx-uwsgi;
    scgi_temp_path {work}/nginx-scgi;
    server {{
        listen {host}:{port};
        root {root};
        {settings}
    }}
}}
"""


@contextmanager
def served_by_nginx(place: Place, root: Path, *, settings: str = "", maps: str = "") -> Iterator[str]:
    """Serve a folder, and yield its URL. `settings` are further lines of the configuration's `server`.

    `maps` stand before it, with the variables that the settings use.
    """
    nginx = program("nginx")
    if nginx is None:
        raise CannotStart("there is no nginx")
    port = place.port()
    configuration = place.work / "nginx.conf"
    text = CONFIGURATION.format(
        work=place.work, host=HOST, port=port, root=root, settings=settings, maps=maps
    )
    configuration.write_text(text, encoding="utf-8")
    for folder in (place.work, root):  # as root, nginx reads files as another user
        folder.chmod(0o755)
    command = (nginx, "-p", place.work, "-c", configuration, "-e", "stderr")
    with place.process(*command, ready=f"http://{HOST}:{port}/"):
        yield f"http://{HOST}:{port}"
