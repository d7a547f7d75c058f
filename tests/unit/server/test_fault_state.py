"""What a fault keeps about a request stays with that request: eight at once, each sees only its own."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from werkzeug import Response

from reference_server.distributions import wheel
from reference_server.faults import Fault, fault_named
from reference_server.faults.building.request_notes import NotesRequests
from reference_server.faults.building.responses import LeavesBytes
from reference_server.faults.lookup import all_faults
from reference_server.http.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

    from reference_server.faults.building.concurrent_uploads import RunningUpload

THREADS = 8
Answer = TypeVar("Answer")
SIMPLE = "/projects/1/packages/pypi/simple/"
WRONG = {"sha256_digest": "0" * 64}


class Meeting(Fault):
    """Lets eight requests pass only together, on their way in and on their way out."""

    def __init__(self, *seams: str) -> None:
        self.barriers = {seam: Barrier(THREADS, timeout=30) for seam in seams}

    def handle(self, request: Request) -> Response | None:
        self._meet("handle", request)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        self._meet("respond", request)
        return response

    def _meet(self, seam: str, request: Request) -> None:
        if seam in self.barriers and "X-Meet" in request.headers:
            self.barriers[seam].wait()


def together(request: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(request, range(THREADS)))


@pytest.fixture
def api(api_with: Any) -> Any:
    """Make a client of a server with a fault, whose requests all meet around every seam of the fault."""
    return lambda name: api_with(Meeting("respond"), fault_named(name), Meeting("handle"))


def upload(api: Any, number: int, **more: Any) -> TestResponse:
    name = more.pop("name", f"demo-{number}")
    filename = more.pop("filename", f"demo_{number}-1.0-py3-none-any.whl")
    fields = {"name": name} | more.pop("fields", {})
    content = more.pop("content", None) or wheel(f"demo-{number}", "1.0").content
    response: TestResponse = api.upload(filename, content, fields=fields, headers={"X-Meet": "1"}, **more)
    return response


def test_rejected_names_are_repeated_to_their_own_senders(api: Any) -> None:
    one = api("refusals-in-html")
    responses = together(lambda number: upload(one, number, name=f"<b>{number}</b>"))
    assert [response.text for response in responses] == [
        f"<h1><b>{n}</b> is no name</h1>" for n in range(THREADS)
    ]


def test_rejected_versions_are_repeated_to_their_own_senders(api: Any) -> None:
    one = api("fields-in-headers")
    fields = [{"version": f"1\r\nX-Number: {number}"} for number in range(THREADS)]
    responses = together(lambda number: upload(one, number, fields=fields[number]))
    assert [response.headers.get("X-Number") for response in responses] == list(map(str, range(THREADS)))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("refused-names-stored", {"name": "-demo-"}), ("refused-versions-stored", {"version": "none"})],
)
def test_late_rejections_concern_their_own_upload(api: Any, name: str, wrong: dict[str, str]) -> None:
    one = api(name)
    responses = together(lambda number: upload(one, number, fields=[{}, wrong][number % 2]))
    assert [response.status_code for response in responses] == [201, 400] * 4


def test_unknown_actions_are_refused_alone(api: Any) -> None:
    one = api("unknown-action-stored")
    actions = ["file_upload", "unknown"] * 4
    responses = together(lambda number: upload(one, number, fields={":action": actions[number]}))
    assert [response.status_code for response in responses] == [201, 400] * 4


def test_second_filenames_are_unchecked_alone(api: Any) -> None:
    one = api("second-filename-unchecked")
    fields = [{}, {"comment": 'filename*="x"'}] * 4
    responses = together(
        lambda number: upload(one, number, filename=f"demo_{number}.exe", fields=fields[number])
    )
    assert [response.status_code for response in responses] == [400, 201] * 4


def test_overwriting_is_refused_alone(api: Any, registry: Any) -> None:
    for number in range(0, THREADS, 2):
        registry.publish(
            f"demo_{number}-1.0-py3-none-any.whl", wheel(f"demo-{number}", "1.0", marker="a").content
        )
    one = api("overwritten-before-refused")
    responses = together(lambda number: upload(one, number))
    assert [response.status_code for response in responses] == [400, 201] * 4


@pytest.mark.parametrize("name", ["refused-projects-listed", "refused-projects-on-root-page"])
def test_refused_uploads_are_listed_alone(api: Any, registry: Any, name: str) -> None:
    registry.publish("there-1.0.tar.gz", b"")
    one = api(name)
    together(lambda number: upload(one, number, fields=[{}, WRONG][number % 2]))
    assert sorted(re.findall(">(demo-.)<", one.get(SIMPLE).text)) == [f"demo-{n}" for n in range(THREADS)]
    assert [one.get(f"{SIMPLE}demo-{n}/").status_code for n in range(THREADS)] == [200, 404] * 4


def test_projects_are_created_by_their_own_refusals(api: Any) -> None:
    one = api("project-created-by-a-refusal")
    fields = [WRONG, {"version": "none"}] * 4
    together(lambda number: upload(one, number, fields=fields[number]))
    assert [one.get(f"{SIMPLE}demo-{n}/").status_code for n in range(THREADS)] == [200, 404] * 4


def test_names_of_refused_files_are_taken_alone(api: Any) -> None:
    one = api("refused-file-names-reserved")
    together(lambda number: upload(one, number, fields=[WRONG, {"version": "none"}][number % 2]))
    later = [
        one.upload(f"demo_{n}-1.0-py3-none-any.whl", fields={"name": f"demo-{n}"}) for n in range(THREADS)
    ]
    assert [response.status_code for response in later] == [400, 201] * 4


def test_running_uploads_know_their_own_file(api_with: Any) -> None:
    """Each upload finds the files stored during its time, by the digest and the beginning of its own."""
    fault = fault_named("updates-lost")
    assert isinstance(fault, NotesRequests)
    seen: dict[str, RunningUpload] = {}

    class Watching(Fault):
        """Keeps what the fault has noted."""

        def respond(self, request: Request, response: Response) -> Response:
            seen[request.headers["X-Number"]] = fault.noted(request)  # type: ignore[assignment]
            return response

    one = api_with(Meeting("respond"), fault, Watching(), Meeting("handle"))
    files = [wheel(f"demo-{number}", "1.0") for number in range(THREADS)]

    def send(number: int) -> TestResponse:
        file = files[number]
        headers = {"X-Meet": "1", "X-Number": str(number)}
        response: TestResponse = one.upload(
            file.filename, file.content, fields={"name": f"demo-{number}"}, headers=headers
        )
        return response

    together(send)
    assert [seen[str(number)].sha256 for number in range(THREADS)] == [file.sha256 for file in files]


@pytest.mark.parametrize("name", ["body-after-head", "refused-body-read-as-request"])
def test_leftover_bytes_stay_with_their_client(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = fault_named(name)
    assert isinstance(fault, LeavesBytes)
    environs = [{"REMOTE_ADDR": f"192.0.2.{number}"} for number in range(THREADS)]
    leaving = {environ["REMOTE_ADDR"] for environ in environs[::2]}
    monkeypatch.setattr(
        type(fault), "leaves_bytes", lambda _fault, request, _: request.remote_addr in leaving
    )
    together(lambda number: fault.respond(Request(environs[number]), Response()))
    answers = together(lambda number: fault.handle(Request(environs[number])))
    assert [answer is not None for answer in answers] == [True, False] * 4
    assert fault.handle(Request(environs[0])) is None


def test_no_fault_keeps_what_threads_are_at() -> None:
    """Threads outlive requests: nothing is kept by thread."""
    kept = [(kind().name, value) for kind in all_faults() for value in vars(kind()).values()]
    assert [name for name, value in kept if type(value).__name__ == "_local"] == []
