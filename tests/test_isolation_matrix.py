"""Every route that needs a caller, against every caller that must not get in."""

import pytest

from support import HARMLESS, basic, sentence_of, unique

# Method, path, body. `{decision}`, `{context}` and `{tenant}` are filled with what belongs to acme.
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
    ("GET", "/api/v1/decisions", None),
    ("GET", "/api/v1/decisions/{decision}/explain", None),
    ("POST", "/api/v1/audit/search", {"decision_id": "{decision}"}),
    ("GET", "/api/v1/audit/tenant/{tenant}", None),
]
OPEN = ["/health", "/livez", "/readyz", "/metrics", "/prometheus"]


@pytest.fixture(scope="module")
def acme_things(enterprise):
    auth = enterprise.acme.basic
    return {
        "decision": enterprise.decide(unique(HARMLESS), auth=auth)["decision_id"],
        "context": enterprise.pre_check(unique(HARMLESS), auth=auth)["context_id"],
        "tenant": "acme",
    }


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
    answer = enterprise.request(
        method, fill(path, acme_things), fill(body, acme_things), auth=enterprise.globex.basic)
    mentions_acme = any(mark in f"{path} {body}" for mark in ("{tenant}", "{context}"))
    if mentions_acme:
        assert answer.status in (400, 403, 404), answer
    if "explain" in path:
        assert answer.status == 404
    assert b'"acme"' not in answer.body
    if "search" in path:
        assert answer.json()["entries"] == []


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_the_owner_gets_in(enterprise, acme_things, method, path, body):
    answer = enterprise.request(
        method, fill(path, acme_things), fill(body, acme_things), auth=enterprise.acme.basic)
    assert answer.status == 200, answer


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_name_no_tenant(enterprise, path):
    answer = enterprise.get(path)
    assert answer.status == 200
    for secret in (enterprise.acme.client_id, enterprise.acme.client_secret, "globex"):
        assert secret.encode() not in answer.body
