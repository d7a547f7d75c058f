from __future__ import annotations

import gc
import logging
import os
import random
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import wheel
from reference_server.rules.ready_made import PASSWORD
from reference_server.serving.exposure import PublicTokensError
from reference_server.serving.registry_host import RegistryHost
from reference_server.store import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHEEL = "demo-1.0-py3-none-any.whl"


@pytest.fixture
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


def upload(server: ReferenceServer, content: bytes, **more: Any) -> requests.Response:
    return requests.post(
        server.url,
        data={"name": "demo", "version": "1.0"},
        files={"content": (more.pop("filename", WHEEL), content)},
        auth=more.pop("auth", (server.username, server.password)),
        timeout=30,
    )


def test_upload_and_read(server: ReferenceServer) -> None:
    assert upload(server, wheel("demo", "1.0").content).status_code == 201
    page = requests.get(f"{server.index_url}demo/", auth=(server.username, server.password), timeout=10)
    assert WHEEL in page.text
    assert server.requests.total == 2


def test_the_fixture_of_the_plugin(reference_server: ReferenceServer) -> None:
    assert requests.get(reference_server.index_url, timeout=10).status_code == 401


def test_the_target_names_what_is_there(server: ReferenceServer) -> None:
    target = server.target()
    assert (target["url"], target["profile"]) == (server.url, "gitlab")
    for name, pair in target["credentials"].items():
        status = requests.get(server.index_url, auth=tuple(pair.values()), timeout=10).status_code
        former = {"personal-expired", "personal-revoked", "deploy-expired", "deploy-revoked", "job-finished"}
        refused = dict.fromkeys(former, 401) | {"job-elsewhere": 403}
        assert status == refused.get(name, 404 if name in {"stranger", "deploy-elsewhere"} else 200), name
    path = target["gitlab-projects"]["path"].replace("/", "%2F")
    encoded = requests.get(
        f"{server.origin}/api/v4/projects/{path}/packages/pypi/simple/",
        auth=(server.username, server.password),
        timeout=10,
    )
    assert encoded.status_code == 200


def test_of_many_equal_uploads_exactly_one_is_created(server: ReferenceServer) -> None:
    barrier = threading.Barrier(16)

    def race(number: int) -> tuple[int, bytes]:
        content = wheel("demo", "1.0", marker=str(number), size=100_000).content
        barrier.wait()
        return upload(server, content).status_code, content

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(race, range(16)))
    (winner,) = [content for status, content in results if status == 201]
    assert {status for status, _ in results} == {201, 400}
    (package,) = server.registry.packages(server.registry.gitlab_project("1"))
    assert [file.blob.read() for file in package.files] == [winner]


@pytest.mark.parametrize(
    ("auth", "status"),
    [(None, 401), (("x", "reference-guest-token"), 403), (("x", "reference-api-token"), 413)],
)
def test_a_refusal_of_sixty_megabytes_is_seen(
    server: ReferenceServer, auth: tuple[str, str] | None, status: int
) -> None:
    answer = upload(server, os.urandom(1024) * 1024 * 60, auth=auth)
    assert answer.status_code == status
    assert server.registry.packages(server.registry.gitlab_project("1")) == ()


def test_fifty_megabytes_go_in_and_come_out(server: ReferenceServer) -> None:
    content = wheel("demo", "1.0", size=50 * 1024 * 1024).content
    assert upload(server, content).status_code == 201
    (package,) = server.registry.packages(server.registry.gitlab_project("1"))
    url = f"{server.url}/files/{package.files[0].sha256}/{WHEEL}"
    assert requests.get(url, auth=(server.username, server.password), timeout=30).content == content


def test_a_client_that_waits_before_it_sends_gets_its_answer(server: ReferenceServer) -> None:
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v4/projects/1/packages/pypi HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        )
        assert connection.recv(12) == b"HTTP/1.1 401"


def test_a_client_that_leaves_in_the_middle_leaves_nothing(server: ReferenceServer, capfd: Any) -> None:
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v4/projects/1/packages/pypi HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"PRIVATE-TOKEN: reference-api-token\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="content"; filename="demo-1.0.tar.gz"\r\n\r\nxyz'
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(12) == b"HTTP/1.1 400"
    assert server.registry.packages(server.registry.gitlab_project("1")) == ()
    assert capfd.readouterr().err == ""


