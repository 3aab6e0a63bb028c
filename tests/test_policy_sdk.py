"""Policies through the official Python SDK 9.5.0, unmodified, in both modes."""

import asyncio
import uuid
import warnings
from datetime import datetime, timedelta, timezone

import pytest
from axonflow import AxonFlow, SyncAxonFlow
from axonflow.exceptions import AxonFlowError, PolicyViolationError
from axonflow.policies import (
    CreateDynamicPolicyRequest,
    CreatePolicyOverrideRequest,
    CreateStaticPolicyRequest,
    DynamicPolicyAction,
    DynamicPolicyCondition,
    EffectivePoliciesOptions,
    ListDynamicPoliciesOptions,
    ListStaticPoliciesOptions,
    OverrideAction,
    PolicyAction,
    PolicyCategory,
    PolicySeverity,
    PolicyTier,
    UpdateDynamicPolicyRequest,
    UpdateStaticPolicyRequest,
)
from axonflow.types import DecideRequest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
OVERRIDDEN = "sys_pii_phone"


@pytest.fixture(params=["community", "enterprise"])
def server(request):
    return request.getfixturevalue(request.param)


def client_of(server, tenant="acme"):
    client = getattr(server, tenant, None)
    named = {"client_id": client.client_id, "client_secret": client.client_secret} if client else {}
    return AxonFlow(server.url, **named)


def run(server, use, tenant="acme"):
    async def opened():
        async with client_of(server, tenant) as client:
            return await use(client)

    return asyncio.run(opened())


def word():
    return "w" + uuid.uuid4().hex


def static_request(text, **members):
    fields = {"name": f"Rule {text[:12]}", "category": PolicyCategory.SENSITIVE_DATA, "pattern": text,
              "severity": PolicySeverity.HIGH, "action": PolicyAction.BLOCK, **members}
    return CreateStaticPolicyRequest(**fields)


def dynamic_request(text, **members):
    fields = {"name": f"Rule {text[:12]}", "type": "content", "category": "dynamic-security",
              "conditions": [DynamicPolicyCondition(field="query", operator="contains", value=text)],
              "actions": [DynamicPolicyAction(type="block", config={"reason": "Not here."})],
              **members}
    return CreateDynamicPolicyRequest(**fields)


async def stops(client, text):
    """Whether pre-check, decide and check-input stop the text."""
    approved = await client.pre_check("", text)
    decision = await client.decide(DecideRequest(stage="llm", query=text))
    check = await client.mcp_check_input("postgres", text)
    return [not approved.approved, decision.verdict == "deny", not check.allowed]


def test_a_static_policy_lives_from_creation_to_deletion(server):
    first, second = word(), word()

    async def use(client):
        assert await stops(client, first) == [False] * 3
        policy = await client.create_static_policy(static_request(first, tags=["suite"], priority=70))
        assert policy.tier is PolicyTier.TENANT and policy.version == 1 and policy.priority == 70
        assert await stops(client, first) == [True] * 3
        assert (await client.get_static_policy(policy.id)).policy_id == policy.policy_id

        changed = await client.update_static_policy(
            policy.id, UpdateStaticPolicyRequest(pattern=second, description="The second word."))
        assert changed.version == 2 and changed.description == "The second word."
        assert (await stops(client, first), await stops(client, second)) == ([False] * 3, [True] * 3)

        off = await client.toggle_static_policy(policy.id, False)
        assert off.enabled is False and await stops(client, second) == [False] * 3
        on = await client.toggle_static_policy(policy.id, True)
        assert on.enabled is True and await stops(client, second) == [True] * 3

        versions = await client.get_static_policy_versions(policy.id)
        assert [v.version for v in versions] == [4, 3, 2, 1]
        assert [v.change_type for v in versions] == ["enabled", "disabled", "updated", "created"]
        assert versions[-1].snapshot["pattern"] == first and versions[0].changed_by

        await client.delete_static_policy(policy.id)
        assert await stops(client, second) == [False] * 3
        with pytest.raises(AxonFlowError, match="404"):
            await client.get_static_policy(policy.id)

    run(server, use)


