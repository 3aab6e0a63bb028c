"""Who may call, what a caller may claim, and that tenants are apart."""

import json
import time

import pytest

from support import (HARMLESS, JWT_SECRET, ROOT, WITH_SQLI, basic, body_of, http_request, jwt, sentence_of,
                     status_of, unique)

PRE_CHECK = "/api/policy/pre-check"
DECIDE = "/api/v1/decide"
FOREVER = 4102444800


def ask(server, auth=None, headers=None, path=PRE_CHECK, **members):
    body = {"query": unique(HARMLESS), **members}
    if path == DECIDE:
        body["stage"] = "llm"
    return server.post(path, body, auth=auth, headers=headers)


@pytest.mark.parametrize("path", [PRE_CHECK, DECIDE])
@pytest.mark.parametrize("auth", [
    None, "", "Basic", "Basic ", "Basic !!!", "Basic Y29sb25sZXNz", "Bearer abc", "Digest x",
    basic("", ""), basic("acme", ""), basic("", "secret")])
def test_missing_or_half_credentials_are_401_with_a_challenge(enterprise, path, auth):
    answer = ask(enterprise, auth, path=path)
    assert answer.status == 401, answer
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json()["error"]["code"] == 401
    assert sentence_of(answer.body)


@pytest.mark.parametrize("path", [PRE_CHECK, DECIDE])
def test_unknown_client_and_wrong_secret_answer_the_same_bytes(enterprise, path):
    wrong = ask(enterprise, basic(enterprise.acme.client_id, "axs_wrong"), path=path)
    unknown = ask(enterprise, basic("nobody-here", "axs_wrong"), path=path)
    foreign = ask(enterprise, basic(enterprise.acme.client_id, enterprise.globex.client_secret), path=path)
    assert wrong.status == unknown.status == foreign.status == 401
    assert wrong.body == unknown.body == foreign.body
    assert "Authentication failed" in sentence_of(wrong.body)


@pytest.mark.parametrize("members", [
    {"client_id": "globex-client"}, {"tenant_id": "globex"}, {"org_id": "another-org"}])
def test_body_that_names_somebody_else_is_403(enterprise, members):
    answer = ask(enterprise, enterprise.acme.basic, **members)
    assert answer.status == 403, answer
    # The official client reads 403 as JSON and breaks on anything else.
    sentence_of(answer.body)


@pytest.mark.parametrize("identity", [{"tenant_id": "globex"}, {"org_id": "another-org"}])
def test_decide_for_another_tenant_is_403_denied_and_recorded(enterprise, identity):
    answer = ask(enterprise, enterprise.acme.basic, path=DECIDE, caller_identity=identity)
    assert answer.status == 403
    shape = answer.json()
    assert shape["verdict"] == "deny"
    (entry,) = enterprise.search(
        auth=enterprise.acme.basic, decision_id=shape["decision_id"])["entries"]
    assert entry["tenant_id"] == "acme"
    policy = "tenant_impersonation" if "tenant_id" in identity else "org_impersonation"
    assert policy in json.dumps(entry)


@pytest.mark.parametrize("members", [
    {"client_id": ""}, {"tenant_id": ""}, {"client_id": None},
    {"client_id": "own"}, {"tenant_id": "own"}, {"org_id": "own"}])
def test_body_may_repeat_its_own_identity_or_leave_it_empty(enterprise, members):
    own = {"client_id": enterprise.acme.client_id, "tenant_id": "acme", "org_id": enterprise.acme.org_id}
    sent = {k: own[k] if v == "own" else v for k, v in members.items()}
    assert ask(enterprise, enterprise.acme.basic, **sent).status == 200


SPOOFED = {
    "X-Tenant-ID": "globex", "X-Org-ID": "another-org", "X-Client-ID": "globex-client",
    "X-User-ID": "7", "X-User-Email": "root@globex.example", "X-User-Role": "admin",
    "X-Organization-ID": "another-org", "X-Forwarded-For": "10.0.0.1",
    "X-Axonflow-Read-Scope": "tenant", "X-Axonflow-Proxy-Auth": "x",
    "X-Internal-Service-ID": "orchestrator-internal", "X-Internal-Service-Token": "AXON-INTERNAL-0-0",
}