def test_nothing_is_logged(server: ReferenceServer, caplog: Any, capfd: Any) -> None:
    with caplog.at_level(logging.DEBUG, logger="werkzeug"):
        upload(server, b"")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_it_can_be_started_again_with_what_it_had() -> None:
    server = ReferenceServer().start()
    server.registry.publish(WHEEL, b"content")
    server.stop()
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.index_url, timeout=10)
    with server:
        page = requests.get(server.index_url, auth=(server.username, server.password), timeout=10)
        assert "demo/" in page.text


def test_a_taken_port_is_an_error_and_not_the_end(server: ReferenceServer) -> None:
    port = int(server.origin.rpartition(":")[2])
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
        ReferenceServer(port=port).start()


def test_files_on_disk_are_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ReferenceServer() as server:
        server.registry.publish(WHEEL, b"x" * 2_000_000)
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def exchange(server: ReferenceServer, sent: bytes) -> bytes:
    host, port = server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\nx\r\n0\r\n\r\n", b"5\r\n--b\r\n", b"-1\r\n", b"", b"0\r\n\r\n", b"ffffffffffffffffff\r\nx"],
)
def test_broken_chunks(server: ReferenceServer, chunks: bytes, capfd: Any) -> None:
    answer = exchange(
        server,
        b"POST /api/v4/projects/1/packages/pypi HTTP/1.1\r\nHost: x\r\nPRIVATE-TOKEN: reference-api-token\r\n"
        b"Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n" + chunks,
    )
    assert answer.startswith(b"HTTP/1.1 400")
    assert capfd.readouterr().err == ""


def test_no_request_is_a_server_error(server: ReferenceServer, capfd: Any) -> None:
    server.registry.publish(WHEEL, b"content")
    chance = random.Random(1)  # noqa: S311
    pieces = [
        b"/api/v4",
        b"/projects/",
        b"1",
        b"packages",
        b"/pypi",
        b"/simple/",
        b"demo",
        b"files",
        b"..",
        b"//",
    ]
    pieces += [
        b"%2f",
        b"%00",
        b"%",
        b"\xff",
        b"?",
        b"#",
        b"\\",
        b"*",
        b"http://h",
        b"9" * 5000,
        b"%c3%a9",
        b"\x01",
    ]
    for _ in range(400):
        path = b"".join(chance.choices(pieces, k=chance.randrange(1, 8)))
        if chance.random() < 0.7:
            path = b"/api/v4/projects/1/packages/" + path
        method = chance.choice([b"GET", b"HEAD", b"POST", b"DELETE", b"OPTIONS", b"QUERY"])
        extra = chance.choice(
            [
                b"",
                b"Authorization: Basic \xff",
                b"Content-Length: -1",
                b"Content-Length: x",
                b"Host: \xff/ ?",
                b"Range: x",
            ]
        )
        answer = exchange(
            server,
            method
            + b" "
            + path
            + b" HTTP/1.1\r\nPRIVATE-TOKEN: reference-api-token\r\n"
            + extra
            + b"\r\n\r\n",
        )
        assert not answer.startswith(b"HTTP/1.1 5"), (method, path, extra, answer)
    assert "Traceback" not in capfd.readouterr().err


def test_head_of_a_large_file_leaves_nothing_open(server: ReferenceServer, programs: Any) -> None:
    """The answer arrives before the thread that sends it has closed the file."""
    file = server.registry.publish(WHEEL, b"x" * 2_000_000)
    url = f"{server.url}/files/{file.sha256}/{WHEEL}"
    answer = requests.head(url, auth=(server.username, server.password), timeout=10)
    assert answer.headers["Content-Length"] == "2000000"
    assert isinstance(file.blob.content, Path)
    server.stop()
    path = str(file.blob.content)

    def is_closed() -> bool:
        gc.collect()
        return path not in [str(link.readlink()) for link in open_files()]

    programs.eventually(is_closed)


def open_files() -> list[Path]:
    """Give what this process has open, where the system tells."""
    return [link for link in Path("/proc/self/fd").glob("*") if link.is_symlink()]


