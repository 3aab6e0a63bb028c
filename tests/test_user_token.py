"""User tokens of an identity provider, and that no public key ever works as a secret."""

import base64
import json
import subprocess
import time

import pytest

from support import HARMLESS, JWT_SECRET, Server, jwt, unique

PRE_CHECK = "/api/policy/pre-check"
ISSUER = "https://login.example"
FOREVER = 4102444800
CLAIMS = {"iss": ISSUER, "aud": "axonflow", "email": "dora@acme.example", "exp": FOREVER, "role": "admin"}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class RsaKey:
    """An RSA key of a provider, made by the openssl command."""

    def __init__(self, folder, kid):
        self.kid, self.path = kid, folder / f"{kid}.pem"
        self.openssl("genrsa", "-out", str(self.path), "2048")

    @staticmethod
    def openssl(*words, data=None):
        return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout

    @property
    def jwk(self):
        text = self.openssl("rsa", "-in", str(self.path), "-noout", "-modulus").decode()
        modulus = bytes.fromhex(text.strip().split("=", 1)[1])
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": encoded(modulus), "e": "AQAB"}

    @property
    def public_pem(self):
        return self.openssl("rsa", "-in", str(self.path), "-pubout").decode()

    def sign(self, claims, header=None):
        head = {"alg": "RS256", "kid": self.kid, "typ": "JWT", **(header or {})}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        signature = self.openssl("dgst", "-sha256", "-sign", str(self.path), data=text.encode())
        return f"{text}.{encoded(signature)}"


@pytest.fixture(scope="module")
def federated(tmp_path_factory):
    """A server that believes one identity provider and its own secret."""
    folder = tmp_path_factory.mktemp("federated")
    server = Server(folder, {
        "DEPLOYMENT_MODE": "enterprise", "JWT_SECRET": JWT_SECRET, "AXONFLOW_OIDC_ISSUER": ISSUER,
        "AXONFLOW_OIDC_AUDIENCE": "axonflow", "AXONFLOW_OIDC_JWKS_FILE": str(folder / "jwks.json")})
    server.key, server.stranger = RsaKey(folder, "one"), RsaKey(folder, "stranger")
    server.jwks = folder / "jwks.json"
    server.jwks.write_text(json.dumps({"keys": [server.key.jwk]}))
    server.acme = server.create_client("acme")
    server.globex = server.create_client("globex")
    server.start()
    yield server
    server.stop()


def ask(server, token, auth=None, in_header=False):
    body = {"query": unique(HARMLESS), **({} if in_header else {"user_token": token})}
    return server.post(PRE_CHECK, body, auth=auth or server.acme.basic,
                       headers={"X-User-Token": token} if in_header else None)


@pytest.mark.parametrize("in_header", [True, False])
def test_provider_token_names_the_user_and_gives_no_role(federated, in_header):
    answer = ask(federated, federated.key.sign(CLAIMS), in_header=in_header)
    assert answer.status == 200, answer
    decision = answer.json()["decision_id"]
    (entry,) = federated.search(auth=federated.acme.basic, decision_id=decision)["entries"]
    assert entry["user_email"] == "dora@acme.example"
    # The token says admin; the product does not take that from a provider.
    other = ask(federated, "").json()["decision_id"]
    headers = {"X-User-Token": federated.key.sign(CLAIMS)}
    assert federated.search(auth=federated.acme.basic, headers=headers, decision_id=decision)["total"] == 1
    assert federated.search(auth=federated.acme.basic, headers=headers, decision_id=other)["total"] == 0


@pytest.mark.parametrize("claims, header, status", [
    ({"tenant_id": "acme"}, {}, 200),
    ({"tenant_id": "globex"}, {}, 403),
    ({"org_id": "another-org"}, {}, 403),
    ({"iss": "https://evil.example"}, {}, 401),
    ({"aud": "another-app"}, {}, 401),
    ({"aud": ["axonflow", "b"]}, {}, 401),
    ({"aud": ["axonflow", "b"], "azp": "axonflow"}, {}, 200),
    ({"email_verified": False}, {}, 401),
    ({"email_verified": True}, {}, 200),
    ({"exp": 1000}, {}, 401),
    ({"nbf": FOREVER - 1}, {}, 401),
    ({}, {"kid": "two"}, 401),
    ({}, {"kid": "../one"}, 401),
    ({}, {"jku": "https://evil.example/jwks.json"}, 401),
    ({}, {"x5u": "https://evil.example/c.pem"}, 401),
    ({}, {"crit": ["exp"]}, 401),
    ({}, {"alg": "PS256"}, 401),
    ({}, {"alg": "RS512"}, 401)])
def test_provider_token_is_checked(federated, claims, header, status):
    assert ask(federated, federated.key.sign({**CLAIMS, **claims}, header)).status == status


def test_key_that_a_token_brings_along_is_not_used(federated):
    stranger = federated.stranger
    for header in ({"kid": "one"}, {"jwk": stranger.jwk}, {"kid": "one", "jwk": stranger.jwk}):
        assert ask(federated, stranger.sign(CLAIMS, header)).status == 401


def test_public_key_is_no_secret(federated):
    claims = {**CLAIMS, "tenant_id": "acme"}
    for secret in (federated.key.public_pem, federated.jwks.read_text(), federated.key.jwk["n"], ""):
        assert ask(federated, jwt(claims, secret)).status == 401
        assert ask(federated, jwt(claims, secret, {"alg": "RS256", "kid": "one"})).status == 401
    assert ask(federated, jwt(claims, JWT_SECRET)).status == 200
    assert ask(federated, jwt(claims, JWT_SECRET, {"alg": "RS256", "kid": "one"})).status == 401


def test_keys_are_rotated_without_a_restart(federated):
    fresh = RsaKey(federated.folder, "fresh")
    assert ask(federated, fresh.sign(CLAIMS)).status == 401
    federated.jwks.write_text(json.dumps({"keys": [federated.key.jwk, fresh.jwk]}))
    end = time.monotonic() + 5
    while ask(federated, fresh.sign(CLAIMS)).status != 200:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert ask(federated, federated.key.sign(CLAIMS)).status == 200


@pytest.mark.parametrize("missing", [
    "AXONFLOW_OIDC_ISSUER", "AXONFLOW_OIDC_AUDIENCE", "AXONFLOW_OIDC_JWKS_FILE"])
def test_serve_refuses_half_a_provider(federated, make_server, missing):
    settings = {name: federated.environment[name] for name in (
        "AXONFLOW_OIDC_ISSUER", "AXONFLOW_OIDC_AUDIENCE", "AXONFLOW_OIDC_JWKS_FILE")}
    done = make_server({"DEPLOYMENT_MODE": "enterprise", **settings, missing: None}).run(
        "serve", check=False)
    assert done.returncode != 0 and missing in done.stderr
