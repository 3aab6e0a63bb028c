"""POST /api/policy/pre-check, POST /api/audit/llm-call and POST /api/policies/test on the wire."""

from datetime import datetime, timedelta, timezone

import pytest

from support import (CARD, HARMLESS, HEX64, RFC3339, UUID, WITH_CARD, WITH_SQLI, sentence_of,
                     sha256, unique)

PRE_CHECK = "/api/policy/pre-check"
LLM_CALL = "/api/audit/llm-call"


def call_of(context_id, **members):
    return {
        "context_id": context_id,
        "client_id": "community",
        "provider": "openai",
        "model": "gpt-4",
        "token_usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
        **members,
    }


def test_allowed_answer_field_by_field(community):
    answer = community.post(PRE_CHECK, {"query": unique(HARMLESS), "client_id": "community"})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert UUID.match(body["context_id"])
    assert UUID.match(body["decision_id"])
    assert body["approved"] is True
    assert body["policies"] == []
    assert RFC3339.match(body["expires_at"])
    left = datetime.fromisoformat(body["expires_at"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(minutes=4, seconds=50) < left <= timedelta(minutes=5, seconds=5)
    assert not body.get("block_reason")
    assert body.get("requires_redaction", False) is False
    # The client refuses null where it expects an object or a list.
    assert all(value is not None for value in body.values()), body


def test_blocked_answer_names_reason_and_policy(community):
    answer = community.post(PRE_CHECK, {"query": WITH_SQLI})
    assert answer.status == 200
    body = answer.json()
    assert body["approved"] is False
    assert body["policies"][0].startswith("sys_sqli_")
    assert body["block_reason"]
    assert "approved_data" not in body or body["approved_data"] == {}


def test_redaction_answer_stays_approved(community):
    body = community.pre_check(WITH_CARD)
    assert body["approved"] is True
    assert body["requires_redaction"] is True
    assert body["policies"] == ["sys_pii_credit_card"]


def test_explicit_nulls_count_as_absent(community):
    body = community.pre_check(
        unique(HARMLESS), client_id=None, user_token=None, data_sources=None, context=None
    )
    assert body["approved"] is True


def test_unknown_members_are_ignored(community):
    assert community.pre_check(unique(HARMLESS), requires_hitl=True, nonsense=[1])["approved"] is True


@pytest.mark.parametrize("posture, approved, redaction", [
    ("block", False, False), ("redact", True, True), ("warn", True, False), ("log", True, False)])
def test_pii_posture_decides_what_a_card_number_does(make_server, posture, approved, redaction):
    server = make_server({"PII_ACTION": posture}).start()
    body = server.pre_check(WITH_CARD)
    assert body["approved"] is approved
    assert body.get("requires_redaction", False) is redaction
    assert "sys_pii_credit_card" in body["policies"]
    server.stop()


def test_gateway_posture_wins_over_the_global_one_on_its_plane_only(make_server):
    server = make_server({"SQLI_ACTION": "warn", "GATEWAY_SQLI_ACTION": "block"}).start()
    assert server.pre_check(WITH_SQLI)["approved"] is False
    assert server.decide(WITH_SQLI)["verdict"] == "allow"
    server.stop()


def test_reported_call_is_recorded_with_its_figures(community):
    approved = community.pre_check(unique(HARMLESS))
    answer = community.post(LLM_CALL, call_of(
        approved["context_id"], response_summary="Paris.", latency_ms=250, metadata={"feature": "x"}))
    assert answer.status == 200
    body = answer.json()
    assert body["success"] is True
    (entry,) = [e for e in community.search(decision_id=approved["decision_id"])["entries"]
                if e["id"] == body["audit_id"]]
    assert entry["provider"] == "openai"
    assert entry["model"] == "gpt-4"
    assert entry["tokens_used"] == 150
    assert entry["cost"] > 0


def test_one_context_may_be_reported_several_times(community):
    context = community.pre_check(unique(HARMLESS))["context_id"]
    ids = {community.post(LLM_CALL, call_of(context)).json()["audit_id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("member", ["context_id", "provider", "model", "token_usage"])
def test_reported_call_without_a_required_member_is_refused(community, member):
    call = call_of(community.pre_check(unique(HARMLESS))["context_id"])
    del call[member]
    answer = community.post(LLM_CALL, call)
    assert answer.status == 400
    assert member in sentence_of(answer.body)


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": -1, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": "many", "completion_tokens": 0, "total_tokens": 0},
    [1, 2, 3],
    7,
])
def test_reported_call_with_a_senseless_usage_is_refused(community, usage):
    context = community.pre_check(unique(HARMLESS))["context_id"]
    answer = community.post(LLM_CALL, call_of(context, token_usage=usage))
    assert answer.status == 400, answer
    sentence_of(answer.body)


def test_context_of_another_tenant_is_refused_like_an_unknown_one(enterprise):
    context = enterprise.pre_check(unique(HARMLESS), auth=enterprise.acme.basic)["context_id"]
    mine = {"client_id": enterprise.globex.client_id}
    foreign = enterprise.post(LLM_CALL, call_of(context, **mine), auth=enterprise.globex.basic)
    unknown = enterprise.post(
        LLM_CALL, call_of("00000000-0000-4000-8000-000000000000", **mine), auth=enterprise.globex.basic)
    assert foreign.status == unknown.status == 400
    assert foreign.body == unknown.body
    assert "Invalid or expired context" in sentence_of(foreign.body)


def test_decision_of_another_plane_is_no_context(community):
    decision = community.decide(unique(HARMLESS))["decision_id"]
    answer = community.post(LLM_CALL, call_of(decision))
    assert answer.status == 400
    assert "Invalid or expired context" in sentence_of(answer.body)


def test_dry_run_reports_and_leaves_no_record(community):
    text = f"{WITH_SQLI} {unique()}"
    before = community.search(limit=1)["total"]
    answer = community.post("/api/policies/test", {"query": text})
    assert answer.status == 200
    body = answer.json()
    assert body["blocked"] is True
    assert body["reason"]
    assert "sys_sqli_union_select" in body["triggered_policies"]
    assert isinstance(body["checks_performed"], list) and body["checks_performed"]
    assert body["processing_time_ms"] >= 0
    assert community.search(limit=1)["total"] == before


def test_record_holds_a_hash_and_a_redacted_excerpt_never_the_card(community):
    text = unique(WITH_CARD)
    body = community.pre_check(text)
    (entry,) = community.search(decision_id=body["decision_id"])["entries"]
    assert entry["query_hash"] == sha256(text)
    assert CARD not in entry["query"]
    assert CARD.replace(" ", "") not in entry["query"].replace(" ", "")
    assert entry["policy_decision"] == "redacted"
    assert CARD not in community.log()


@pytest.mark.parametrize("usage", [
    {"prompt_tokens": 2**63 - 1, "completion_tokens": 2**63 - 1, "total_tokens": 0},
    {"prompt_tokens": -1, "completion_tokens": 0, "total_tokens": 0}])
def test_counts_out_of_bounds_are_refused(community, usage):
    context = community.pre_check(unique(HARMLESS))["context_id"]
    answer = community.post("/api/audit/llm-call", {
        "context_id": context, "provider": "openai", "model": "gpt-4", "token_usage": usage})
    assert answer.status == 400, answer


def test_call_on_a_refused_pre_check_is_kept_as_a_violation(community):
    context = community.pre_check(WITH_SQLI)["context_id"]
    answer = community.post("/api/audit/llm-call", {
        "context_id": context, "provider": "openai", "model": "gpt-4",
        "token_usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
    assert answer.status == 200
    entries = community.search(decision_id=context, request_type="llm-call")["entries"]
    assert [entry["policy_decision"] for entry in entries] == ["blocked"]