def test_a_file_deleted_while_it_is_read_is_read_to_its_end(server: ReferenceServer) -> None:
    content = os.urandom(1024) * 1024 * 20
    file = server.registry.publish(WHEEL, content)
    url = f"{server.url}/files/{file.sha256}/{WHEEL}"
    with requests.get(url, auth=(server.username, server.password), timeout=10, stream=True) as answer:
        server.registry.delete_package(server.registry.gitlab_project("1"), file.package_id)
        assert answer.content == content


def forked(work: Callable[[], object]) -> int:
    """Do some work in a forked process, which ends with it, or after 20 s."""
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(20)
        work()
    except BaseException:  # noqa: BLE001 - the copy of the tests must not go on
        os._exit(1)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # the children only stop, or wait
def test_a_forked_process_neither_stops_the_server_nor_keeps_it() -> None:
    server = ReferenceServer().start()
    assert os.waitpid(forked(server.stop), 0)[1] == 0
    assert requests.get(server.index_url, timeout=10).status_code == 401
    waiting, end = os.pipe()
    child = forked(lambda: (os.close(end), os.read(waiting, 1)))
    try:
        stopping = threading.Thread(target=server.stop, daemon=True)
        stopping.start()
        stopping.join(10)
        assert not stopping.is_alive()
        with pytest.raises(OSError, match=r".*"):
            socket.create_connection(("127.0.0.1", server.port), 10)
    finally:
        os.close(waiting)
        os.close(end)
        os.waitpid(child, 0)
        server.app.close()


def test_a_forked_process_leaves_temporary_folders(tmp_path: Path) -> None:
    class User: ...

    user, folder = User(), tmp_path / "folder"
    folder.mkdir()
    temporary._remove(folder, os.getpid() + 1)
    assert folder.is_dir()
    temporary.remove_with(user, folder)
    del user
    gc.collect()
    assert not folder.exists()


def test_faults_meet_the_decoded_path_and_methods_in_any_case(server: ReferenceServer) -> None:
    with server.answer("simple/d\u00e9mo", method="get", status=418) as answer:
        got = requests.get(f"{server.index_url}d%C3%A9mo/", timeout=10)
    assert (got.status_code, answer.hits) == (418, 1)


def test_reset_forgets_what_an_upstream_was_asked_for() -> None:
    with (
        ReferenceServer(flavour="pypi") as above,
        ReferenceServer(flavour="pypi", upstream=above.index_url) as here,
    ):
        above.publish(wheel("demo", "1.0"))
        assert requests.get(f"{here.index_url}demo/", timeout=10).status_code == 200
        assert here.mirror.projects() == ("demo",)
        here.reset()
        assert here.mirror.projects() == ()
        assert WHEEL in requests.get(f"{here.index_url}demo/", timeout=10).text


def test_an_address_that_others_reach_needs_new_secrets() -> None:
    for host in ("0.0.0.0", "::", ""):  # noqa: S104
        with pytest.raises(PublicTokensError, match="the ready-made tokens are public") as refused:
            ReferenceServer(host=host)
        assert "fresh_tokens=True" in refused.value.hint
    with RegistryHost(host="0.0.0.0") as host_of_many:  # noqa: S104
        with pytest.raises(PublicTokensError):
            host_of_many.add()
        tenant = host_of_many.add(fresh_tokens=True)
        assert tenant.password != PASSWORD
    with ReferenceServer(host="0.0.0.0", fresh_tokens=True) as server:  # noqa: S104
        index = server.index_url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        passwords = {name: pair["password"] for name, pair in server.target()["credentials"].items()}
        assert passwords["default"] == server.password
        for name, status in (("default", 200), ("stranger", 404)):
            found = requests.get(index, auth=("x", passwords[name]), timeout=10).status_code
            assert found == status, name
        assert requests.get(index, auth=("x", PASSWORD), timeout=10).status_code == 401


def test_an_address_that_others_reach_takes_a_registry_with_its_own_tokens(tmp_path: Path) -> None:
    with ReferenceServer(store=tmp_path, fresh_tokens=True) as server:
        secret = server.password
    with ReferenceServer(store=tmp_path) as server:
        assert requests.get(server.index_url, auth=("x", PASSWORD), timeout=10).status_code == 200
    with ReferenceServer(store=tmp_path, fresh_tokens=True) as server:
        for password in (secret, PASSWORD):
            assert requests.get(server.index_url, auth=("x", password), timeout=10).status_code == 401
