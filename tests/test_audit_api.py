"""Search, tenant log, decision list and explanation: field by field, filter by filter."""

import pytest

from support import (HARMLESS, RFC3339, UUID, WITH_CARD, WITH_SQLI, sentence_of, sha256, unique)

SEARCH = "/api/v1/audit/search"

ENTRY = {
    "id": str, "request_id": str, "timestamp": str, "user_id": int, "user_email": str,
    "user_role": str, "client_id": str, "tenant_id": str, "org_id": str, "request_type": str,
    "query": str, "query_hash": str, "policy_decision": str, "policy_details": dict,
    "provider": str, "model": str, "response_time_ms": int, "tokens_used": int,
    "cost": (int, float), "redacted_fields": list, "response_sample": str,
    "compliance_flags": list, "security_metrics": dict,
}


@pytest.fixture(scope="module")
def server(make_module_server):
    """A store of its own, with one record of each verdict of two clients."""
    server = make_module_server({"PII_ACTION": "redact", "SQLI_ACTION": "block"})
    server.texts = {"allowed": unique(HARMLESS), "blocked": unique(WITH_SQLI),
                    "redacted": unique(WITH_CARD)}
    server.made = {verdict: server.decide(text) for verdict, text in server.texts.items()}
    return server


@pytest.mark.parametrize("verdict", ["allowed", "blocked", "redacted"])
def test_entry_field_by_field(server, verdict):
    decision = server.made[verdict]
    page = server.search(decision_id=decision["decision_id"])
    assert page["total"] == 1 and page["offset"] == 0 and page["limit"] == 100
    (entry,) = page["entries"]
    for name, kind in ENTRY.items():
        assert isinstance(entry[name], kind), (name, entry.get(name))
    assert entry["decision_id"] == decision["decision_id"]
    assert entry["policy_decision"] == verdict
    assert entry["query_hash"] == sha256(server.texts[verdict])
    assert entry["plane"] == "decision"
    assert entry["tenant_id"] == entry["client_id"] == "community"
    assert RFC3339.match(entry["timestamp"])
    matches = entry["policy_details"].get("policy_matches", [])
    assert [m["policy_id"] for m in matches] == decision["evaluated_policies"]


@pytest.mark.parametrize("verdict", ["allowed", "blocked", "redacted"])
def test_explanation_field_by_field(server, verdict):
    decision = server.made[verdict]
    answer = server.get(f"/api/v1/decisions/{decision['decision_id']}/explain")
    assert answer.status == 200
    assert answer.headers["x-axonflow-read-scope"] == "tenant"
    body = answer.json()
    assert body["decision_id"] == decision["decision_id"]
    assert body["decision"] == verdict
    assert RFC3339.match(body["timestamp"])
    assert [m["policy_id"] for m in body["policy_matches"]] == decision["evaluated_policies"]
    for match in body["policy_matches"]:
        assert match["policy_name"] and match["policy_description"]
        assert match["action"] in ("block", "redact", "warn", "log")
        assert match["risk_level"] in ("low", "medium", "high", "critical")
        assert isinstance(match["allow_override"], bool)
    assert isinstance(body["reason"], str)
    assert isinstance(body["override_available"], bool)
    assert isinstance(body["historical_hit_count_session"], int)
    if verdict == "blocked":
        assert body["historical_hit_count_session"] >= 1
        assert body["override_available"] is False  # critical policies cannot be overridden


def test_sensitive_text_is_masked_in_the_record(server):
    (entry,) = server.search(decision_id=server.made["redacted"]["decision_id"])["entries"]
    assert entry["query"]
    assert "4111 1111 1111 1111" not in entry["query"]


@pytest.mark.parametrize("filters, verdicts", [
    ({"action": "allowed"}, {"allowed"}), ({"action": "allow"}, {"allowed"}),
    ({"action": "deny"}, {"blocked"}), ({"action": "blocked"}, {"blocked"}),
    ({"action": "redacted"}, {"redacted"}),
    ({"policy_name": "sys_pii_credit_card"}, {"redacted"}),
    ({"policy_name": "Credit Card Number Detection"}, {"redacted"}),
    ({"policy_name": "No Such Policy"}, set()),
    ({"client_id": "COMMUN"}, {"allowed", "blocked", "redacted"}),
    ({"client_id": "%"}, set()), ({"client_id": "c_mmunity"}, set()),
    ({"user_email": "local-dev"}, {"allowed", "blocked", "redacted"}),
    ({"user_email": "nobody@example.com"}, set()),
    ({"session_id": "none-such"}, set()),
    ({"start_time": "2000-01-01T00:00:00Z", "end_time": "2001-01-01T00:00:00Z"}, set()),
    ({"start_time": "2000-01-01T00:00:00+05:30"}, {"allowed", "blocked", "redacted"}),
    ({"end_time": "2000-01-01T00:00:00Z"}, set()),
    ({"decision_id": "00000000-0000-4000-8000-000000000000"}, set()),
    ({"user_email": None, "policy_name": None}, {"allowed", "blocked", "redacted"}),
])
def test_each_filter_selects_exactly(server, filters, verdicts):
    page = server.search(**filters, limit=1000)
    assert {entry["policy_decision"] for entry in page["entries"]} == verdicts
    assert page["total"] == len(page["entries"])
    assert isinstance(page["entries"], list)


