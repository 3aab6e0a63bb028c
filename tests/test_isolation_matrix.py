"""Every route that needs a caller, against every caller that must not get in."""

import pytest

from support import HARMLESS, JWT_SECRET, basic, jwt, sentence_of, unique

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
OWNED = ("{static}", "{dynamic}", "{session}", "{tenant_policies}", "{dynamic_policies}", "{policies}")
# Rows that need more than a client credential: authority over the organization, or a person.
AS_ADMIN = ("/api/v1/overrides", "/api/v1/detection-posture")
OPEN = ["/health", "/livez", "/readyz", "/metrics", "/prometheus"]


@pytest.fixture(scope="module")
def acme_things(enterprise):
    auth = enterprise.acme.basic
    return {
        "decision": enterprise.decide(unique(HARMLESS), auth=auth)["decision_id"],
        "context": enterprise.pre_check(unique(HARMLESS), auth=auth)["context_id"],
        "tenant": "acme",
        **policies_of_acme(enterprise),
    }


def admin_of(tenant):
    claims = {"tenant_id": tenant, "email": f"root@{tenant}.example", "role": "admin"}
    return {"X-User-Token": jwt({**claims, "exp": 4102444800}, JWT_SECRET)}


def policies_of_acme(enterprise):
    def made(path, body, headers=None):
        answer = enterprise.post(path, body, auth=enterprise.acme.basic, headers=headers).json()
        return answer.get("policy", answer)["id"]

    bodies = {path: body for method, path, body in ROUTES if method == "POST"}
    static, session = "/api/v1/static-policies", "/api/v1/overrides"
    rules = {name: made(f"/api/v1/{name.replace('_', '-')}", bodies[f"/api/v1/{name.replace('_', '-')}"])
             for name in ("tenant_policies", "dynamic_policies", "policies")}
    return {**rules, "static": made(static, bodies[static]),
            "dynamic": made("/api/v1/tenant-policies", bodies["/api/v1/tenant-policies"]),
            "session": made(session, bodies[session], admin_of("acme"))}


def headers_for(tenant, path):
    return admin_of(tenant) if path.startswith(AS_ADMIN) else None


def fill(value, things):
    if isinstance(value, str):
        return value.format(**things)
    if isinstance(value, dict):
        return {key: fill(part, things) for key, part in value.items()}
    return value


@pytest.mark.parametrize("method, path, body", ROUTES)
@pytest.mark.parametrize("caller", ["none", "empty", "wrong secret", "unknown", "bearer", "headers"])
def test_without_a_credential_nothing_answers(enterprise, acme_things, method, path, body, caller):
    auth = {
        "none": None, "empty": basic("", ""), "wrong secret": basic(enterprise.acme.client_id, "x"),
        "unknown": basic("nobody", "x"), "bearer": "Bearer x", "headers": None}[caller]
    headers = {"X-Tenant-ID": "acme", "X-Client-ID": enterprise.acme.client_id,
               "X-Org-ID": enterprise.acme.org_id} if caller == "headers" else None
    answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things), headers, auth)
    assert answer.status == 401, answer
    sentence_of(answer.body)
    assert acme_things["decision"].encode() not in answer.body


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_another_tenant_gets_nothing_of_acme(enterprise, acme_things, method, path, body):
    answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things),
                                headers_for("globex", path), enterprise.globex.basic)
    if any(mark in path for mark in OWNED):
        assert answer.status == 404, answer
    mentions_acme = any(mark in f"{path} {body}" for mark in ("{tenant}", "{context}"))
    if mentions_acme:
        assert answer.status in (400, 403, 404), answer
    if "explain" in path or "/chains/" in path or "/records/" in path:
        assert answer.status == 404
    assert b'"acme"' not in answer.body
    if "search" in path:
        assert answer.json()["entries"] == []


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_the_owner_gets_in(enterprise, acme_things, method, path, body):
    answer = enterprise.request(method, fill(path, acme_things), fill(body, acme_things),
                                headers_for("acme", path), enterprise.acme.basic)
    assert answer.status in (200, 201, 204), answer


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_name_no_tenant(enterprise, path):
    answer = enterprise.get(path)
    assert answer.status == 200
    for secret in (enterprise.acme.client_id, enterprise.acme.client_secret, "globex"):
        assert secret.encode() not in answer.body
