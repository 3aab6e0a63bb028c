"""POST /api/v1/mcp/check-input: where the obligations of a decision are discharged."""

import pytest

from support import HARMLESS, UUID, WITH_CARD, WITH_SQLI, sentence_of, unique

CHECK = "/api/v1/mcp/check-input"
CARD = "4111 1111 1111 1111"


def check(server, statement, **members):
    return server.post(CHECK, {"connector_type": "gateway", "statement": statement, **members})


def test_clean_statement_field_by_field(community):
    answer = check(community, unique(HARMLESS), operation="execute", content_type="text/plain")
    assert answer.status == 200
    body = answer.json()
    assert body["allowed"] is True
    assert body["redacted"] is False and "redacted_statement" not in body
    assert body["redaction_evaluated"] is True
    assert body["policies_evaluated"] > 70
    assert body["policy_matches"] == []
    assert UUID.match(body["decision_id"])
    info = body["policy_info"]
    assert info["blocked"] is False and info["matched_policies"] == []


def test_personal_data_comes_back_redacted_and_the_rest_untouched(community):
    body = check(community, f"Pay with {CARD}, thanks.").json()
    assert body["allowed"] is True and body["redacted"] is True
    assert "4111" not in body["redacted_statement"]
    assert body["redacted_statement"].startswith("Pay with 4")
    assert body["redacted_statement"].endswith(", thanks.")
    assert [match["policy_id"] for match in body["policy_matches"]] == ["sys_pii_credit_card"]
    assert body["risk_level"] == "critical"


def test_injection_is_403_with_the_same_body(community):
    answer = check(community, WITH_SQLI, connector_type="postgres")
    assert answer.status == 403
    body = answer.json()
    assert body["allowed"] is False and body["block_reason"]
    assert body["policy_matches"][0]["policy_id"].startswith("sys_sqli_")
    (entry,) = community.search(decision_id=body["decision_id"])["entries"]
    assert entry["policy_decision"] == "blocked" and entry["plane"] == "mcp"


@pytest.mark.parametrize("parameters", [
    {"filter": WITH_SQLI}, {"a": [{"b": {"c": WITH_SQLI}}]}, {WITH_SQLI: 1}])
def test_parameters_are_judged_at_any_depth(community, parameters):
    assert check(community, "lookup", parameters=parameters).status == 403


@pytest.mark.parametrize("parameters", [{"card": CARD}, {"card": 4111111111111111}])
def test_personal_data_in_parameters_is_refused_since_it_cannot_be_redacted(community, parameters):
    answer = check(community, "lookup", parameters=parameters)
    assert answer.status == 403
    assert "parameter" in answer.json()["block_reason"]


def test_admin_tables_bind_only_where_sql_is_executed(community):
    statement = "SELECT name FROM users WHERE id = 7"
    assert check(community, statement).status == 200
    blocked = check(community, statement, connector_type="postgres")
    assert blocked.status == 403
    assert blocked.json()["policy_matches"][0]["policy_id"] == "sys_admin_users_table"


def test_unknown_content_type_is_415_and_recorded(community):
    answer = check(community, unique(HARMLESS), content_type="application/pdf")
    assert answer.status == 415
    sentence_of(answer.body)
    entries = community.search(policy_name="content_type_unsupported")["entries"]
    assert entries and entries[0]["policy_decision"] == "blocked"


@pytest.mark.parametrize("body", [
    {}, {"connector_type": "x"}, {"statement": "x"}, {"connector_type": "", "statement": "x"},
    {"connector_type": "x", "statement": ["x"]},
    {"connector_type": "x", "statement": "x", "operation": "drop"},
    {"connector_type": "x", "statement": "x", "parameters": [1]},
])
def test_bad_body_is_400(community, body):
    answer = community.post(CHECK, body)
    assert answer.status == 400
    sentence_of(answer.body)
