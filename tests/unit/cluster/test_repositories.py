"""Where jars come from: the setting, a mirror of the machine, Maven Central."""

from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL

from hub.cluster.repositories import maven_mirror, repositories, without_password

_SETTINGS = """\
<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>
<mirror><id>a</id><mirrorOf>jboss</mirrorOf><url>https://jboss.example</url></mirror>
<mirror><id>b</id><mirrorOf>{covers}</mirrorOf><url> https://maven.example/public/ </url></mirror>
</mirrors></settings>
"""


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "JGO_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_without_any_setting_it_is_maven_central() -> None:
    """As every Maven does."""
    assert repositories(None) == [MAVEN_CENTRAL_URL]


@pytest.mark.parametrize("covers", ["*", "central", "external:*, !local"])
def test_a_mirror_in_mavens_settings_takes_centrals_place(tmp_path: Path, covers: str) -> None:
    """A machine that Maven works on needs no second setting."""
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text(_SETTINGS.format(covers=covers))

    assert repositories(None) == ["https://maven.example/public"]
    assert repositories("https://own.example/maven/") == ["https://own.example/maven"]


@pytest.mark.parametrize("covers", ["jboss", "*,!central"])
def test_a_mirror_of_something_else_does_not_count(tmp_path: Path, covers: str) -> None:
    """It does not have Kafka."""
    file = tmp_path / "settings.xml"
    file.write_text(_SETTINGS.format(covers=covers))

    assert maven_mirror(file) is None


def test_a_settings_file_that_is_no_xml_is_passed_over(tmp_path: Path) -> None:
    """Maven's settings are not the hub's to judge."""
    file = tmp_path / "settings.xml"
    file.write_text("<settings")

    assert maven_mirror(file) is None


def test_jgos_own_repositories_come_before_central(tmp_path: Path) -> None:
    """jgo.conf may add repositories, or replace Central by the same name."""
    (tmp_path / ".config").mkdir()
    conf = tmp_path / ".config" / "jgo.conf"
    conf.write_text("[repositories]\nown = https://own.example/maven\n")
    assert repositories(None) == ["https://own.example/maven", MAVEN_CENTRAL_URL]

    conf.write_text("[repositories]\ncentral = https://own.example/central\n")
    assert repositories(None) == ["https://own.example/central"]


def test_an_address_is_shown_without_its_password() -> None:
    """The rest of it is what helps."""
    assert without_password("https://me:word@maven.example:8443/x") == "https://maven.example:8443/x"
