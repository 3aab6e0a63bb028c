"""The official Python SDK 9.5.0, unmodified, asynchronous and synchronous, in both modes."""

import asyncio
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import pytest
from axonflow import AxonFlow, SyncAxonFlow
from axonflow.decisions import ListDecisionsOptions
from axonflow.exceptions import AuthenticationError, AxonFlowError
from axonflow.types import AuditQueryOptions, AuditSearchRequest, DecideRequest, TokenUsage

from support import HARMLESS, JWT_SECRET, WITH_CARD, WITH_SQLI, jwt, unique

USAGE = TokenUsage(prompt_tokens=12, completion_tokens=30, total_tokens=42)


@pytest.fixture(params=["community", "enterprise"])
def server(request):
    return request.getfixturevalue(request.param)


def credentials(server):
    acme = getattr(server, "acme", None)
    return {"client_id": acme.client_id, "client_secret": acme.client_secret} if acme else {}


def asynchronous(server, use, **options):
    async def run():
        async with AxonFlow(server.url, **credentials(server), **options) as client:
            return await use(client)

    return asyncio.run(run())


def synchronous(server):
    return SyncAxonFlow(AxonFlow(server.url, **credentials(server)))


def test_the_client_is_the_release_that_the_contract_names():
    assert version("axonflow") == "9.5.0"


def test_health_names_the_service_and_only_capabilities_that_work(server):
    async def use(client):
        assert await client.health_check() is True
        return await client.health_check_detailed()

    health = asynchronous(server, use)
    assert health.status == "healthy"
    assert health.service == "axonflow-agent"
    assert health.sdk_compatibility.min_sdk_version_for("python")
    names = {capability.name for capability in health.capabilities}
    assert {"health_check", "gateway_mode", "audit_llm_call", "static_policies"} <= names
    unfinished = {"multi_agent_planning", "workflow_control", "cost_controls", "circuit_breaker",
                  "proxy_llm_call", "mcp_check_endpoints"}
    assert not names & unfinished
    assert all(c.since and c.description for c in health.capabilities)


def test_synchronous_health(server):
    with synchronous(server) as client:
        assert client.health_check() is True
        assert client.health_check_detailed().status == "healthy"


def test_pre_check_allows_a_harmless_prompt(server):
    result = asynchronous(server, lambda c: c.pre_check("", unique(HARMLESS)))
    assert result.approved is True
    assert result.requires_redaction is False
    assert result.policies == []
    assert not result.block_reason
    now = datetime.now(timezone.utc)
    assert timedelta(minutes=4) < result.expires_at - now < timedelta(minutes=6)


def test_pre_check_blocks_sql_injection_and_names_the_policy(server):
    result = asynchronous(server, lambda c: c.pre_check("", unique(WITH_SQLI)))
    assert result.approved is False
    assert "sys_sqli_union_select" in result.policies
    assert result.block_reason and result.block_reason != "require_approval"


def test_pre_check_asks_for_redaction_of_a_card_number(server):
    result = asynchronous(server, lambda c: c.pre_check("", unique(WITH_CARD)))
    assert result.approved is True
    assert result.requires_redaction is True
    assert result.policies == ["sys_pii_credit_card"]


def test_synchronous_pre_check_and_audit_call(server):
    with synchronous(server) as client:
        allowed = client.pre_check("", unique(HARMLESS), data_sources=["postgres"], context={"a": 1})
        assert allowed.approved is True
        blocked = client.get_policy_approved_context("", unique(WITH_SQLI))
        assert blocked.approved is False
        audited = client.audit_llm_call(
            allowed.context_id, "A short summary.", "openai", "gpt-4", USAGE, 250, {"run": "7"}
        )
        assert audited.success is True and audited.audit_id


