"""Jars: a half-fetched or altered one is never used."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from hub.cluster.jars import KAFKA_VERSION, classpath, remove_half_files
from hub.domain.errors import Unavailable


def _jar(file: Path, content: bytes = b"class" * 1000) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as jar:
        jar.writestr("A.class", content)
    return file


def _listed(cache: Path, *jars: Path) -> None:
    digests = {str(jar.relative_to(cache)): sha256(jar.read_bytes()).hexdigest() for jar in jars}
    (cache / f"kafka-{KAFKA_VERSION}.json").write_text(json.dumps(digests))


def test_whole_jars_are_used_without_a_network(tmp_path: Path) -> None:
    """Once fetched, the hub starts on a machine that has no way out."""
    jars = [_jar(tmp_path / "maven" / "a.jar"), _jar(tmp_path / "maven" / "b.jar")]
    _listed(tmp_path, *jars)

    assert classpath(tmp_path, "http://127.0.0.1:9", pytest.fail) == jars


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_cut_jar_is_told_and_removed(tmp_path: Path, keep: int) -> None:
    """Whatever is left of it: nothing, its beginning, or almost all."""
    whole, cut = _jar(tmp_path / "maven" / "a.jar"), _jar(tmp_path / "maven" / "b.jar")
    _listed(tmp_path, whole, cut)
    cut.write_bytes(cut.read_bytes()[:keep])
    said: list[str] = []

    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:9.*\n +fix: .*HUB_MAVEN_URL"):
        classpath(tmp_path, "http://someone:secret@127.0.0.1:9", said.append)

    assert said[0] == "b.jar is missing or damaged: fetching it again"
    assert whole.exists()
    assert not cut.exists()


def test_a_password_in_the_address_is_not_told(tmp_path: Path) -> None:
    """Mirrors often want one; messages end up in logs and tickets."""
    with pytest.raises(Unavailable) as error:
        classpath(tmp_path, "http://someone:secret@127.0.0.1:9", lambda _: None)

    assert "secret" not in str(error.value)


def test_what_an_interrupted_fetch_left_is_removed(tmp_path: Path) -> None:
    """Half jars and half POMs go, whole ones stay."""
    whole, half = _jar(tmp_path / "a.jar"), tmp_path / "b.jar"
    half.write_bytes(whole.read_bytes()[:100])
    good, torn = tmp_path / "a.pom", tmp_path / "b.pom"
    good.write_text("<project/>")
    torn.write_text("<project><depend")

    remove_half_files(tmp_path)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jar", "a.pom"]
