"""Downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug import Response
from werkzeug.wsgi import FileWrapper

from reference_server.errors import PackageNotFoundError

if TYPE_CHECKING:
    from reference_server.handlers.call import Call

CHUNK = 64 * 1024


def download(call: Call, sha256: str, filename: str) -> Response:
    """Send the bytes of a file as they came."""
    file = call.registry.file(call.gitlab_project, sha256, filename)
    try:
        stream = file.blob.open()
    except FileNotFoundError as gone:  # deleted since it was found
        raise PackageNotFoundError from gone
    return Response(
        FileWrapper(stream, CHUNK),
        content_type="application/octet-stream",
        headers={
            "Content-Length": str(file.size),
            "Content-Disposition": f'attachment; filename="{quote(file.filename, safe="+!")}"; '
            f"filename*=UTF-8''{quote(file.filename, safe='')}",
        },
    )
