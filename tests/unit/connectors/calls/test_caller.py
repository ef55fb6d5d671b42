"""One request: who may be called, how the address is pinned, and what a bad answer costs."""

import asyncio
import datetime
import ipaddress
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.calls import Caller, CallFailed, Forbidden
from connectors.calls.addresses import is_inner, is_permitted

LOCAL = ipaddress.ip_network("127.0.0.0/8")


async def ok(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()


def call(url: str, resolve=None, allowed=(LOCAL,), body=b"{}", **options):
    caller = Caller(allowed=allowed, resolve=resolve, **options)
    return asyncio.run(caller.request("POST", url, {}, body))


def resolver(*addresses: str):
    async def resolve(host: str, port: int) -> list[str]:
        resolve.calls += 1
        return list(addresses)

    resolve.calls = 0
    return resolve


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fc00::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::127.0.0.1", "2002:a00:1::1", "64:ff9b::a00:1", "2001::1"),
    ],
)
def test_an_inner_address_is_not_called_unless_its_network_is_allowed(address):
    """Loopback, private, link-local, shared, multicast and reserved, also as an IPv6 address carries them."""
    assert not is_permitted(ipaddress.ip_address(address), ())
    if ipaddress.ip_address(address).version == 4:
        assert is_permitted(ipaddress.ip_address(address), [ipaddress.ip_network(address)])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"])
def test_an_address_of_the_internet_is_called(address):
    """What is no inner address needs no allowance."""
    assert not is_inner(ipaddress.ip_address(address))


def test_a_host_with_one_inner_address_among_others_is_refused(serve):
    """A name that leads outside and inside at once is a trap, not a choice."""
    server = serve(ok)
    with pytest.raises(Forbidden):
        call(f"https://hooks.test:{server.port}/", resolver("8.8.8.8", "127.0.0.1"), allowed=())
    assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"])
def test_no_spelling_of_loopback_gets_through(serve, host):
    """What counts is the address that the name resolves to, however it is written."""
    server = serve(ok)
    with pytest.raises(CallFailed):
        call(f"https://{host}:{server.port}/", allowed=())
    assert server.connections == 0


def test_plain_http_goes_to_allowed_networks_only():
    """A signed body with a case in it does not cross the internet unencrypted."""
    with pytest.raises(Forbidden, match="https"):
        call("http://hooks.test/", resolver("8.8.8.8"), allowed=())


@pytest.mark.parametrize("url", ["ftp://hooks.test/", "https://user:pass@hooks.test/", "https:///x"])
def test_an_address_of_another_form_is_refused(url):
    """No other scheme, no password in the address."""
    with pytest.raises(Forbidden):
        call(url, resolver("127.0.0.1"))


def test_the_name_is_resolved_once_and_the_host_header_keeps_it(serve):
    """A name server that changes its mind after the check has no say in where the request goes."""
    server = serve(ok)
    resolve = resolver("127.0.0.1")
    answer = call(f"http://hooks.test:{server.port}/in?x=1", resolve)
    assert (answer.status, answer.body, resolve.calls) == (200, b"ok", 1)
    assert f"Host: hooks.test:{server.port}".encode() in server.heads[0]
    assert server.heads[0].startswith(b"POST /in?x=1 HTTP/1.1")


def test_a_redirect_is_an_answer_and_is_not_followed(serve):
    """Nobody is sent on to an address that was not checked."""

    async def redirect(reader, writer):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    server = serve(redirect)
    assert call(f"http://hooks.test:{server.port}/", resolver("127.0.0.1")).status == 302
    assert server.connections == 1


def test_an_answer_without_end_is_cut(serve):
    """More than the limit is no answer, whatever its status says."""

    async def endless(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()

    with pytest.raises(CallFailed, match="more than 10000 bytes"):
        call(f"http://h.test:{serve(endless).port}/", resolver("127.0.0.1"), most_bytes=10_000)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
def test_an_answer_that_drips_does_not_hold_the_hub(serve, first):
    """The whole request has one limit; a byte every now and then does not renew it."""

    async def drip(reader, writer):
        writer.write(first)
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(CallFailed):
        call(f"http://h.test:{serve(drip).port}/", resolver("127.0.0.1"), total_seconds=0.4)
    assert time.monotonic() - began < 2


def test_an_answer_cut_short_is_no_answer(serve):
    """A status line alone proves nothing where more was promised."""

    async def cut(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
        await writer.drain()

    with pytest.raises(CallFailed, match="cut"):
        call(f"http://h.test:{serve(cut).port}/", resolver("127.0.0.1"))


def test_a_second_answer_on_the_connection_is_not_read_as_the_next_ones(serve):
    """Each request has a connection of its own: what a server says too much is lost with it."""

    async def twice(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
        await writer.drain()

    server = serve(twice)
    url = f"http://h.test:{server.port}/"
    assert [call(url, resolver("127.0.0.1")).body for _ in range(2)] == [b"1", b"1"]
    assert server.connections == 2


@pytest.fixture
def certificate(tmp_path):
    """A certificate for hooks.test that signs itself; returns its file and the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "ca.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(pem)
    both = tmp_path / "server.pem"
    both.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return file, context


def test_tls_verifies_the_name_although_the_connection_goes_to_an_address(serve, certificate):
    """The pinned address does not weaken the certificate's check: another name, or no trust, fails."""
    ca_file, context = certificate
    server = serve(ok, context)
    local = resolver("127.0.0.1")
    assert call(f"https://hooks.test:{server.port}/", local, ca_file=ca_file).status == 200
    with pytest.raises(CallFailed, match="certificate"):
        call(f"https://other.test:{server.port}/", local, ca_file=ca_file)
    with pytest.raises(CallFailed, match="certificate"):
        call(f"https://hooks.test:{server.port}/", local)
