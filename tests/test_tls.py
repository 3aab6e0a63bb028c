"""The listener with a certificate: what it accepts, what it refuses, and new files while it serves."""

import datetime
import http.client
import json
import os
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support import HARMLESS, unique

RELOAD_SECONDS_MAX = 5


def pair(folder, name, issuer=None, serial=None):
    """Writes name.pem and name.key, signed by `issuer` or by itself; returns what signs others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(issuer[1].subject if issuer else subject)
               .public_key(key.public_key()).serial_number(serial or x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(hours=1))
               .not_valid_after(now + datetime.timedelta(hours=1))
               .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
               .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False))
    certificate = builder.sign(issuer[0] if issuer else key, hashes.SHA256())
    (folder / f"{name}.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    # In one step, as a renewing program does it.
    (folder / f"{name}.new").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    os.replace(folder / f"{name}.new", folder / f"{name}.pem")
    return key, certificate


def decide(server, context):
    link = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=10)
    link.request("POST", "/api/v1/decide", json.dumps({"stage": "llm", "query": unique(HARMLESS)}))
    answer = json.loads(link.getresponse().read())
    serial = link.sock and x509.load_der_x509_certificate(
        link.sock.getpeercert(binary_form=True)).serial_number
    link.close()
    return answer["verdict"], serial


@pytest.fixture
def tls(make_server, tmp_path):
    authority = pair(tmp_path, "authority")
    pair(tmp_path, "server", authority, serial=1)

    def start(**more):
        server = make_server({"AXONFLOW_TLS_CERT_FILE": str(tmp_path / "server.pem"),
                              "AXONFLOW_TLS_KEY_FILE": str(tmp_path / "server.key"), **more})
        server.start(wait=False)
        end = time.monotonic() + 20
        while "serving" not in server.log() and time.monotonic() < end:
            time.sleep(0.05)
        return server

    return start, tmp_path, authority


def trusting(folder):
    return ssl.create_default_context(cafile=str(folder / "authority.pem"))


def test_requests_are_judged_over_tls_and_not_in_clear_text(tls):
    start, folder, _ = tls
    server = start()
    assert decide(server, trusting(folder)) == ("allow", 1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            answer = link.recv(4096)
        except ConnectionError:
            answer = b""
        assert b"HTTP/" not in answer


def test_clients_without_a_certificate_of_the_authority_are_refused(tls):
    start, folder, authority = tls
    server = start(AXONFLOW_TLS_CLIENT_CA_FILE=str(folder / "authority.pem"))
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        decide(server, trusting(folder))
    pair(folder, "client", authority)
    context = trusting(folder)
    context.load_cert_chain(folder / "client.pem", folder / "client.key")
    assert decide(server, context)[0] == "allow"
    pair(folder, "stranger")
    context = trusting(folder)
    context.load_cert_chain(folder / "stranger.pem", folder / "stranger.key")
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        decide(server, context)


def test_a_renewed_certificate_is_used_without_a_restart(tls):
    start, folder, authority = tls
    server = start()
    assert decide(server, trusting(folder))[1] == 1
    pair(folder, "server", authority, serial=2)
    end = time.monotonic() + RELOAD_SECONDS_MAX
    while decide(server, trusting(folder))[1] != 2:
        assert time.monotonic() < end, server.log()
        time.sleep(0.1)


@pytest.mark.parametrize("change, sentence", [
    ({"AXONFLOW_TLS_KEY_FILE": None}, "go together"),
    ({"AXONFLOW_TLS_KEY_FILE": "/nowhere/server.key"}, "/nowhere/server.key"),
])
def test_half_a_pair_stops_the_start(make_server, tmp_path, change, sentence):
    pair(tmp_path, "server")
    environment = {"AXONFLOW_TLS_CERT_FILE": str(tmp_path / "server.pem"),
                   "AXONFLOW_TLS_KEY_FILE": str(tmp_path / "server.key"), **change}
    ended = make_server(environment).run("serve", check=False)
    assert ended.returncode == 2 and sentence in ended.stderr, ended.stderr
