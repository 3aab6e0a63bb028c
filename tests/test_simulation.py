"""Questions about policies that change nothing: simulation, impact, conflicts, backtest."""

import asyncio
import sqlite3
import uuid

import pytest
from axonflow import AxonFlow

from support import HARMLESS, WITH_SQLI, unique

STATIC = "/api/v1/static-policies"
TENANT = "/api/v1/tenant-policies"
SIMULATE = "/api/v1/policies/simulate"
IMPACT = "/api/v1/policies/impact-report"
CONFLICTS = "/api/v1/policies/conflicts"
BACKTEST = "/api/v1/policies/backtest"


def word():
    return "w" + uuid.uuid4().hex


def pattern_on(text, **members):
    return {"name": f"Rule {text[:20]}", "pattern": text, "category": "custom", "action": "block",
            "severity": "high", **members}


def rule_on(text, action="block", **members):
    return {"name": f"Rule {text[:20]} {action}", "type": "content", "category": "dynamic-security",
            "conditions": [{"field": "query", "operator": "contains", "value": text}],
            "actions": [{"type": action, "config": {"message": f"No {text}."}}], **members}


def made(answer):
    assert answer.status == 201, answer
    body = answer.json()
    return body.get("policy", body)


def asked(server, path, body, auth=None):
    answer = server.post(path, body, auth=auth)
    assert answer.status == 200, answer
    return answer.json()


