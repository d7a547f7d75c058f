"""Bodies of refused uploads, where a server from elsewhere holds the connection."""

from __future__ import annotations

import io
from contextlib import closing

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from reference_server import create_app
from reference_server.serving.default_registry import default_registry

SIZE = 1_000_000


@pytest.mark.parametrize(("headers", "is_read"), [({}, True), ({"Expect": "100-continue"}, False)])
def test_refused_body_is_read_unless_the_client_holds_it_back(
    headers: dict[str, str], *, is_read: bool
) -> None:
    body = io.BytesIO(bytes(SIZE))
    environ = EnvironBuilder(
        "/api/v4/projects/1/packages/pypi",
        method="POST",
        input_stream=body,
        content_type="multipart/form-data; boundary=b",
        content_length=SIZE,
        headers=headers,
    ).get_environ()
    with closing(default_registry()) as registry:
        _, status, _ = run_wsgi_app(create_app(registry), environ, buffered=True)
    assert status.startswith("401")
    assert (body.tell() == SIZE) is is_read
