"""Mutual TLS: the connection shows the certificate that was given for the scheme."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.certificates import client_certificate
from openapi2tools.call.credentials.sources import Secret, read_options
from openapi2tools.errors import MissingCredential
from openapi2tools.model import SecurityScheme, Toolset
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

SCHEME = SecurityScheme("tls", "mutualTLS")
AUTHORITY = trustme.CA()


@pytest.fixture
def server():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    AUTHORITY.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with LoopbackServer(lambda _: Answer(body={"welcome": True}), tls=context) as running:
        yield running


@pytest.fixture
def files(tmp_path):
    certificate = AUTHORITY.issue_cert("ann@example.org")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    (tmp_path / "locked.pem").write_bytes(locked)
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path


def call(server: LoopbackServer, files, credential, **more):
    tools = Toolset([secured(SCHEME, servers=[server.url])])
    with connect(
        tools, credentials={"tls": credential}, verify=str(files / "ca.pem"), retries=0, **more
    ) as client:
        return client.call("t")


def test_a_certificate_opens_the_door_in_every_form_it_may_be_given(server, files) -> None:
    forms = [
        {"cert": files / "cert.pem", "key": files / "key.pem"},
        {
            "cert": str(files / "cert.pem"),
            "key": str(files / "locked.pem"),
            "password": "open sesame",
        },
        (str(files / "cert.pem"), str(files / "key.pem")),
        str(files / "both.pem"),
        read_options([f'tls={{"cert": "{files}/cert.pem", "key": "{files}/key.pem"}}'])["tls"],
    ]
    assert [call(server, files, form).data for form in forms] == [{"welcome": True}] * 5


def test_a_certificate_of_the_clients_own_serves_too(server, files) -> None:
    tools = Toolset([secured(SCHEME, servers=[server.url])])
    with connect(tools, cert=str(files / "both.pem"), verify=str(files / "ca.pem")) as client:
        assert client.call("t").data == {"welcome": True}


def test_without_its_certificate_a_call_does_not_go_out(server, files) -> None:
    tools = Toolset([secured(SCHEME, servers=[server.url])])
    with (
        connect(tools, verify=str(files / "ca.pem")) as client,
        pytest.raises(MissingCredential, match="tls"),
    ):
        client.call("t")
    assert not server.received


def test_a_certificate_of_somebody_else_is_refused_by_the_server(server, files) -> None:
    trustme.CA().issue_cert("eve@example.org").private_key_and_cert_chain_pem.write_to_path(
        files / "eve.pem"
    )
    result = call(server, files, str(files / "eve.pem"))
    assert result.is_error
    # the alert may come before or after the server hangs up
    assert "certificate" in result.text or "broke" in result.text
    assert not server.received


@pytest.mark.parametrize(
    ("names", "password", "words"),
    [
        (("cert.pem", "nowhere.pem"), "", "not there"),
        (("cert.pem", "locked.pem"), "", "password"),
        (("cert.pem", "locked.pem"), "wrong", "password"),
        (("cert.pem", "ca.pem"), "", "fit each other"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_before_anything_is_sent(
    files, names, password, words
) -> None:
    given = {"cert": files / names[0], "key": files / names[1], "password": password}
    with pytest.raises(MissingCredential, match=words) as caught:
        client_certificate([secured(SCHEME)], {"tls": given})
    assert "open sesame" not in str(caught.value)


def test_a_key_that_is_given_in_place_of_its_path_is_told_to_nobody(files) -> None:
    text = (files / "key.pem").read_text()
    for given in (
        Secret(text),
        text,
        {"cert": Secret(text.replace("\n", "")), "key": text},
        Secret("s3cret"),
        "x" * 5000,
        "nul\0",
    ):
        with pytest.raises(MissingCredential, match="is no file") as caught:
            client_certificate([secured(SCHEME)], {"tls": given})
        assert "PRIVATE" not in str(caught.value)
        assert "s3cret" not in str(caught.value)


def test_a_certificate_that_nobody_may_read_is_named(files, tmp_path) -> None:
    with pytest.raises(MissingCredential, match=r"cannot be used|cannot be read"):
        client_certificate(
            [secured(SCHEME)], {"tls": {"cert": files / "cert.pem", "key": Path("/proc/self/mem")}}
        )


def test_two_schemes_with_different_certificates_need_two_clients(files) -> None:
    tool = secured(SCHEME, SecurityScheme("other", "mutualTLS"))
    with pytest.raises(MissingCredential, match="connect once for each"):
        client_certificate(
            [tool],
            {
                "tls": str(files / "both.pem"),
                "other": (str(files / "cert.pem"), str(files / "key.pem")),
            },
        )
