"""The requirement that is about the defect itself stands first, where a defect turns many red."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from .root_causes import CUT, causes_of, far_reaching

if TYPE_CHECKING:
    from reference_server.faults import Fault

    from .trial import Trial

FIRST = {
    "absent-projects-forbidden": "simple.project.unknown-404",
    "anonymous-callers-forbidden": "auth.read.401",
    "caches-forget-credentials": "auth.read.kept-for-no-other",
    "challenges-first": "auth.read.preemptive",
    "deploy-tokens-good-everywhere": "gitlab.token.deploy-elsewhere-sees-nothing",
    "deploy-tokens-unknown": "gitlab.token.deploy-read-reads",
    "documented-user-name-unknown": "gitlab.token.personal-publishes",
    "every-user-publishes": "gitlab.access.guest-cannot-publish",
    "everyone-publishes": "gitlab.access.anonymous-cannot-publish",
    "everything-private": "gitlab.access.public-page-for-everyone",
    "expiry-ignored": "gitlab.token.expired-refused",
    "file-redirects-need-credentials": "auth.file-redirect",
    "filenames-with-a-folder": "simple.json.file.filename",
    "files-come-later": "upload.visible-after-success",
    "files-for-everyone": "gitlab.access.anonymous-cannot-download-private",
    "files-repackaged": "gitlab.file.bytes-exact",
    "internal-for-members-only": "gitlab.matrix.page",
    "job-tokens-unknown": "gitlab.token.job-reads",
    "job-user-name-suffices": "gitlab.token.job-finished-refused",
    "one-file-per-version": "gitlab.page.lists-exactly-the-uploads",
    "page-kept-from-first-request": "gitlab.page.lists-exactly-the-uploads",
    "pages-as-plain-text": "negotiation.content-type.truthful",
    "passwords-not-compared": "gitlab.token.wrong-cannot-read-private",
    "pre-releases-hidden": "gitlab.page.lists-exactly-the-uploads",
    "private-read-by-everyone": "gitlab.access.anonymous-cannot-read-private",
    "readers-forbidden": "auth.read.401",
    "refused-files-stored": "upload.reject-is-atomic",
    "reporters-cannot-read": "gitlab.access.reporter-reads",
    "signatures-listed": "gitlab.page.lists-exactly-the-uploads",
    "strangers-forbidden": "gitlab.access.stranger-sees-nothing",
    "truncated-downloads": "gitlab.page.links-work",
    "truncated-pages": "simple.url.project-normalized",
    "uploaders-sent-to-sign-in": "upload.no-redirect",
    "uploads-sent-to-tls": "security.tls-redirect-upload",
    "wrong-job-tokens-forbidden": "gitlab.token.job-finished-refused",
    "wrong-readers-forbidden": "auth.read.wrong-401",
    "wrong-tokens-forbidden": "auth.read.wrong-401",
}
"""The first cause of each fault with more than five consequences, as read."""
MOST_CAUSES = 3
"""How many causes one defect is shown as, at most; an answer that breaks off is one."""

FAR_REACHING = far_reaching()


def test_every_fault_with_many_consequences_has_a_first_cause() -> None:
    assert {fault.name for fault in FAR_REACHING} == FIRST.keys()


@pytest.mark.long
@pytest.mark.parametrize("fault", FAR_REACHING, ids=attrgetter("name"))
def test_the_defect_itself_stands_first(fault: Fault, trial: Trial) -> None:
    causes = causes_of(trial, fault, FAR_REACHING[fault])
    first = next(iter(causes))
    assert first == FIRST[fault.name], causes.keys()
    assert len(causes) <= (1 if fault.name in CUT else MOST_CAUSES), causes.keys()
    assert len(causes[first]) * 2 > sum(map(len, causes.values()))