def rows_of(server):
    """How many rows each table of the store has."""
    with sqlite3.connect(f"file:{server.data_dir}/axonflow.db?mode=ro", uri=True) as store:
        tables = [name for (name,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            # A head is signed within a second of what was recorded before.
            if name != "audit_tree_heads"]
        return {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in tables}


# --- simulate


def test_simulation_names_static_and_dynamic_policies_and_says_what_would_happen(community):
    text = word()
    static = made(community.post(STATIC, pattern_on(text)))
    dynamic = made(community.post(TENANT, rule_on(text)))
    answer = asked(community, SIMULATE, {"query": f"say {text}"})
    assert answer["allowed"] is False and answer["dry_run"] is True
    assert {static["name"], dynamic["name"]} <= set(answer["applied_policies"])
    assert f"blocked: No {text}." in answer["required_actions"]
    assert answer["total_policies"] > 100
    fine = asked(community, SIMULATE, {"query": HARMLESS})
    assert fine["allowed"] is True and fine["applied_policies"] == []
    assert fine["risk_score"] == 0 and fine["required_actions"] == []


def test_simulation_agrees_with_the_verdict_on_the_same_text(community):
    text = word()
    made(community.post(STATIC, pattern_on(text, action="block")))
    for query in (HARMLESS, f"say {text}", f"{text} {WITH_SQLI}"):
        simulated = asked(community, SIMULATE, {"query": query})["allowed"]
        assert simulated == community.pre_check(query)["approved"], query


def test_risk_of_an_injection_is_high(community):
    assert asked(community, SIMULATE, {"query": WITH_SQLI})["risk_score"] >= 0.9


def test_who_the_user_is_may_be_supposed_but_not_whose_policies_apply(enterprise):
    text = word()
    auth = enterprise.acme.basic
    made(enterprise.post(TENANT, {
        "name": f"Interns {text}", "type": "user", "category": "dynamic-access",
        "conditions": [{"field": "user.role", "operator": "equals", "value": "intern"},
                       {"field": "query", "operator": "contains", "value": text}],
        "actions": [{"type": "block", "config": {}}]}, auth=auth))
    as_intern = {"query": text, "user": {"role": "intern", "email": "new@acme.example"}}
    assert asked(enterprise, SIMULATE, as_intern, auth)["allowed"] is False
    assert asked(enterprise, SIMULATE, {"query": text, "user": {"role": "admin"}}, auth)["allowed"]
    assert asked(enterprise, SIMULATE, as_intern, enterprise.globex.basic)["allowed"] is True
    foreign = enterprise.post(SIMULATE, {"query": text, "tenant_id": "globex"}, auth=auth)
    assert foreign.status == 403, foreign


def test_conditions_see_the_request_type_and_the_context_of_the_simulation(community):
    text = word()
    made(community.post(TENANT, {
        "name": f"Batches {text}", "type": "content", "category": "dynamic-access",
        "conditions": [{"field": "request_type", "operator": "equals", "value": text},
                       {"field": "context.job.kind", "operator": "equals", "value": "nightly"}],
        "actions": [{"type": "block", "config": {}}]}))
    nightly = {"query": HARMLESS, "request_type": text, "context": {"job": {"kind": "nightly"}}}
    assert asked(community, SIMULATE, nightly)["allowed"] is False
    assert asked(community, SIMULATE, {**nightly, "request_type": "other"})["allowed"] is True
    assert asked(community, SIMULATE, {**nightly, "context": {}})["allowed"] is True


@pytest.mark.parametrize("body", [{}, {"query": ""}, {"query": 1}, {"query": "x", "user": "ann"},
                                  {"query": "x", "context": []}])
def test_a_bad_simulation_says_what_is_wrong(community, body):
    answer = community.post(SIMULATE, body)
    assert answer.status == 400, answer
    assert answer.json()["error"]["code"] and answer.json()["error"]["message"]


# --- impact


def test_impact_counts_matches_and_blocks_of_one_policy(community):
    text = word()
    policy = made(community.post(TENANT, rule_on(text, enabled=False)))
    inputs = [{"query": f"one {text}"}, {"query": HARMLESS}, {"query": f"two {text.upper()}"},
              {"query": WITH_SQLI}]
    report = asked(community, IMPACT, {"policy_id": policy["id"], "inputs": inputs})
    assert (report["total_inputs"], report["matched"], report["blocked"]) == (4, 2, 2)
    assert report["match_rate"] == report["block_rate"] == 0.5
    assert [row["matched"] for row in report["results"]] == [True, False, True, False]
    assert report["results"][0]["actions"] == ["block"]
    assert report["policy_name"] == policy["name"]


def test_impact_of_a_pattern_and_of_a_system_policy(community):
    text = word()
    policy = made(community.post(STATIC, pattern_on(text, action="warn")))
    report = asked(community, IMPACT, {"policy_id": policy["policy_id"],
                                       "inputs": [{"query": text}, {"query": HARMLESS}]})
    assert (report["matched"], report["blocked"]) == (1, 0)
    report = asked(community, IMPACT, {"policy_id": "sys_sqli_union_select",
                                       "inputs": [{"query": WITH_SQLI}, {"query": HARMLESS}]})
    assert report["total_inputs"] == 2 and report["results"][1]["matched"] is False


def test_impact_bounds_its_inputs_and_knows_its_policies(community):
    answer = community.post(IMPACT, {"policy_id": "x1", "inputs": [{"query": "x"}] * 101})
    assert answer.status == 400 and answer.json()["error"]["code"] == "INPUT_LIMIT_EXCEEDED"
    for body in ({"inputs": [{"query": "x"}]}, {"policy_id": "x1"}, {"policy_id": "x1", "inputs": []},
                 {"policy_id": "x1", "inputs": [{}]}, {"policy_id": "x1", "inputs": ["x"]}):
        assert community.post(IMPACT, body).status == 400, body
    unknown = community.post(IMPACT, {"policy_id": str(uuid.uuid4()), "inputs": [{"query": "x"}]})
    assert unknown.status == 404, unknown


def test_another_tenants_policy_has_no_impact_report(enterprise):
    policy = made(enterprise.post(TENANT, rule_on(word()), auth=enterprise.acme.basic))
    answer = enterprise.post(IMPACT, {"policy_id": policy["id"], "inputs": [{"query": "x"}]},
                             auth=enterprise.globex.basic)
    assert answer.status == 404, answer


# --- conflicts


def test_conflicts_are_found_among_own_policies_only(enterprise):
    auth, text = enterprise.acme.basic, word()
    block = made(enterprise.post(TENANT, rule_on(text, priority=5), auth=auth))
    alert = made(enterprise.post(TENANT, rule_on(text, "alert", priority=5), auth=auth))
    report = asked(enterprise, CONFLICTS, {"policy_id": block["id"]}, auth)
    pair = [c for c in report["conflicts"] if alert["id"] in (c["policy_a"]["id"], c["policy_b"]["id"])]
    assert len(pair) == 1, report
    assert pair[0]["conflict_type"] == "contradictory_action" and pair[0]["severity"] == "high"
    assert pair[0]["overlapping_field"] == "query"
    assert report["conflict_count"] == len(report["conflicts"])
    everything = asked(enterprise, CONFLICTS, {}, auth)
    assert everything["total_policies"] >= 2
    assert asked(enterprise, CONFLICTS, {"policy_id": str(uuid.uuid4())}, auth)["conflicts"] == []
    theirs = asked(enterprise, CONFLICTS, {}, enterprise.globex.basic)
    assert block["id"] not in str(theirs)


# --- backtest


def test_backtest_shows_what_a_draft_would_have_changed(make_server):
    server = make_server({})
    server.start()
    text = word()
    ids = {query: server.pre_check(query)["decision_id"]
           for query in (f"first {text}", f"second {text}", HARMLESS)}
    server.pre_check("x" * 3_000)  # only the beginning is kept, so it cannot be judged again
    draft = {"static_policies": [{"policy_id": "draft_words", **pattern_on(text)}]}
    report = asked(server, BACKTEST, {"draft": draft})["report"]
    assert (report["replayed"], report["changed"], report["unreplayable"]) == (3, 2, 1)
    cells = {(c["was"], c["would_be"]): c for c in report["matrix"]}
    assert cells[("allowed", "blocked")]["count"] == 2
    assert cells[("allowed", "allowed")]["count"] == 1
    assert ids[f"first {text}"] in cells[("allowed", "blocked")]["sample_ids"]
    assert report["by_policy"][0]["policy_id"] == "draft_words"
    assert report["by_plane"][0]["plane"] == "gateway"
    assert [t["tenant_id"] for t in report["by_tenant"]] == ["community"]
    assert server.pre_check(f"third {text}")["approved"] is True, "a draft must not act"


def test_backtest_of_removal_override_and_own_inputs(community):
    text = word()
    policy = made(community.post(STATIC, pattern_on(text)))
    inputs = [{"id": "a", "text": f"say {text}", "was": "blocked"},
              {"id": "b", "text": WITH_SQLI, "was": "allowed", "plane": "decision"}]
    report = asked(community, BACKTEST, {"inputs": inputs, "draft": {
        "remove": [policy["policy_id"]],
        "overrides": [{"policy_id": "sys_sqli_union_select", "action": "block"},
                      {"policy_id": "sys_sqli_or_true", "action": "block"},
                      {"policy_id": "sys_sqli_fragment_breakout", "action": "block"}]}})["report"]
    cells = {(c["was"], c["would_be"]): c["sample_ids"] for c in report["matrix"]}
    assert cells == {("blocked", "allowed"): ["a"], ("allowed", "blocked"): ["b"]}


@pytest.mark.parametrize("draft, field", [
    ({"static_policies": [{"policy_id": "bad_one", **pattern_on("(")}]}, "pattern"),
    ({"remove": ["no_such_policy"]}, "remove[0]"),
    ({"overrides": [{"policy_id": "no_such_policy", "action": "block"}]}, "overrides[0].policy_id"),
    ({"overrides": [{"policy_id": "sys_pii_email", "action": "explode"}]}, "action")])
def test_a_draft_that_makes_no_sense_is_refused_with_the_field(community, draft, field):
    answer = community.post(BACKTEST, {"draft": draft})
    assert answer.status == 400, answer
    assert field in str(answer.json()["error"]), answer


# --- none of them leaves a trace


def test_questions_leave_the_store_as_it_was(make_server):
    server = make_server({})
    server.start()
    text = word()
    policy = made(server.post(TENANT, rule_on(text)))
    server.pre_check(unique())
    server.search()  # everything acknowledged is in the store now
    before = rows_of(server)
    asked(server, SIMULATE, {"query": f"{text} {WITH_SQLI}"})
    asked(server, IMPACT, {"policy_id": policy["id"], "inputs": [{"query": text}]})
    asked(server, CONFLICTS, {})
    asked(server, BACKTEST, {"draft": {"remove": [policy["policy_id"]]}})
    server.post("/api/policies/test", {"query": text})
    server.search()
    assert rows_of(server) == before


# --- the official client


def test_the_python_sdk_simulates_reports_and_finds_conflicts(community):
    text = word()

    async def use():
        async with AxonFlow(community.url) as client:
            policy = made(community.post(TENANT, rule_on(text)))
            made(community.post(TENANT, rule_on(text, "log")))
            simulated = await client.simulate_policies(f"say {text}")
            assert simulated.allowed is False and policy["name"] in simulated.applied_policies
            assert simulated.dry_run is True and simulated.total_policies > 100
            report = await client.get_policy_impact_report(
                policy["id"], [{"query": text}, {"query": HARMLESS}])
            assert (report.matched, report.blocked, report.total_inputs) == (1, 1, 2)
            conflicts = await client.detect_policy_conflicts(policy["id"])
            assert any(c.conflict_type == "contradictory_action" for c in conflicts.conflicts)

    asyncio.run(use())
