"""Who a client is by its certificate."""

from pathlib import Path

import pytest

from connectors.http.tls import Tls, client_names, names_in
from hub.domain.errors import Misconfigured


def test_the_names_of_a_certificate_are_its_common_and_alternative_names():
    """DNS names and URIs; no e-mail, no organisation."""
    certificate = {
        "subject": ((("organizationName", "齐齐哈尔"),), (("commonName", "hotline"),)),
        "subjectAltName": (("DNS", "hotline.city.example"), ("URI", "spiffe://city/hotline"), ("email", "a@b.c")),
    }

    assert names_in(certificate) == {"hotline", "hotline.city.example", "spiffe://city/hotline"}


def test_a_plain_connection_has_no_names():
    """Nor has one without a certificate."""
    assert client_names({"type": "http"}) == names_in({}) == frozenset()


def test_files_that_make_no_server_are_told_by_their_settings(tmp_path: Path):
    """Before anything listens."""
    (tmp_path / "cert.pem").write_text("no certificate")

    with pytest.raises(Misconfigured, match="HUB_HTTP_TLS_CERT"):
        Tls(tmp_path / "cert.pem", tmp_path / "key.pem").check()