def test_paging_covers_everything_once_and_total_counts_before_the_cut(server):
    for _ in range(7):
        server.decide(unique(HARMLESS))
    everything = server.search(limit=1000)
    assert everything["total"] == len(everything["entries"]) >= 10
    stamps = [entry["timestamp"] for entry in everything["entries"]]
    assert stamps == sorted(stamps, reverse=True)
    paged = []
    for offset in range(0, everything["total"], 3):
        page = server.search(limit=3, offset=offset)
        assert (page["total"], page["limit"], page["offset"]) == (everything["total"], 3, offset)
        paged += [entry["id"] for entry in page["entries"]]
    assert paged == [entry["id"] for entry in everything["entries"]]


def test_every_answered_decision_is_found_at_once(server):
    for number in range(50):
        decision = server.decide(unique(f"read your write {number}"))
        assert server.search(decision_id=decision["decision_id"])["total"] == 1


@pytest.mark.parametrize("body", [
    {"limit": -1}, {"limit": "many"}, {"limit": 1.5}, {"offset": -1}, {"start_time": "yesterday"},
    {"end_time": 5.5}, {"user_email": 7}, {"policy_name": []}, [], b"{",
])
def test_bad_search_is_refused(server, body):
    answer = server.post(SEARCH, body)
    assert answer.status == 400, answer
    sentence_of(answer.body)


def test_get_search_is_not_taken_for_a_record(server):
    answer = server.get(SEARCH)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


def test_tenant_log_is_a_list_of_the_same_entries(server):
    answer = server.get("/api/v1/audit/tenant/community?limit=2&offset=1")
    assert answer.status == 200
    entries = answer.json()
    assert isinstance(entries, list)
    expected = server.search(limit=2, offset=1)["entries"]
    assert [entry["id"] for entry in entries] == [entry["id"] for entry in expected]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=-3", "offset=-1"])
def test_tenant_log_with_a_bad_page_is_refused(server, query):
    assert server.get(f"/api/v1/audit/tenant/community?{query}").status == 400


def test_decision_list_field_by_field(server):
    made = server.decide(unique(WITH_SQLI), stage="tool", target={"type": "tool", "tool": "query_db"})
    answer = server.get("/api/v1/decisions?limit=1")
    assert answer.status == 200
    assert answer.headers["x-axonflow-read-scope"] == "tenant"
    (row,) = answer.json()["decisions"]
    assert row["decision_id"] == made["decision_id"]
    assert UUID.match(row["decision_id"])
    assert row["decision"] == "blocked"
    assert row["policy_id"] == made["evaluated_policies"][0]
    assert RFC3339.match(row["timestamp"])
    assert isinstance(row["tool_signature"], str) and "query_db" in row["tool_signature"]


def test_decision_list_filters(server):
    def verdicts(query):
        return {d["decision"] for d in server.get(f"/api/v1/decisions?{query}").json()["decisions"]}

    assert verdicts("decision=blocked") == {"blocked"}
    assert verdicts("policy_id=sys_pii_credit_card") == {"redacted"}
    assert verdicts("since=2099-01-01T00:00:00Z") == set()
    assert verdicts("tool_signature=none-such") == set()


@pytest.mark.parametrize("query", [
    "limit=0", "limit=-1", "limit=x", "since=yesterday", "decision=perhaps"])
def test_bad_decision_list_is_refused(server, query):
    answer = server.get(f"/api/v1/decisions?{query}")
    assert answer.status == 400, answer
    sentence_of(answer.body)


@pytest.mark.parametrize("decision", ["00000000-0000-4000-8000-000000000000", "x", "%20", "%27%20OR%201"])
def test_unknown_decision_is_a_404_with_read_scope(server, decision):
    answer = server.get(f"/api/v1/decisions/{decision}/explain")
    assert answer.status == 404, answer
    sentence_of(answer.body)
    assert answer.headers["x-axonflow-read-scope"] == "tenant"


def test_empty_store_answers_empty_lists_not_null(make_module_server):
    server = make_module_server({})
    assert server.search()["entries"] == []
    assert server.get("/api/v1/decisions").json()["decisions"] == []
    assert server.get("/api/v1/audit/tenant/community").json() == []


def test_unknown_action_is_refused_with_the_list(community):
    answer = community.post("/api/v1/audit/search", {"action": "zzz"})
    assert answer.status == 400
    assert "needs_approval" in answer.json()["error"]
    assert community.post("/api/v1/audit/search", {"action": "deny"}).status == 200