def test_spoofed_headers_change_neither_record_nor_scope(enterprise):
    answer = ask(enterprise, enterprise.acme.basic, SPOOFED)
    assert answer.status == 200
    decision = answer.json()["decision_id"]
    (entry,) = enterprise.search(auth=enterprise.acme.basic, headers=SPOOFED, decision_id=decision)["entries"]
    assert entry["tenant_id"] == "acme"
    assert entry["org_id"] == enterprise.acme.org_id
    assert entry["client_id"] == enterprise.acme.client_id
    assert "globex" not in json.dumps(entry)
    assert enterprise.search(auth=enterprise.globex.basic, headers={
        "X-Tenant-ID": "acme"}, decision_id=decision)["total"] == 0


SPOOFS = json.loads((ROOT / "tests/header_spoofing.json").read_text())


@pytest.mark.parametrize("headers", SPOOFS, ids=lambda headers: ",".join(headers))
def test_header_that_claims_an_identity_has_no_effect(enterprise, headers):
    # Without a credential it is none, and with one it changes neither the record nor what is read.
    assert ask(enterprise, None, headers).status == 401
    theirs = ask(enterprise, enterprise.globex.basic).json()["decision_id"]
    answer = ask(enterprise, enterprise.acme.basic, headers)
    assert answer.status == 200, answer
    decision = answer.json()["decision_id"]
    (entry,) = enterprise.search(auth=enterprise.acme.basic, decision_id=decision)["entries"]
    client = enterprise.acme.client_id
    assert (entry["tenant_id"], entry["org_id"], entry["client_id"], entry["user_email"]) == (
        "acme", enterprise.acme.org_id, client, f"{client}@axonflow.local")
    assert "globex" not in json.dumps(entry)
    assert enterprise.search(auth=enterprise.acme.basic, headers=headers, decision_id=theirs)["total"] == 0
    foreign = enterprise.get("/api/v1/audit/tenant/globex", auth=enterprise.acme.basic, headers=headers)
    assert foreign.status == 403
    changed = enterprise.request(
        "PUT", "/api/v1/detection-posture", {"high_risk": "warn"}, headers, enterprise.acme.basic)
    assert changed.status == 403, changed


def test_spoofed_headers_are_no_credential(enterprise):
    assert ask(enterprise, None, SPOOFED).status == 401


def test_tenants_do_not_see_each_other(enterprise):
    a, b = enterprise.acme.basic, enterprise.globex.basic
    decision = enterprise.decide(unique(WITH_SQLI), auth=a)["decision_id"]
    assert enterprise.search(auth=a, decision_id=decision)["total"] == 1
    assert enterprise.search(auth=b, decision_id=decision)["total"] == 0
    assert enterprise.search(auth=b, client_id=enterprise.acme.client_id)["total"] == 0
    assert all(e["tenant_id"] == "globex" for e in enterprise.search(auth=b, limit=1000)["entries"])
    listed = enterprise.get("/api/v1/decisions", auth=b).json()["decisions"]
    assert decision not in {d["decision_id"] for d in listed}


