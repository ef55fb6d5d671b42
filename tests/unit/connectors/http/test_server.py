"""The server: TLS with and without a client's certificate, its port, its end."""

import datetime
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import APIRouter, Request

from connectors.http.app import create_app
from connectors.http.server import serve
from connectors.http.tls import Tls, client_names
from hub.cluster.probe import free_port
from hub.domain.errors import Unavailable


@dataclass
class Probes:
    """What the server has said."""

    said: list[bool] = field(default_factory=list)
    is_up: threading.Event = field(default_factory=threading.Event)
    signs: int = 0

    def ready(self, is_ready: bool = True) -> None:
        self.said.append(is_ready)
        self.is_up.set()

    def alive(self) -> None:
        self.signs += 1


@contextmanager
def serving(tls: Tls | None = None, probes: Probes | None = None) -> Iterator[int]:
    """A server of one route, which tells who asks; its port."""
    router = APIRouter()

    @router.get("/who")
    async def who(request: Request) -> list[str]:
        return sorted(client_names(request.scope))

    stop, probes, port = threading.Event(), probes or Probes(), free_port()
    arguments = (create_app([router]), "127.0.0.1", port)
    thread = threading.Thread(target=serve, args=arguments, kwargs={"stop": stop, "probes": probes, "tls": tls})
    thread.start()
    try:
        assert probes.is_up.wait(30)
        yield port
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


@dataclass
class Authority:
    """A certificate authority of the test."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority of {self.folder.name}")])
        self.file = self.folder / "ca.pem"
        self.file.write_bytes(self._signed(self.name, self.key, [], is_authority=True))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of a name, for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate, key_file = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(self._signed(subject, key, [x509.DNSName("127.0.0.1"), x509.DNSName(name)]))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, key_file

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        names: list[x509.GeneralName],
        is_authority: bool = False,
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[str], Authority]:
    """`authority("city")` makes an authority."""

    def make(name: str) -> Authority:
        folder = tmp_path / name
        folder.mkdir()
        return Authority(folder)

    return make


def ask(port: int, trust: Authority, client: tuple[Path, Path] | None = None) -> list[str]:
    context = ssl.create_default_context(cafile=str(trust.file))
    context.check_hostname = False
    if client is not None:
        context.load_cert_chain(*client)
    names: list[str] = httpx.get(f"https://127.0.0.1:{port}/who", verify=context, timeout=10).json()
    return names


def test_a_client_is_known_by_the_certificate_of_the_citys_authority(authority: Callable[[str], Authority]):
    """With one: its names. Without one: nobody, and served all the same. With another's: no connection."""
    city, stranger = authority("city"), authority("stranger")
    certificate, key = city.issue("hub")

    with serving(Tls(certificate, key, city.file)) as port:
        assert ask(port, city, city.issue("hotline")) == ["127.0.0.1", "hotline"]
        assert ask(port, city) == []
        with pytest.raises(httpx.TransportError):
            ask(port, city, stranger.issue("hotline"))


def test_without_an_authority_no_certificate_counts(authority: Callable[[str], Authority]):
    """TLS alone: what a client shows is not looked at."""
    city = authority("city")

    with serving(Tls(*city.issue("hub"))) as port:
        assert ask(port, city, city.issue("hotline")) == []


def test_it_says_when_it_takes_traffic_and_when_no_more():
    """Ready once it listens, not ready when told to stop, signs of life in between."""
    probes = Probes()

    with serving(probes=probes) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/who").json() == []

    assert probes.said[0] is True
    assert probes.said[-1] is False
    assert probes.signs >= 2


def test_a_taken_port_is_told_with_the_setting():
    """Not a traceback of the server's."""
    with ExitStack() as stack:
        port = stack.enter_context(serving())
        with pytest.raises(Unavailable, match="HUB_HTTP_PORT"):
            serve(create_app([]), "127.0.0.1", port, stop=threading.Event(), probes=Probes())
