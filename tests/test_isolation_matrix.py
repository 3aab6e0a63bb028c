"""Every route of the program, against every caller that must not get in or must not see.

The rows are held against the route table of the binary: a route without a row fails.
"""

import base64
import json
import re
import time
import uuid

import pytest

from support import BINARY, HARMLESS, JWT_SECRET, UUID, basic, jwt, sentence_of, unique

# Method, path, body. `{decision}`, `{context}`, `{tenant}`, `{static}` and `{dynamic}` are filled with
# what belongs to acme.
ROUTES = [
    ("POST", "/api/policy/pre-check", {"query": "x", "tenant_id": "{tenant}"}),
    ("POST", "/api/audit/llm-call", {
        "context_id": "{context}", "provider": "openai", "model": "gpt-4",
        "token_usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}),
    ("POST", "/api/v1/decide", {
        "stage": "llm", "query": "x", "caller_identity": {"tenant_id": "{tenant}"}}),
    ("POST", "/api/policies/test", {"query": "x"}),
    ("POST", "/api/v1/mcp/check-input", {
        "connector_type": "postgres", "statement": "x", "tenant_id": "{tenant}"}),
    ("POST", "/api/request", {
        "query": "x", "request_type": "chat", "skip_llm": True, "tenant_id": "{tenant}"}),
    ("GET", "/v1/models", None),
    ("POST", "/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}),
    ("POST", "/v1/completions", {"model": "gpt-4o", "prompt": "x"}),
    ("POST", "/v1/responses", {"model": "gpt-4o", "input": "x"}),
    ("POST", "/v1/embeddings", {"model": "gpt-4o", "input": "x"}),
    ("POST", "/v1/messages", {
        "model": "claude-3-5-sonnet-latest", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}),
    ("POST", "/v1/messages/count_tokens", {
        "model": "claude-3-5-sonnet-latest", "messages": [{"role": "user", "content": "x"}]}),
    ("GET", "/api/v1/decisions", None),
    ("GET", "/api/v1/decisions/{decision}/explain", None),
    ("POST", "/api/v1/audit/search", {"decision_id": "{decision}"}),
    ("GET", "/api/v1/audit/tenant/{tenant}", None),
    ("GET", "/api/v1/audit/chains/{decision}/verify", None),
    ("GET", "/api/v1/audit/records/{decision}/verify", None),
    ("GET", "/api/v1/audit/records/{decision}/receipt", None),
    ("GET", "/api/v1/audit/signing-key", None),
    ("GET", "/api/v1/audit/log?tenant_id={tenant}", None),
    ("GET", "/api/v1/audit/log/checkpoint?tenant_id={tenant}", None),
    ("GET", "/api/v1/audit/log/consistency?tenant_id={tenant}", None),
    ("GET", "/api/v1/budgets", None),
    ("POST", "/api/v1/budgets", {
        "id": "matrix-probe", "name": "Matrix", "scope": "agent", "scope_id": "matrix", "limit_usd": 1, "period": "daily"}),
    ("POST", "/api/v1/budgets/check", {}),
    ("GET", "/api/v1/budgets/{budget}", None),
    ("PUT", "/api/v1/budgets/{budget}", {"limit_usd": 2}),
    ("GET", "/api/v1/budgets/{budget}/status", None),
    ("GET", "/api/v1/budgets/{budget}/alerts", None),
    ("DELETE", "/api/v1/budgets/{budget}", None),
    ("GET", "/api/v1/usage", None),
    ("GET", "/api/v1/usage/breakdown", None),
    ("GET", "/api/v1/usage/records", None),
    ("GET", "/api/v1/pricing", None),
    ("GET", "/api/v1/static-policies", None),
    ("POST", "/api/v1/static-policies", {
        "name": "Matrix", "pattern": "wmatrixstatic", "category": "sensitive-data", "action": "log"}),
    ("GET", "/api/v1/static-policies/effective", None),
    ("POST", "/api/v1/static-policies/test", {"pattern": "x", "inputs": ["x"]}),
    ("GET", "/api/v1/static-policies/overrides", None),
    ("GET", "/api/v1/static-policies/{static}", None),
    ("PUT", "/api/v1/static-policies/{static}", {"priority": 3}),
    ("PATCH", "/api/v1/static-policies/{static}", {"enabled": True}),
    ("GET", "/api/v1/static-policies/{static}/versions", None),
    ("POST", "/api/v1/static-policies/sys_pii_dob/override", {
        "action_override": "warn", "override_reason": "for the matrix"}),
    ("GET", "/api/v1/static-policies/sys_pii_dob/override", None),
    ("DELETE", "/api/v1/static-policies/sys_pii_dob/override", None),
    ("DELETE", "/api/v1/static-policies/{static}", None),
    ("GET", "/api/v1/policy-overrides", None),
    ("GET", "/api/v1/unified-policies", None),
    ("GET", "/api/v1/unified-policies/{dynamic}", None),
    ("GET", "/api/v1/effective-policies", None),
    ("GET", "/api/v1/templates", None),
    ("GET", "/api/v1/templates/categories", None),
    ("GET", "/api/v1/templates/stats", None),
    ("GET", "/api/v1/templates/tpl_block_terms", None),
    ("POST", "/api/v1/templates/tpl_cost_alert/apply", {"policy_name": "Matrix costs"}),
    ("GET", "/api/v1/overrides", None),
    ("POST", "/api/v1/overrides", {
        "policy_id": "sys_pii_dob", "policy_type": "static", "override_reason": "matrix"}),
    ("GET", "/api/v1/overrides/{session}", None),
    ("DELETE", "/api/v1/overrides/{session}", None),
    ("GET", "/api/v1/detection-posture", None),
    ("PUT", "/api/v1/detection-posture", {"high_risk": "warn"}),
    ("DELETE", "/api/v1/detection-posture/high_risk", None),
    ("GET", "/api/v1/policies/dynamic", None),
    ("POST", "/api/v1/policies/test", {"query": "x"}),
    ("POST", "/api/v1/policies/simulate", {"query": "x"}),
    ("POST", "/api/v1/policies/impact-report", {
        "policy_id": "{dynamic}", "inputs": [{"query": "x"}]}),
    ("POST", "/api/v1/policies/conflicts", {"policy_id": "{dynamic}"}),
    ("POST", "/api/v1/policies/backtest", {"draft": {}}),
]
for prefix in ("/api/v1/tenant-policies", "/api/v1/dynamic-policies", "/api/v1/policies"):
    rule = {"name": "Matrix rule", "type": "content", "category": "dynamic-security",
            "conditions": [{"field": "query", "operator": "contains", "value": "wmatrixdynamic"}],
            "actions": [{"type": "log"}]}
    thing = "{" + prefix.rsplit("/", 1)[1].replace("-", "_") + "}"
    ROUTES += [
        ("GET", prefix, None), ("POST", prefix, rule), ("POST", prefix + "/import", {"policies": [rule]}),
        ("GET", prefix + "/export", None), ("GET", prefix + "/effective", None),
        ("GET", f"{prefix}/{thing}", None), ("PUT", f"{prefix}/{thing}", {"priority": 3}),
        ("PATCH", f"{prefix}/{thing}", {"enabled": True}),
        ("POST", f"{prefix}/{thing}/test", {"query": "x"}),
        ("GET", f"{prefix}/{thing}/versions", None), ("DELETE", f"{prefix}/{thing}", None)]
# Rows of a policy or override that belongs to acme: for globex they do not exist.
OWNED = ("{budget}", "{static}", "{dynamic}", "{session}", "{tenant_policies}", "{dynamic_policies}", "{policies}")
# Rows that need more than a client credential: authority over the organization, or a person.
AS_ADMIN = ("/api/v1/overrides", "/api/v1/detection-posture")
OPEN = ["/health", "/livez", "/readyz", "/metrics", "/prometheus"]
# Rows that answer for a model: the server of this suite has no provider, so their owner hears that.
WITH_PROVIDER = ("/v1/chat/", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/messages")

# Who has no credential of a client, or a wrong one, or one in a form that is none.
REFUSED = ["none", "empty", "wrong secret", "secret of another", "disabled", "unknown", "bearer", "api key",
           "licence", "token alone", "headers"]
# Who has a good credential of another tenant or of another organization.
FOREIGN = ["tenant", "tenant admin", "tenant viewer", "tenant with headers", "organization", "organization admin",
           "namesake", "namesake admin"]
NEW_CLIENT_SECONDS_MAX = 10


def table():
    import subprocess

    listed = subprocess.run([str(BINARY), "routes", "-o", "json"], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(listed.stdout)["routes"]


def fits(template, path):
    pattern = "[^/]+".join(re.escape(part) for part in template.split("{id}"))
    return re.fullmatch(pattern, path.split("?")[0]) is not None


def route_of(routes, method, path):
    """As the server finds it: a path without an id counts before one with."""
    found = [route for route in routes if route["method"] == method and fits(route["path"], path)]
    return min(found, key=lambda route: "{id}" in route["path"], default=None)


def test_every_route_has_a_row_and_every_row_a_route():
    routes = table()
    assert len(routes) > 80
    rows = [(method, path) for method, path, _ in ROUTES] + [("GET", path) for path in OPEN]
    found = [route_of(routes, method, path) for method, path in rows]
    assert [row for row, route in zip(rows, found) if route is None] == []
    covered = {(route["method"], route["path"]) for route in found}
    assert [route for route in routes if (route["method"], route["path"]) not in covered] == []
    assert {route["path"] for route in routes if route["credential"] == "none"} == set(OPEN)


@pytest.fixture(scope="module")
def acme_things(enterprise):
    auth, marker = enterprise.acme.basic, uuid.uuid4().hex
    return {
        "decision": enterprise.decide(unique(HARMLESS), auth=auth)["decision_id"],
        "context": enterprise.pre_check(unique(HARMLESS), auth=auth)["context_id"],
        "tenant": "acme",
        "marker": marker,
        **policies_of_acme(enterprise, marker),
    }


@pytest.fixture(scope="module")
def strangers(enterprise):
    """Clients of another organization, one of them in a tenant with acme's name; a disabled one of acme."""
    def made(tenant, organization=None):
        environment = {"ORG_ID": organization} if organization else {}
        done = enterprise.run("client", "create", "--tenant", tenant, "-o", "json", environment=environment)
        client = json.loads(done.stdout)
        return basic(client["client_id"], client["client_secret"]), client["client_id"]

    (stranger, _), (namesake, _) = made("stranger", "other-org"), made("acme", "other-org")
    disabled, client_id = made("acme")
    enterprise.run("client", "disable", client_id)
    end = time.monotonic() + NEW_CLIENT_SECONDS_MAX
    while [enterprise.get("/api/v1/templates", auth=auth).status for auth in (stranger, namesake, disabled)] != [200, 200, 403]:
        assert time.monotonic() < end, "the new clients are not known"
        time.sleep(0.05)
    return {"organization": stranger, "namesake": namesake, "disabled": disabled}


def admin_of(tenant, role="admin"):
    claims = {"tenant_id": tenant, "email": f"root@{tenant}.example", "role": role}
    return {"X-User-Token": jwt({**claims, "exp": 4102444800}, JWT_SECRET)}


def policies_of_acme(enterprise, marker):
    def made(path, body, headers=None):
        body = {**body, "name": f"{body['name']} {marker}"} if "name" in body else body
        answer = enterprise.post(path, body, auth=enterprise.acme.basic, headers=headers).json()
        return answer.get("policy", answer)["id"]

    bodies = {path: body for method, path, body in ROUTES if method == "POST"}
    static, session = "/api/v1/static-policies", "/api/v1/overrides"
    rules = {name: made(f"/api/v1/{name.replace('_', '-')}", bodies[f"/api/v1/{name.replace('_', '-')}"])
             for name in ("tenant_policies", "dynamic_policies", "policies")}
    budget = made("/api/v1/budgets", {**bodies["/api/v1/budgets"], "id": f"matrix-{marker}"})
    return {**rules, "budget": budget, "static": made(static, bodies[static]),
            "dynamic": made("/api/v1/tenant-policies", bodies["/api/v1/tenant-policies"]),
            "session": made(session, bodies[session], admin_of("acme"))}


def headers_for(tenant, path):
    return admin_of(tenant) if path.startswith(AS_ADMIN) else None


def refused(caller, enterprise, strangers):
    """Headers and credential of a caller that has none."""
    acme, spoofed = enterprise.acme, {"X-Tenant-ID": "acme", "X-Client-ID": enterprise.acme.client_id,
                                      "X-Org-ID": enterprise.acme.org_id}
    forged = "AXON-" + base64.urlsafe_b64encode(json.dumps(
        {"tier": "ENT", "org_id": acme.org_id, "expires_at": "20991231"}).encode()).rstrip(b"=").decode() + "." + "A" * 86
    return {
        "none": (None, None), "empty": (None, basic("", "")),
        "wrong secret": (None, basic(acme.client_id, "x")),
        "secret of another": (None, basic(acme.client_id, enterprise.globex.client_secret)),
        "disabled": (None, strangers["disabled"]),
        "unknown": (None, basic("nobody", "x")), "bearer": (None, f"Bearer {acme.client_id}:x"),
        "api key": ({"X-API-Key": f"{acme.client_id}:x"}, None),
        "licence": ({"X-License-Key": forged}, basic("acme", forged)),
        "token alone": (admin_of("acme"), None), "headers": (spoofed, None)}[caller]


def foreign(caller, enterprise, strangers, path):
    globex, acme = enterprise.globex.basic, enterprise.acme
    spoofed = {"X-Tenant-ID": "acme", "X-Org-ID": acme.org_id, "X-Client-ID": acme.client_id}
    tenant, auth = {"tenant": ("globex", globex), "organization": ("stranger", strangers["organization"]),
                    "namesake": ("acme", strangers["namesake"])}[caller.split()[0]]
    if caller.endswith("admin"):
        return admin_of(tenant), auth
    if caller.endswith("viewer"):
        return admin_of(tenant, "viewer"), auth
    if caller.endswith("headers"):
        return spoofed, auth
    return headers_for(tenant, path), auth


def fill(value, things):
    if isinstance(value, str):
        return value.format(**things)
    if isinstance(value, dict):
        return {key: fill(part, things) for key, part in value.items()}
    return value


def absent(things):
    """Names of the same form as those of acme, of nothing that there is."""
    turned = str.maketrans("0123456789abcdef", "123456789abcdef0")
    return {name: value[:-12] + value[-12:].translate(turned) if name != "tenant" else "ecma"
            for name, value in things.items()}


def comparable(answer, things):
    """Without what names the object, the request, or the time of the answer."""
    text = answer.body.decode()
    for value in things.values():
        text = text.replace(value, "<name>")
    text = re.sub(UUID.pattern.strip("^$"), "<uuid>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z?", "<time>", text)
    return answer.status, text


def state_of(enterprise, things):
    """What the owner sees of what belongs to acme."""
    def read(path, headers=None):
        answer = enterprise.get(path, headers=headers, auth=enterprise.acme.basic)
        return answer.status, answer.body

    return [read("/api/v1/static-policies/" + things["static"]), read("/api/v1/tenant-policies/" + things["dynamic"]),
            *(read(f"/api/v1/tenant-policies/{things[name]}") for name in ("tenant_policies", "dynamic_policies", "policies")),
            read("/api/v1/overrides/" + things["session"], admin_of("acme")),
            read("/api/v1/static-policies/overrides"), read("/api/v1/budgets/" + things["budget"])]


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_without_a_credential_nothing_answers(enterprise, acme_things, strangers, method, path, body):
    for caller in REFUSED:
        headers, auth = refused(caller, enterprise, strangers)
        answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things), headers, auth)
        # The secret of a disabled client is right: it is told so.
        assert answer.status == (403 if caller == "disabled" else 401), (caller, answer)
        sentence_of(answer.body)
        assert acme_things["decision"].encode() not in answer.body, caller
        assert acme_things["marker"].encode() not in answer.body, caller


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_nobody_else_gets_or_changes_anything_of_acme(enterprise, acme_things, strangers, method, path, body):
    before = state_of(enterprise, acme_things) if method != "GET" else None
    sent = f"{path} {body}"
    for caller in FOREIGN:
        headers, auth = foreign(caller, enterprise, strangers, path)
        answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things), headers, auth)
        why = (caller, answer)
        named_so_too = caller.startswith("namesake")
        if any(mark in path for mark in OWNED):
            # 401 and 403: a route that wants a person's token as well, or more than this one's role.
            assert answer.status == 404 or (answer.status in (401, 403) and caller != "tenant"), why
        if "{tenant}" in sent and not named_so_too or "{context}" in sent:
            assert answer.status in (400, 403, 404), why
        if "explain" in path or "/chains/" in path or "/records/" in path:
            assert answer.status == 404 or (answer.status == 403 and caller != "tenant"), why
        for name, value in acme_things.items():
            if "{" + name + "}" not in sent and name != "tenant":
                assert value.encode() not in answer.body, (name, why)
        assert enterprise.acme.client_id.encode() not in answer.body, why
        if not named_so_too:
            assert b'"acme"' not in answer.body, why
        if "search" in path:
            assert answer.json()["entries"] == [], why
        missing = absent(acme_things)
        other = enterprise.request(method, fill(path, missing), fill(body, missing), headers, auth)
        if "{" in path and "{tenant}" not in sent:
            assert comparable(answer, acme_things) == comparable(other, missing), caller
    if before is not None:
        assert state_of(enterprise, acme_things) == before


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_the_owner_gets_in(enterprise, acme_things, method, path, body):
    answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things),
                                headers_for("acme", path), enterprise.acme.basic)
    if path.startswith(WITH_PROVIDER):
        assert answer.status in (404, 503), answer
    else:
        assert answer.status in (200, 201, 204), answer


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_name_no_tenant(enterprise, path):
    answer = enterprise.get(path)
    assert answer.status == 200
    for secret in (enterprise.acme.client_id, enterprise.acme.client_secret, "globex"):
        assert secret.encode() not in answer.body
