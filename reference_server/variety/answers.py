"""Variations in the text of responses, beyond what GitLab documents."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

from reference_server.variety.variation import FILES, PAGES, Variation

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

REFUSING = PAGES | FILES | {"upload", ""}
WORDS = {
    "404 Not Found": "There is nothing here.",
    "404 Package Not Found": "There is no such package.",
    "403 Forbidden": "This is not for you.",
    "401 Unauthorized": "Who are you?",
}


class UploadSuccess(Variation):
    """Answers successful uploads with another 2xx status or another body."""

    source = "upload-api#upload-endpoint"
    left_open = "GitLab documents neither the status nor the body of a successful upload."
    options = ("200", "200 text", "201 text", "201 nothing", "204")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and response.status_code == 201:
            status, _, body = self.option.partition(" ")
            response.status_code = int(status)
            if body or response.status_code == 204:
                response.set_data("OK\n" if body == "text" else "")
                response.content_type = "text/plain"
        return response


class Refusals(Variation):
    """Writes errors as text, HTML or JSON of another shape, some with another message."""

    source = "rfc9110#section-15.5"
    left_open = "The server chooses how to explain an error; GitLab documents a few texts but not their form."
    options = ("text", "HTML", "detail", "problem", "errors")

    def respond(self, request: Request, response: Response) -> Response:
        message = _message(response) if request.endpoint in REFUSING and response.status_code >= 400 else None
        if message is None:
            return response
        words = WORDS.get(message, message)
        accept = request.headers.get("Accept", "")
        option = "detail" if self.option in {"text", "HTML"} and "json" in accept else self.option
        bodies = {
            "text": (f"{words}\n", "text/plain; charset=utf-8"),
            "HTML": (_page(words), "text/html; charset=utf-8"),
            "detail": (json.dumps({"detail": words}, indent=1), "application/json"),
            "errors": (json.dumps({"errors": [{"message": words}]}), "application/json; charset=utf-8"),
            "problem": (
                json.dumps({"status": response.status_code, "title": words, "detail": message}),
                "application/problem+json",
            ),
        }
        body, content_type = bodies[option]
        response.set_data(body)
        response.content_type = content_type
        return response


def _message(response: Response) -> str | None:
    """Return the message of an error; None if it consists of more than a sentence."""
    if response.mimetype != "application/json":
        return None
    body = response.get_json()
    messages = [body[key] for key in ("message", "error") if key in body] if len(body) == 1 else []
    return messages[0] if messages and isinstance(messages[0], str) else None


def _page(words: str) -> str:
    words = html.escape(words)
    return f"<!DOCTYPE html>\n<html lang=en><title>{words}</title><h1>Sorry</h1><p>{words}</p></html>\n"


class ReasonPhrases(Variation):
    """Writes another reason phrase."""

    source = "rfc9112#section-4"
    left_open = "The reason phrase is any text, and clients ignore it."

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if response.status_code != 400:  # twine shows it where something is wrong with an upload
            response.status = f"{response.status_code} {'Fine' if response.status_code < 400 else 'Alas'}"
        return response