def test_static_policies_are_listed_with_every_option(server):
    mark = word()

    async def use(client):
        for i in range(3):
            await client.create_static_policy(
                static_request(word(), name=f"{mark} {i}", enabled=i != 1))
        listed = await client.list_static_policies(ListStaticPoliciesOptions(
            category=PolicyCategory.SENSITIVE_DATA, tier=PolicyTier.TENANT, enabled=True, limit=10,
            sort_by="name", sort_order="asc", search=mark))
        assert [p.name for p in listed] == [f"{mark} 0", f"{mark} 2"]
        second = await client.list_static_policies(ListStaticPoliciesOptions(
            limit=1, offset=1, sort_by="name", sort_order="desc", search=mark))
        assert [p.name for p in second] == [f"{mark} 1"]
        system = await client.list_static_policies(
            ListStaticPoliciesOptions(category=PolicyCategory.SECURITY_SQLI, limit=100))
        assert "sys_sqli_union_select" in {p.policy_id for p in system}
        assert len(await client.list_static_policies()) == 20

    run(server, use)


def test_every_built_in_policy_is_read(server):
    async def use(client):
        seen = []
        while page := await client.list_static_policies(
                ListStaticPoliciesOptions(limit=100, offset=len(seen), tier=PolicyTier.SYSTEM,
                                          sort_by="name", sort_order="asc")):
            seen += page
        effective = await client.get_effective_static_policies(
            EffectivePoliciesOptions(include_disabled=True, include_overridden=True))
        return seen, effective

    seen, effective = run(server, use)
    assert len({p.id for p in seen}) == len(seen) > 60
    system = [p for p in effective if p.tier is PolicyTier.SYSTEM]
    assert {p.id for p in system} == {p.id for p in seen}


def test_effective_policies_hold_what_was_created(server):
    async def use(client):
        on = await client.create_static_policy(static_request(word()))
        off = await client.create_static_policy(static_request(word(), enabled=False))
        narrow = await client.get_effective_static_policies(
            EffectivePoliciesOptions(category=PolicyCategory.SENSITIVE_DATA))
        wide = await client.get_effective_static_policies(
            EffectivePoliciesOptions(include_disabled=True))
        return on.id, off.id, {p.id for p in narrow}, {p.id for p in wide}

    on, off, narrow, wide = run(server, use)
    assert on in narrow and off not in narrow
    assert {on, off} <= wide


def test_a_pattern_is_tested(server):
    async def use(client):
        good = await client.test_pattern(r"\b(\d{3})-(\d{2})\b", ["code 123-45", "no code"])
        bad = await client.test_pattern("(", ["x"])
        return good, bad

    good, bad = run(server, use)
    assert good.valid and [m.matched for m in good.matches] == [True, False]
    assert good.matches[0].groups == ["123", "45"]
    assert bad.valid is False and bad.error and bad.matches == []


def test_an_override_is_created_listed_and_deleted(server):
    text = "please call +1 415-555-0132 about the phone bill"

    async def use(client):
        before = await client.decide(DecideRequest(stage="llm", query=text))
        expires = datetime.now(timezone.utc) + timedelta(days=30)
        record = await client.create_policy_override(OVERRIDDEN, CreatePolicyOverrideRequest(
            action_override=OverrideAction.BLOCK, override_reason="No numbers for now.",
            expires_at=expires))
        try:
            during = await client.decide(DecideRequest(stage="llm", query=text))
            policy = await client.get_static_policy(OVERRIDDEN)
            listed = await client.list_policy_overrides()
        finally:
            await client.delete_policy_override(OVERRIDDEN)
        after = await client.decide(DecideRequest(stage="llm", query=text))
        return before, record, expires, during, policy, listed, after

    before, record, expires, during, policy, listed, after = run(server, use)
    assert (before.verdict, during.verdict, after.verdict) == ("allow", "deny", "allow")
    assert record.action_override is OverrideAction.BLOCK and record.created_by
    assert abs(record.expires_at - expires) < timedelta(seconds=1)
    assert policy.has_override and policy.override.id == record.id
    assert record.id in {o.id for o in listed}