def test_foreign_decision_and_unknown_decision_answer_the_same_bytes(enterprise):
    decision = enterprise.decide(unique(WITH_SQLI), auth=enterprise.acme.basic)["decision_id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    foreign = enterprise.get(f"/api/v1/decisions/{decision}/explain", auth=enterprise.globex.basic)
    missing = enterprise.get(f"/api/v1/decisions/{unknown}/explain", auth=enterprise.globex.basic)
    assert foreign.status == missing.status == 404
    assert foreign.body.replace(decision.encode(), b"") == missing.body.replace(unknown.encode(), b"")
    assert foreign.headers.get("x-axonflow-read-scope") == missing.headers.get("x-axonflow-read-scope")


@pytest.mark.parametrize("tenant", ["globex", "no-such-tenant"])
def test_log_of_another_tenant_is_403_whether_it_exists_or_not(enterprise, tenant):
    answer = enterprise.get(f"/api/v1/audit/tenant/{tenant}", auth=enterprise.acme.basic)
    assert answer.status == 403
    sentence_of(answer.body)


def becomes(probe, status, seconds=3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if probe().status == status:
            return True
        time.sleep(0.05)
    return False


def test_clients_are_made_rotated_and_disabled_while_the_server_runs(enterprise):
    made = enterprise.create_client("initech")
    assert ask(enterprise, made.basic).status == 200 or becomes(lambda: ask(enterprise, made.basic), 200)

    rotated = json.loads(enterprise.run("client", "rotate", made.client_id, "-o", "json").stdout)
    new = basic(made.client_id, rotated["client_secret"])
    assert rotated["client_secret"] != made.client_secret
    assert becomes(lambda: ask(enterprise, made.basic), 401)
    assert ask(enterprise, new).status == 200

    enterprise.run("client", "disable", made.client_id)
    assert becomes(lambda: ask(enterprise, new), 403)
    refused = ask(enterprise, new)
    sentence_of(refused.body)
    # Whoever does not know the secret does not learn that the client exists.
    assert ask(enterprise, basic(made.client_id, "axs_wrong")).status == 401


def test_disabled_tenant_is_shut_out(enterprise):
    made = enterprise.create_client("hooli")
    assert becomes(lambda: ask(enterprise, made.basic), 200)
    enterprise.run("tenant", "disable", "hooli")
    assert becomes(lambda: ask(enterprise, made.basic), 403)


def test_secret_is_stored_and_listed_nowhere(enterprise):
    secret = enterprise.acme.client_secret
    listed = enterprise.run("client", "list", "-o", "json").stdout
    assert enterprise.acme.client_id in listed and secret not in listed
    for path in enterprise.data_dir.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert secret not in enterprise.log()


CLAIMS = {"tenant_id": "acme", "email": "dora@acme.example", "role": "admin", "exp": FOREVER}


@pytest.mark.parametrize("token, status", [
    (jwt(CLAIMS, JWT_SECRET), 200),
    ("", 200), ("anonymous", 200),
    (jwt(CLAIMS, "wrong-secret"), 401),
    (jwt(CLAIMS, ""), 401),
    (jwt(CLAIMS, JWT_SECRET, {"alg": "none"}), 401),
    (jwt(CLAIMS, JWT_SECRET, {"alg": "none"}).rsplit(".", 1)[0] + ".", 401),
    (jwt(CLAIMS, JWT_SECRET, {"alg": "HS512", "typ": "JWT"}), 401),
    (jwt(CLAIMS, JWT_SECRET, {"alg": "RS256", "typ": "JWT"}), 401),
    (jwt({**CLAIMS, "exp": 1000}, JWT_SECRET), 401),
    (jwt({**CLAIMS, "nbf": FOREVER - 1}, JWT_SECRET), 401),
    (jwt({**CLAIMS, "tenant_id": "globex"}, JWT_SECRET), 403),
    ("not.a.token", 401), ("admin-token", 401), ("a" * 10000, 401), ("..", 401),
])
def test_user_token_is_verified(enterprise, token, status):
    for path in (PRE_CHECK, DECIDE):
        answer = ask(enterprise, enterprise.acme.basic, path=path, user_token=token)
        assert answer.status == status, (path, answer)


def ask_with_header_lines(server, auth, *lines):
    """Sends header lines as they are, repeats included, and returns the raw answer."""
    body = json.dumps({"query": unique(HARMLESS)}).encode()
    return server.raw(http_request("POST", PRE_CHECK, body, ["Content-Type: application/json", *lines], auth))


REPEATED = [
    ("X-User-Token: anonymous", "X-User-Token: not.a.token"),
    ("X-User-Token: anonymous", "x-user-token: " + jwt(CLAIMS, JWT_SECRET)),
    ("X-User-Token: " + jwt(CLAIMS, JWT_SECRET), "X-User-Token: anonymous"),
    ("X-User-Email: a@acme.example", "X-User-Email: b@acme.example"),
    ("X-Session-Id: 1", "x-session-id: 2"),
]


@pytest.mark.parametrize("lines", REPEATED)
def test_repeated_identity_header_is_refused(enterprise, community, lines):
    for server, auth in ((enterprise, enterprise.acme.basic), (community, None)):
        received = ask_with_header_lines(server, auth, *lines)
        assert status_of(received) == 400, received
        sentence_of(body_of(received))
        # Each of the two alone is nothing to object to, or is refused for what it says.
        assert status_of(ask_with_header_lines(server, auth, lines[0])) == 200


def test_repeated_authorization_is_refused(enterprise, community):
    line = "Authorization: " + enterprise.globex.basic
    assert status_of(ask_with_header_lines(enterprise, enterprise.acme.basic, line)) == 401
    assert status_of(ask_with_header_lines(community, basic("shop", ""), line)) == 400


@pytest.mark.parametrize("token, status, policy", [
    ("not.a.token", 401, "user_token_rejected"),
    (jwt({**CLAIMS, "tenant_id": "globex"}, JWT_SECRET), 403, "tenant_mismatch")])
def test_refused_user_token_header_is_recorded_for_the_client(enterprise, token, status, policy):
    seen = {e["id"] for e in enterprise.search(auth=enterprise.acme.basic, limit=1000)["entries"]}
    assert ask(enterprise, enterprise.acme.basic, {"X-User-Token": token}).status == status
    fresh = [e for e in enterprise.search(auth=enterprise.acme.basic, limit=1000)["entries"]
             if e["id"] not in seen]
    (entry,) = fresh
    assert entry["tenant_id"] == "acme"
    assert entry["client_id"] == enterprise.acme.client_id
    assert policy in json.dumps(entry)


def test_new_secret_holds_soon_after_a_rotation(enterprise):
    made = enterprise.create_client("umbrella")
    assert becomes(lambda: ask(enterprise, made.basic), 200)
    rotated = json.loads(enterprise.run("client", "rotate", made.client_id, "-o", "json").stdout)
    assert becomes(lambda: ask(enterprise, basic(made.client_id, rotated["client_secret"])), 200, seconds=1)


def test_token_without_tenant_is_refused(enterprise):
    claims = {k: v for k, v in CLAIMS.items() if k != "tenant_id"}
    answer = ask(enterprise, enterprise.acme.basic, user_token=jwt(claims, JWT_SECRET))
    assert answer.status in (401, 403)


def test_verified_user_is_recorded_not_the_asserted_one(enterprise):
    answer = ask(enterprise, enterprise.acme.basic, {"X-User-Email": "boss@acme.example"},
                 user_token=jwt({**CLAIMS, "email": " Dora@ACME.example "}, JWT_SECRET),
                 user={"email": "boss@acme.example"})
    (entry,) = enterprise.search(
        auth=enterprise.acme.basic, decision_id=answer.json()["decision_id"])["entries"]
    assert entry["user_email"] == "dora@acme.example"


def test_identity_headers_attribute_only_when_they_are_trusted(make_server):
    server = make_server({"AXONFLOW_TRUST_IDENTITY_HEADERS": "true", "DEPLOYMENT_MODE": "enterprise"})
    acme = server.create_client("acme")
    server.start()
    headers = {"X-User-Email": " Eve@Acme.example ", "X-Session-Id": "s-1"}
    decision = ask(server, acme.basic, headers).json()["decision_id"]
    (entry,) = server.search(auth=acme.basic, session_id="s-1")["entries"]
    assert entry["decision_id"] == decision
    assert entry["user_email"] == "eve@acme.example"
    # What is no single address in UTF-8 names nobody.
    for n, email in enumerate([b"eve", b"eve@acme@globex", b"@acme.example", b"eve\xff@acme.example"]):
        body = json.dumps({"query": unique(HARMLESS)}).encode()
        request = http_request("POST", PRE_CHECK, body, [f"X-Session-Id: bad-{n}"], acme.basic)
        sent = request.replace(b"\r\n", b"\r\nX-User-Email: " + email + b"\r\n", 1)
        received = server.raw(sent)
        if status_of(received) == 400:
            continue  # the HTTP layer may refuse bytes that no header should hold
        (entry,) = server.search(auth=acme.basic, session_id=f"bad-{n}")["entries"]
        assert entry["user_email"] == f"{acme.client_id}@axonflow.local", email
    server.stop()


def test_community_names_the_client_from_basic_then_body_then_default(community):
    def client_of(auth=None, **members):
        decision = ask(community, auth, **members).json()["decision_id"]
        headers_auth = auth or (basic(members["client_id"], "") if members else None)
        (entry,) = community.search(auth=headers_auth, decision_id=decision)["entries"]
        return entry["client_id"], entry["tenant_id"], entry["user_email"]

    local = "local-dev@axonflow.local"
    assert client_of() == ("community", "community", local)
    assert client_of(client_id="shop") == ("shop", "shop", local)
    assert client_of(basic("desk", "")) == ("desk", "desk", local)


@pytest.mark.parametrize("client", ["a b", "x" * 200, "ü", "a\u0000b", "../etc", "a/b"])
def test_community_refuses_a_senseless_client_name(community, client):
    answer = ask(community, client_id=client)
    assert answer.status in (400, 403), answer
    sentence_of(answer.body)
