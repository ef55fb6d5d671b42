"""Downloads: a file is whole under its name or not there at all."""

import functools
import threading
from collections.abc import Iterator
from hashlib import sha1
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from jgo.maven import MavenContext

from hub.cluster.maven import DamagedDownload, NotInRepository, resolver

_PLACE = Path("org", "example", "thing", "1.0", "thing-1.0.jar")


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; tells a longer length than it sends for whatever is named in `cut`."""

    cut: tuple[str, ...] = ()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send_header(self, keyword: str, value: str) -> None:
        """Lie about the length where the test wants an interrupted download."""
        is_cut = keyword == "Content-Length" and self.path.endswith(self.cut or ("\0",))
        super().send_header(keyword, str(int(value) + 1) if is_cut else value)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A Maven repository with one jar."""
    file = tmp_path / "remote" / _PLACE
    file.parent.mkdir(parents=True)
    content = BytesIO()
    with ZipFile(content, "w") as jar:
        jar.writestr("A.class", b"class" * 100)
    file.write_bytes(content.getvalue())
    file.with_suffix(".jar.sha1").write_text(f"{sha1(content.getvalue()).hexdigest()}  {file.name}\n")
    return tmp_path / "remote"


@pytest.fixture
def address(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The repository over HTTP."""
    monkeypatch.setenv("NO_PROXY", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(repository)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _fetch(tmp_path: Path, *remotes: str) -> Path:
    with resolver(list(remotes)) as python:
        context = MavenContext(python, tmp_path / "local", local_repos=[], remote_repos={})
        path: Path = context.create_dependency("org.example:thing:1.0").artifact.resolve()
        return path


def _left_behind(tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "local").rglob("*") if file.is_file()]


def test_an_artifact_arrives_whole(tmp_path: Path, repository: Path, address: str) -> None:
    """Under the name that Maven gives it."""
    assert _fetch(tmp_path, address) == tmp_path / "local" / _PLACE
    assert (tmp_path / "local" / _PLACE).read_bytes() == (repository / _PLACE).read_bytes()


def test_an_interrupted_download_leaves_nothing(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that ends early is an error, and the name stays free for the next attempt."""
    monkeypatch.setattr(_Quiet, "cut", (".jar",))

    with pytest.raises(httpx.HTTPError):
        _fetch(tmp_path, address)

    assert _left_behind(tmp_path) == []


def test_a_jar_with_another_checksum_is_refused(tmp_path: Path, repository: Path, address: str) -> None:
    """The repository says what it sent; anything else is not run."""
    (repository / _PLACE).with_suffix(".jar.sha1").write_text("0" * 40)

    with pytest.raises(DamagedDownload):
        _fetch(tmp_path, address)

    assert _left_behind(tmp_path) == []


def test_a_page_in_place_of_a_jar_is_refused(tmp_path: Path, repository: Path, address: str) -> None:
    """A proxy that wants a login answers 200 with HTML, and has no checksum to offer."""
    (repository / _PLACE).write_text("<html>Please log in</html>")
    (repository / _PLACE).with_suffix(".jar.sha1").unlink()

    with pytest.raises(DamagedDownload):
        _fetch(tmp_path, address)


def test_the_next_repository_is_asked(tmp_path: Path, address: str) -> None:
    """One that does not have the artifact is passed over; none that has it is an error."""
    assert _fetch(tmp_path, f"{address}/empty", address).exists()

    with pytest.raises(NotInRepository, match=r"thing-1\.0\.jar"):
        _fetch(tmp_path / "other", f"{address}/empty")