@pytest.mark.filterwarnings("ignore:.*eprecat.*")
def test_a_dynamic_policy_lives_from_creation_to_deletion(server):
    first, second = word(), word()

    async def use(client):
        policy = await client.create_dynamic_policy(dynamic_request(first, priority=20))
        assert policy.enabled and policy.priority == 20 and policy.tier is PolicyTier.TENANT
        assert policy.created_at and policy.conditions[0].value == first
        assert await stops(client, first) == [True] * 3
        changed = await client.update_dynamic_policy(policy.id, UpdateDynamicPolicyRequest(
            conditions=[DynamicPolicyCondition(field="query", operator="contains", value=second)]))
        assert changed.name == policy.name and changed.conditions[0].value == second
        assert (await stops(client, first), await stops(client, second)) == ([False] * 3, [True] * 3)
        off = await client.toggle_dynamic_policy(policy.id, False)
        assert off.enabled is False and await stops(client, second) == [False] * 3
        assert (await client.toggle_dynamic_policy(policy.id, True)).enabled is True
        assert (await client.get_dynamic_policy(policy.id)).id == policy.id
        effective = await client.get_effective_dynamic_policies()
        assert policy.id in {p.id for p in effective}
        listed = await client.list_dynamic_policies(ListDynamicPoliciesOptions(
            type="content", tier=PolicyTier.TENANT, enabled=True, limit=50, sort_by="created_at",
            sort_order="desc", search=policy.name))
        assert policy.id in {p.id for p in listed}
        await client.delete_dynamic_policy(policy.id)
        assert await stops(client, second) == [False] * 3
        with pytest.raises(AxonFlowError):
            await client.get_dynamic_policy(policy.id)

    run(server, use)


def test_the_older_routes_warn_and_the_newer_ones_do_not(community):
    async def use(client):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await client.list_static_policies()
            quiet = len(caught)
            await client.list_dynamic_policies()
            return quiet, [str(w.message) for w in caught]

    quiet, messages = run(community, use)
    assert quiet == 0
    assert any("/api/v1/dynamic-policies" in m for m in messages)


def test_two_tenants_see_and_feel_their_own_policies_only(enterprise):
    text = word()
    policy = run(enterprise, lambda c: c.create_static_policy(static_request(text)))

    async def use(client):
        listed = await client.list_static_policies(ListStaticPoliciesOptions(search=policy.name))
        with pytest.raises(AxonFlowError, match="404"):
            await client.get_static_policy(policy.id)
        return await stops(client, text), listed

    assert run(enterprise, use, tenant="globex") == ([False] * 3, [])
    assert run(enterprise, lambda c: stops(c, text)) == [True] * 3


def test_refusals_are_the_exceptions_of_the_client(server):
    async def use(client):
        with pytest.raises(AxonFlowError, match="400"):
            await client.create_static_policy(static_request("(a+)+b"))
        with pytest.raises(AxonFlowError, match="404"):
            await client.get_static_policy(UNKNOWN)
        with pytest.raises(PolicyViolationError, match="(?i)system"):
            await client.delete_static_policy("sys_sqli_union_select")
        with pytest.raises(AxonFlowError):
            await client.create_dynamic_policy(dynamic_request(word(), category="pii-us"))

    run(server, use)


def test_the_synchronous_client_manages_policies(server):
    text = word()
    with SyncAxonFlow(client_of(server)) as client:
        policy = client.create_static_policy(static_request(text))
        assert client.pre_check("", text).approved is False
        assert client.toggle_static_policy(policy.id, False).enabled is False
        assert client.pre_check("", text).approved is True
        client.delete_static_policy(policy.id)
        rule = client.create_dynamic_policy(dynamic_request(text))
        assert client.pre_check("", text).approved is False
        client.delete_dynamic_policy(rule.id)
        assert client.pre_check("", text).approved is True
