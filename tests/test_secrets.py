"""Secret references, encryption keys and core dumps, on the real binary."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import threading
import time

import pytest

import support

CLIENT_SECONDS_MAX = 5  # until a new client is known
SIGNING = "planted-signing-secret-0123456789abcdef"


def claims():
    return {"user_id": 7, "email": "ann@example.org", "name": "Ann", "role": "developer",
            "tenant_id": "shop", "exp": int(time.time()) + 600}


def check_tokens(server):
    """User tokens signed with SIGNING are accepted, and no others."""
    tenant = server.create_client("shop")
    end = time.monotonic() + CLIENT_SECONDS_MAX
    while server.post("/api/policy/pre-check", {"query": "hello"}, auth=tenant.basic).status != 200:
        assert time.monotonic() < end, "the new client is not known"
        time.sleep(0.05)

    def status(secret):
        body = {"query": "hello", "user_token": support.jwt(claims(), secret)}
        return server.post("/api/policy/pre-check", body, auth=tenant.basic).status

    assert status("another-secret-another-secret-12345") == 401
    assert status(SIGNING) == 200


class StandIn:
    """An HTTP server on loopback that answers with what `answer(handler, body)` returns."""

    def __init__(self, answer):
        outer = self
        self.requests = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                outer.requests += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, value = answer(self, body)
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_any

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


def vault(handler, body):
    if handler.path == "/v1/auth/approle/login":
        right = {"role_id": "role", "secret_id": "planted-secret-id"}
        if handler.command != "POST" or json.loads(body) != right:
            return 400, {"errors": ["invalid role or secret ID"]}
        return 200, {"auth": {"client_token": "planted-token", "lease_duration": 60}}
    if handler.headers["X-Vault-Token"] != "planted-token":
        return 403, {"errors": ["permission denied"]}
    if handler.path != "/v1/kv/data/axonflow/signing":
        return 404, {"errors": []}
    return 200, {"data": {"data": {"jwt": SIGNING}, "metadata": {"version": 1}}}


def aws(handler, body):
    """Checks the signature (version 4) from the request as it came, as the service does."""
    def refuse(why):
        return 400, {"__type": "InvalidSignatureException", "message": why}

    headers = {name.lower(): value for name, value in handler.headers.items()}
    if headers.get("x-amz-target") != "secretsmanager.GetSecretValue":
        return refuse("target")
    authorization = headers["authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 ")
    parts = dict(part.split("=", 1) for part in authorization[17:].split(", "))
    date = headers["x-amz-date"]
    stamp = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
    if abs(stamp - time.time()) > 300:
        return refuse("clock")
    scope = f"{date[:8]}/eu-west-1/secretsmanager/aws4_request"
    if parts["Credential"] != "AKIDTEST/" + scope:
        return refuse("scope")
    names = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-target"} <= set(names) or names != sorted(names):
        return refuse("headers")
    canonical = "\n".join(["POST", "/", "", *(f"{n}:{headers[n].strip()}" for n in names), "",
                           ";".join(names), hashlib.sha256(body).hexdigest()])
    key = b"AWS4planted-aws-secret"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    if hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() != parts["Signature"]:
        return refuse("signature")
    if json.loads(body) != {"SecretId": "prod/axonflow"}:
        return 400, {"__type": "ResourceNotFoundException"}
    return 200, {"SecretString": json.dumps({"jwt": SIGNING})}


def enterprise(**more):
    return {"DEPLOYMENT_MODE": "enterprise", "ORG_ID": "acme", **more}


def secret_file(folder, name, text, mode=0o400):
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return f"file:{path}"


def test_a_signing_secret_comes_from_a_file(make_server, tmp_path):
    server = make_server(enterprise(JWT_SECRET=secret_file(tmp_path, "jwt", SIGNING + "\n")))
    server.start()
    check_tokens(server)
    server.stop()
    assert "planted" not in server.log()


def test_a_signing_secret_comes_from_vault(make_server, tmp_path):
    with StandIn(vault) as stand_in:
        server = make_server(enterprise(
            JWT_SECRET="vault:kv/axonflow/signing#jwt", VAULT_ADDR=stand_in.url,
            VAULT_ROLE_ID="role", AXONFLOW_EGRESS_ALLOW="127.0.0.1",
            VAULT_SECRET_ID=secret_file(tmp_path, "vault-id", "planted-secret-id")))
        server.start()
        check_tokens(server)
        server.stop()
        assert "planted" not in server.log()


def test_a_signing_secret_comes_from_aws(make_server):
    with StandIn(aws) as stand_in:
        server = make_server(enterprise(
            JWT_SECRET="aws-sm:prod/axonflow#jwt", AWS_REGION="eu-west-1",
            AWS_ACCESS_KEY_ID="AKIDTEST", AWS_SECRET_ACCESS_KEY="planted-aws-secret",
            AXONFLOW_AWS_SECRETS_ENDPOINT=stand_in.url + "/", AXONFLOW_EGRESS_ALLOW="127.0.0.1"))
        server.start()
        check_tokens(server)
        server.stop()
        assert "planted" not in server.log()


def refusal(make_server, environment):
    server = make_server(environment)
    done = server.run("serve", check=False)
    assert done.returncode != 0
    text = done.stdout + done.stderr
    assert "planted" not in text
    return text


def test_a_vault_inside_is_not_reached_unasked(make_server):
    with StandIn(vault) as stand_in:
        text = refusal(make_server, enterprise(
            JWT_SECRET="vault:kv/axonflow/signing#jwt", VAULT_ADDR=stand_in.url,
            VAULT_ROLE_ID="role", VAULT_SECRET_ID="planted-secret-id"))
        assert "JWT_SECRET" in text and "egress refused" in text
        assert stand_in.requests == 0


@pytest.mark.parametrize("reference", ["env:AXON_ABSENT_VARIABLE", "file:/absent", "vault:kv/x#y",
                                       "aws-sm:x", "file:relative"])
def test_a_reference_that_leads_nowhere_stops_the_start(make_server, reference):
    assert "JWT_SECRET" in refusal(make_server, enterprise(JWT_SECRET=reference))


def test_a_file_that_others_read_stops_the_start(make_server, tmp_path):
    text = refusal(make_server, enterprise(
        JWT_SECRET=secret_file(tmp_path, "jwt", SIGNING, mode=0o644)))
    assert "JWT_SECRET" in text and "0400" in text


@pytest.mark.parametrize("key", [
    "planted", base64.b64encode(b"planted-sixteen!").decode(), base64.b64encode(bytes(32)).decode(),
    base64.b64encode(bytes(range(32))).decode()])
def test_a_bad_encryption_key_stops_the_start(make_server, key):
    assert "CONNECTOR_ENCRYPTION_KEY" in refusal(make_server,
                                                 enterprise(CONNECTOR_ENCRYPTION_KEY=key))


def test_core_dumps_are_off_and_the_memory_is_closed(make_server):
    server = make_server(enterprise())
    server.start()
    pid = server.process.pid
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        line = next(line for line in limits if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]
    # Of a process that is not dumpable these files belong to root, whoever runs it.
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    server.stop()


def test_keys_are_made_counted_and_changed(make_server):
    first = make_server(enterprise()).run("keys", "generate", "--id", "one").stdout.strip()
    name, _, key = first.partition(":")
    assert name == "one" and len(base64.b64decode(key, validate=True)) == 32
    server = make_server(enterprise(CONNECTOR_ENCRYPTION_KEYS=first))
    server.start()
    server.stop()
    status = json.loads(server.run("keys", "status", "-o", "json").stdout)
    assert status == {"keys": ["one"], "sealed": 0, "under_other_keys": 0, "plaintext": 0}
    rotated = json.loads(server.run("keys", "rotate", "-o", "json").stdout)
    assert rotated == {"key": "one", "sealed_anew": 0, "failed": 0}
    without = server.run("keys", "rotate", environment={"CONNECTOR_ENCRYPTION_KEYS": ""},
                         check=False)
    assert without.returncode != 0 and "ENCRYPTION_KEY_REQUIRED" in without.stderr