def test_audit_call_is_found_beside_its_decision(server):
    async def use(client):
        approved = await client.pre_check("", unique(HARMLESS))
        audited = await client.audit_llm_call(
            approved.context_id, "Paris.", "openai", "gpt-4", USAGE, 250, {"feature": "geography"}
        )
        found = await client.search_audit_logs(
            AuditSearchRequest(decision_id=approved.decision_id, limit=10)
        )
        return audited, found

    audited, found = asynchronous(server, use)
    call = next(entry for entry in found.entries if entry.id == audited.audit_id)
    assert (call.provider, call.model, call.tokens_used) == ("openai", "gpt-4", 42)
    assert len(found.entries) == 2


def test_audit_call_with_an_unknown_context_is_refused(server):
    with pytest.raises(AxonFlowError, match="context"):
        asynchronous(server, lambda c: c.audit_llm_call("no-such-context", "", "openai", "gpt-4", USAGE, 1))


def test_decide_allows_denies_and_obliges_to_redact(server):
    async def use(client):
        return [
            await client.decide(DecideRequest(stage=stage, query=unique(text)))
            for stage, text in (("llm", HARMLESS), ("tool", WITH_SQLI), ("agent", WITH_CARD))
        ]

    allowed, denied, redacted = asynchronous(server, use)
    assert (allowed.verdict, allowed.obligations, allowed.evaluated_policies) == ("allow", [], [])
    assert denied.verdict == "deny"
    assert denied.obligations == []
    assert denied.evaluated_policies[0].startswith("sys_sqli_")
    assert denied.reasons
    assert redacted.verdict == "allow"
    assert [obligation.type for obligation in redacted.obligations] == ["redact_pii"]
    assert redacted.evaluated_policies == ["sys_pii_credit_card"]
    for decision in (allowed, denied, redacted):
        assert decision.decision_id and len(decision.trace_id) == 32


def test_decide_and_fulfill_forwards_the_redacted_text(server):
    async def use(client):
        return await client.decide_and_fulfill(DecideRequest(stage="llm", query=unique(WITH_CARD)))

    verdict, content, decision = asynchronous(server, use)
    assert verdict == "allow" and decision.obligations
    assert "4111" not in content and content


def test_synchronous_decide(server):
    with synchronous(server) as client:
        assert client.decide(DecideRequest(stage="llm", query=unique(HARMLESS))).verdict == "allow"
        assert client.decide(DecideRequest(stage="llm", query=unique(WITH_SQLI))).verdict == "deny"


def test_decision_is_explained(server):
    async def use(client):
        decision = await client.decide(DecideRequest(stage="llm", query=unique(WITH_SQLI)))
        return decision, await client.explain_decision(decision.decision_id)

    decision, explanation = asynchronous(server, use)
    assert explanation.decision_id == decision.decision_id
    assert explanation.decision == "blocked"
    assert explanation.reason
    match = next(m for m in explanation.policy_matches if m.policy_id == "sys_sqli_union_select")
    assert match.policy_name == "UNION SELECT Detection"
    assert match.action == "block"
    assert match.risk_level == "critical"
    assert match.allow_override is False


def test_explaining_an_unknown_decision_is_an_error(server):
    with pytest.raises(AxonFlowError):
        asynchronous(server, lambda c: c.explain_decision("00000000-0000-4000-8000-000000000000"))


def test_search_by_decision_id_finds_exactly_that_decision(server):
    text = unique(HARMLESS)

    async def use(client):
        decision = await client.decide(DecideRequest(stage="llm", query=text))
        await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        return decision, await client.search_audit_logs(
            AuditSearchRequest(decision_id=decision.decision_id)
        )

    decision, found = asynchronous(server, use)
    (entry,) = found.entries
    assert found.total == 1
    assert entry.policy_decision == "allowed"
    assert entry.id == decision.decision_id


def test_search_by_time_leaves_out_what_lies_outside(server):
    async def use(client):
        before = await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        await asyncio.sleep(0.05)
        start = datetime.now(timezone.utc)
        await asyncio.sleep(0.05)
        inside = await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        await asyncio.sleep(0.05)
        end = datetime.now(timezone.utc)
        await asyncio.sleep(0.05)
        after = await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        found = await client.search_audit_logs(
            AuditSearchRequest(start_time=start, end_time=end, limit=1000)
        )
        return (before, inside, after), {entry.id for entry in found.entries}

    (before, inside, after), found = asynchronous(server, use)
    assert found == {inside.decision_id}


