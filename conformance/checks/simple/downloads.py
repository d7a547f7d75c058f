"""Files by URL, each downloaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.http import RecentAnswers

if TYPE_CHECKING:
    from conformance.kit.http import Answer, Transcript
    from conformance.kit.registry import RegistryClient


class Downloads:
    """Files by URL, each fetched once while there is room."""

    def __init__(self, registry: RegistryClient, transcript: Transcript) -> None:
        self._registry = registry
        self._transcript = transcript
        self._answers = RecentAnswers[str]()

    def __call__(self, url: str) -> Answer:
        """Return the answer for a file, redirects followed."""
        answer = self._answers.get(url)
        if answer is None:
            answer = self._answers[url] = self._registry.download(url)
        self._transcript.use(answer.exchange)
        return answer
