"""Which Maven repositories a machine is told to use."""

from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree


def repositories(maven_url: str | None) -> list[str]:
    """Where to fetch from: the setting, else the mirror in Maven's settings, else jgo's settings and Central."""
    if maven_url:
        return [maven_url.rstrip("/")]
    mirror = maven_mirror(Path.home() / ".m2" / "settings.xml")
    if mirror:
        return [mirror.rstrip("/")]
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL

    configured: dict[str, str] = GlobalSettings.load().repositories
    own = [url.rstrip("/") for url in configured.values()]
    return own if "central" in configured else [*own, str(MAVEN_CENTRAL_URL)]


def maven_mirror(settings: Path) -> str | None:
    """The mirror of Maven Central that a settings.xml names; None without one or without the file."""
    try:
        root = ElementTree.parse(settings).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    for mirror in root.iterfind(".//{*}mirror"):
        covers = {part.strip() for part in (mirror.findtext("{*}mirrorOf") or "").split(",")}
        url = mirror.findtext("{*}url")
        if url and covers & {"*", "central", "external:*"} and "!central" not in covers:
            return url.strip()
    return None


def without_password(url: str) -> str:
    """The address as a message may show it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