def test_search_by_policy_finds_blocked_ones_only(server):
    async def use(client):
        blocked = await client.decide(DecideRequest(stage="llm", query=unique(WITH_SQLI)))
        allowed = await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        by_name = await client.search_audit_logs(
            AuditSearchRequest(policy_name="UNION SELECT Detection", limit=1000)
        )
        by_verdict = await client.search_audit_logs(AuditSearchRequest(action="deny", limit=1000))
        return blocked, allowed, by_name, by_verdict

    blocked, allowed, by_name, by_verdict = asynchronous(server, use)
    for found in (by_name, by_verdict):
        ids = {entry.id for entry in found.entries}
        assert blocked.decision_id in ids
        assert allowed.decision_id not in ids
        assert {entry.policy_decision for entry in found.entries} == {"blocked"}


def test_search_by_user_finds_the_rows_of_that_user(enterprise):
    email = f"ana-{unique('x')[-8:]}@acme.example"
    token = jwt({"tenant_id": "acme", "email": email, "role": "admin", "exp": 4102444800}, JWT_SECRET)

    async def use(client):
        mine = await client.pre_check(token, unique(HARMLESS))
        await client.pre_check("", unique(HARMLESS))
        return mine, await client.search_audit_logs(AuditSearchRequest(user_email=email.upper()))

    mine, found = asynchronous(enterprise, use)
    assert [entry.id for entry in found.entries] == [mine.decision_id]
    assert found.entries[0].user_email == email


def test_list_decisions_and_tenant_log_show_the_newest_first(server):
    tenant = getattr(getattr(server, "acme", None), "tenant_id", "community")

    async def use(client):
        first = await client.decide(DecideRequest(stage="llm", query=unique(HARMLESS)))
        second = await client.decide(DecideRequest(stage="tool", query=unique(WITH_SQLI)))
        listed = await client.list_decisions(ListDecisionsOptions(limit=2))
        blocked = await client.list_decisions(ListDecisionsOptions(decision="blocked", limit=1))
        log = await client.get_audit_logs_by_tenant(tenant, AuditQueryOptions(limit=2))
        return first, second, listed, blocked, log

    first, second, listed, blocked, log = asynchronous(server, use)
    assert [d.decision_id for d in listed] == [second.decision_id, first.decision_id]
    assert [d.decision_id for d in blocked] == [second.decision_id]
    assert blocked[0].policy_id.startswith("sys_sqli_")
    assert [e.id for e in log.entries] == [second.decision_id, first.decision_id]


def test_wrong_secret_is_an_authentication_error(enterprise):
    async def use():
        async with AxonFlow(enterprise.url, enterprise.acme.client_id, "axs_wrong") as client:
            with pytest.raises(AuthenticationError):
                await client.pre_check("", HARMLESS)
            with pytest.raises(AuthenticationError):
                await client.decide(DecideRequest(stage="llm", query=HARMLESS))

    asyncio.run(use())


def test_user_who_is_no_administrator_reads_own_rows_only(enterprise):
    def token(name):
        claims = {"tenant_id": "acme", "email": f"{name}@acme.example", "role": "developer"}
        return jwt({**claims, "exp": 4102444800}, JWT_SECRET)

    async def use(client):
        hers = await client.as_user(token("bea")).pre_check(token("bea"), unique(HARMLESS))
        his = await client.as_user(token("carl")).pre_check(token("carl"), unique(HARMLESS))
        seen = await client.as_user(token("bea")).search_audit_logs(AuditSearchRequest(limit=1000))
        return hers, his, {entry.id for entry in seen.entries}

    hers, his, seen = asynchronous(enterprise, use)
    assert hers.decision_id in seen
    assert his.decision_id not in seen
