"""Planted secrets after a suite of requests: in no dump, no file, no log and no answer."""

import base64
import os
import time

import pytest

import postgres
from support import Server, basic, jwt, unique
from test_postgres import SETTINGS, pg  # noqa: F401

pytestmark = pytest.mark.skipif(
    not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run these tests"
)

PLANTED = {
    "signing secret": "planted-signing-secret-0123456789abcdef",
    "provider key": "sk-planted-provider-key-0123456789abcdefABCDEF",
    "key of a caller": "sk-planted-callers-key-0123456789abcdefABCDEF",
    "wrong secret": "planted-wrong-secret-0123456789abcdef",
}
KEY = os.urandom(32)  # one with a pattern is refused


def secret_file(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o400)
    return f"file:{path}"


class Suite:
    """A server, everything that it was told and everything that it answered."""

    def __init__(self, pg, make_server, folder):  # noqa: F811
        self.pg, self.database, self.answers = pg, pg.new_database(), []
        key = base64.b64encode(KEY).decode()
        self.server = make_server({
            **SETTINGS, "DATABASE_URL": pg.url(self.database), "LOG_LEVEL": "debug",
            "JWT_SECRET": secret_file(folder, "jwt", PLANTED["signing secret"]),
            "OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "AXONFLOW_EGRESS_ALLOW": "127.0.0.1",
            "OPENAI_API_KEY": secret_file(folder, "openai", PLANTED["provider key"]),
            "CONNECTOR_ENCRYPTION_KEYS": secret_file(folder, "ring", f"one:{key}")})
        self.acme = self.server.create_client("acme")
        self.token = jwt({"tenant_id": "acme", "email": "root@acme.example", "role": "admin", "exp": int(time.time()) + 600},
                         PLANTED["signing secret"])
        self.secrets = {**PLANTED, "client secret": self.acme.client_secret, "encryption key": key,
                        "user token": self.token.rsplit(".", 1)[1]}
        self.mark = unique("a question that is not secret")

    def run(self):
        self.server.start()
        own, wrong = self.acme.basic, basic(self.acme.client_id, PLANTED["wrong secret"])
        token = {"X-User-Token": self.token}
        spoiled = {"X-User-Token": self.token[:-1]}
        caller = {"X-Provider-Key": PLANTED["key of a caller"]}
        body = {"query": self.mark, "user_token": self.token}
        for auth in (own, wrong):
            self.ask("POST", "/api/policy/pre-check", body, None, auth)
            self.ask("POST", "/api/policy/pre-check", {**body, "user_token": self.token + "x"}, None, auth)
            self.ask("POST", "/api/v1/decide", {"stage": "llm", "query": self.mark}, token, auth)
            self.ask("POST", "/api/v1/overrides", {
                "policy_id": "sys_pii_dob", "policy_type": "static", "override_reason": "planted"}, token, auth)
            self.ask("POST", "/v1/chat/completions", {
                "model": "none", "messages": [{"role": "user", "content": self.mark}]}, caller, auth)
            for headers in (token, spoiled, caller):
                self.ask("GET", "/api/v1/decisions", None, headers, auth)
            self.ask("POST", "/api/v1/audit/search", {}, None, auth)
            self.ask("POST", "/api/policy/pre-check", b'{"user_token":"' + self.token.encode(), None, auth)
        self.ask("GET", "/api/v1/decisions", None, {"X-License-Key": PLANTED["wrong secret"]}, None)
        self.ask("GET", "/api/v1/decisions", None, None, "Bearer " + PLANTED["wrong secret"])
        for path in ("/health", "/metrics", "/prometheus", "/absent"):
            self.ask("GET", path, None, None, None)

    def ask(self, method, path, body, headers, auth):
        answer = self.server.request(method, path, body, headers, auth)
        self.answers.append(answer.body + repr(answer.headers).encode())
        return answer

    def forms(self):
        """Every secret as it may stand somewhere: plain, base64, hexadecimal, in a Basic credential."""
        for name, secret in self.secrets.items():
            plain = secret.encode()
            yield name, plain
            yield name + " as hexadecimal", plain.hex().encode()
            # Wherever in the text it begins; the ends depend on what stands beside it.
            for shift in range(3):
                yield name + " as base64", base64.b64encode(b"x" * shift + plain)[4 if shift else 0:-4]
        yield "encryption key as bytes", KEY

    def found_in(self, haystack):
        return [name for name, form in self.forms() if form in haystack]


@pytest.fixture(scope="module")
def suite(pg, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("planted")
    made = Suite(pg, lambda environment: Server(folder, environment), folder)
    made.run()
    yield made
    made.server.kill_if_running()


def test_no_dump_and_no_file_holds_a_planted_secret(suite):
    server = suite.server
    end = time.monotonic() + 15
    while server.search(auth=suite.acme.basic)["total"] < 3:
        assert time.monotonic() < end, "the records are not in the store"
        time.sleep(0.05)
    dump = suite.pg._call("pg_dump", "-d", suite.pg.url(suite.database, "postgres")).encode()
    assert suite.mark.encode() in dump or suite.mark.encode().hex().encode() in dump, "the dump holds what was asked"
    assert suite.found_in(dump) == []
    suite.pg.sql(suite.database, "CHECKPOINT", user="postgres")
    files = [path for root in (server.data_dir, suite.pg.data) for path in root.rglob("*") if path.is_file()]
    journal = b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())
    assert suite.mark.encode() in journal, "the journal holds what was asked"
    assert {str(path): found for path in files if (found := suite.found_in(path.read_bytes()))} == {}


def test_no_log_and_no_answer_holds_a_planted_secret(suite):
    log = suite.server.log_path.read_bytes()
    assert b"policies loaded" in log
    assert suite.found_in(log) == []
    assert suite.found_in((suite.pg.folder / "server.log").read_bytes()) == []
    assert len(suite.answers) > 20
    assert [found for answer in suite.answers if (found := suite.found_in(answer))] == []
