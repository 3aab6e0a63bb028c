"""The management of policies over HTTP: what is created acts, on whom, and who may."""

import json
import time
import uuid

import pytest

from support import CARD, HARMLESS, JWT_SECRET, RFC3339, UUID, WITH_SQLI, basic, jwt

STATIC = "/api/v1/static-policies"
TENANT = "/api/v1/tenant-policies"
PREFIXES = [TENANT, "/api/v1/dynamic-policies", "/api/v1/policies"]
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PROTECTED = "sys_sqli_union_select"


def word():
    """A word that stands in no other test, so that policies on it judge nobody else."""
    return "w" + uuid.uuid4().hex


def static_body(pattern, **members):
    return {"name": f"Rule {pattern[:20]}", "pattern": pattern, "category": "sensitive-data",
            "action": "block", "severity": "high", **members}


def dynamic_body(text, **members):
    return {"name": f"Rule {text[:20]}", "type": "content", "category": "dynamic-security",
            "conditions": [{"field": "query", "operator": "contains", "value": text}],
            "actions": [{"type": "block", "config": {"reason": f"No {text}."}}], **members}


def token(role, email=None, tenant="acme", **claims):
    return jwt({"tenant_id": tenant, "email": email or f"{role}@{tenant}.example", "role": role,
                "exp": 4102444800, **claims}, JWT_SECRET)


def as_user(role, email=None, **claims):
    return {"X-User-Token": token(role, email, **claims)}


def made(answer):
    assert answer.status == 201, answer
    body = answer.json()
    return body.get("policy", body)


def verdicts(server, text, auth=None):
    """Whether each of the three planes stops the text."""
    check = server.post("/api/v1/mcp/check-input",
                        {"connector_type": "postgres", "statement": text}, auth=auth).json()
    return [not server.pre_check(text, auth=auth)["approved"],
            server.decide(text, auth=auth)["verdict"] == "deny", not check["allowed"]]


# --- a policy acts


def test_a_created_pattern_blocks_the_next_request_on_every_plane(community):
    text = f"say {word()}"
    assert verdicts(community, text) == [False] * 3
    policy = made(community.post(STATIC, static_body(text.split()[1])))
    assert UUID.match(policy["id"]) and policy["policy_id"].startswith("custom_")
    assert (policy["tier"], policy["version"], policy["enabled"]) == ("tenant", 1, True)
    assert RFC3339.match(policy["created_at"])
    assert verdicts(community, text) == [True] * 3
    answer = community.pre_check(text)
    assert answer["policies"] == [policy["policy_id"]]


def test_update_toggle_and_delete_act_on_the_next_request(community):
    first, second = word(), word()
    policy = made(community.post(STATIC, static_body(first)))
    path = f"{STATIC}/{policy['id']}"

    changed = community.request("PUT", path, {"pattern": second})
    assert changed.status == 200 and changed.json()["version"] == 2
    assert [community.pre_check(f"say {t}")["approved"] for t in (first, second)] == [True, False]

    off = community.request("PATCH", path, {"enabled": False})
    assert off.status == 200 and off.json()["enabled"] is False
    assert community.pre_check(f"say {second}")["approved"] is True
    assert community.request("PATCH", path, {"enabled": True}).json()["version"] == 4
    assert community.pre_check(f"say {second}")["approved"] is False

    gone = community.request("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert community.pre_check(f"say {second}")["approved"] is True
    assert community.get(path).status == 404


def test_an_action_below_block_does_not_stop(community):
    text = word()
    policy = made(community.post(STATIC, static_body(text, action="warn")))
    answer = community.pre_check(f"say {text}")
    assert answer["approved"] is True and answer["policies"] == [policy["policy_id"]]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_dynamic_policy_blocks_the_next_request_on_every_plane(community, prefix):
    text = f"say {word()}"
    answer = community.post(prefix, dynamic_body(text))
    policy = made(answer)
    assert verdicts(community, text) == [True] * 3
    reason = community.pre_check(text)["block_reason"]
    assert reason == f"No {text}."
    path = f"{prefix}/{policy['id']}"
    assert community.request("PUT", path, {"enabled": False}).json()["policy"]["version"] == 2
    assert verdicts(community, text) == [False] * 3
    assert community.request("DELETE", path).status == 204
    assert community.get(path).status == 404


def test_a_policy_on_the_role_judges_verified_users_only_by_their_token(enterprise):
    text = word()
    made(enterprise.post(TENANT, {
        **dynamic_body(text), "conditions": [
            {"field": "query", "operator": "contains", "value": text},
            {"field": "user.role", "operator": "not_equals", "value": "admin"}]},
        auth=enterprise.acme.basic))
    answers = {
        role: enterprise.pre_check(text, auth=enterprise.acme.basic, user_token=token(role),
                                   context={"user_role": "admin", "role": "admin"})["approved"]
        for role in ("admin", "developer")}
    assert answers == {"admin": True, "developer": False}


def test_a_shadow_policy_is_recorded_and_stops_nobody(community):
    text = word()
    policy = made(community.post(STATIC, static_body(text, mode="shadow")))
    answer = community.pre_check(f"say {text}")
    assert answer["approved"] is True and answer["policies"] == []
    found = community.search(decision_id=answer["decision_id"])
    assert policy["policy_id"] in json.dumps(found)


def test_many_changes_act_one_after_the_other(community):
    text = word()
    policy = made(community.post(STATIC, static_body(text)))
    for i in range(20):
        enabled = bool(i % 2)
        community.request("PATCH", f"{STATIC}/{policy['id']}", {"enabled": enabled})
        assert community.pre_check(f"say {text}")["approved"] is not enabled, i


# --- two tenants


def test_a_tenants_policy_judges_that_tenant_alone_and_is_seen_by_it_alone(enterprise):
    text = word()
    acme, globex = enterprise.acme.basic, enterprise.globex.basic
    policy = made(enterprise.post(STATIC, static_body(text), auth=acme))
    rule = made(enterprise.post(TENANT, dynamic_body(text), auth=acme))
    assert verdicts(enterprise, text, acme) == [True] * 3
    assert verdicts(enterprise, text, globex) == [False] * 3
    mine, theirs = (enterprise.get(f"{STATIC}?search={text[:12]}", auth=a).json()
                    for a in (acme, globex))
    assert [p["id"] for p in mine["policies"]] == [policy["id"]]
    assert theirs["policies"] == [] and theirs["pagination"]["total"] == 0
    for path in (f"{STATIC}/effective?include_disabled=true", "/api/v1/unified-policies?page_size=100",
                 f"{TENANT}/effective", "/api/v1/policies/dynamic", "/api/v1/effective-policies",
                 f"{TENANT}?limit=100", f"{TENANT}/export"):
        answer = enterprise.get(path, auth=globex)
        assert answer.status == 200
        assert policy["id"].encode() not in answer.body, path
        assert rule["id"].encode() not in answer.body, path


@pytest.mark.parametrize("method, path, body", [
    ("GET", STATIC + "/{static}", None),
    ("PUT", STATIC + "/{static}", {"name": "mine now"}),
    ("PATCH", STATIC + "/{static}", {"enabled": False}),
    ("DELETE", STATIC + "/{static}", None),
    ("GET", STATIC + "/{static}/versions", None),
    ("GET", STATIC + "/{static}/override", None),
    ("POST", STATIC + "/{static}/override",
     {"action_override": "block", "override_reason": "because I may"}),
    ("DELETE", STATIC + "/{static}/override", None),
    ("GET", TENANT + "/{dynamic}", None),
    ("PUT", TENANT + "/{dynamic}", {"name": "mine now"}),
    ("DELETE", TENANT + "/{dynamic}", None),
    ("POST", TENANT + "/{dynamic}/test", {"query": "x"}),
    ("GET", TENANT + "/{dynamic}/versions", None),
    ("GET", "/api/v1/policies/{dynamic}", None),
    ("GET", "/api/v1/unified-policies/{dynamic}", None),
    ("GET", "/api/v1/unified-policies/static-{static}", None),
])
def test_what_is_anothers_answers_as_what_does_not_exist(enterprise, method, path, body):
    things = {"static": made(enterprise.post(STATIC, static_body(word()),
                                             auth=enterprise.acme.basic))["id"],
              "dynamic": made(enterprise.post(TENANT, dynamic_body(word()),
                                              auth=enterprise.acme.basic))["id"]}
    absent = {"static": UNKNOWN, "dynamic": UNKNOWN}
    foreign, unknown = (
        enterprise.request(method, path.format(**ids), body, auth=enterprise.globex.basic)
        for ids in (things, absent))
    assert foreign.status == unknown.status == 404
    assert foreign.body == unknown.body


def test_a_body_cannot_name_another_tenant_or_organization(enterprise):
    for claim in ({"tenant_id": "globex"}, {"organization_id": "elsewhere"}, {"org_id": "x"}):
        for path, body in ((STATIC, static_body(word())), (TENANT, dynamic_body(word()))):
            answer = enterprise.post(path, {**body, **claim}, auth=enterprise.acme.basic)
            assert answer.status == 403, (path, claim, answer)
    own = {"tenant_id": "acme", "organization_id": enterprise.acme.org_id}
    assert enterprise.post(STATIC, {**static_body(word()), **own},
                           auth=enterprise.acme.basic).status == 201
    answer = enterprise.get(f"{STATIC}?organization_id=elsewhere", auth=enterprise.acme.basic)
    assert answer.status == 403


# --- tiers


@pytest.mark.parametrize("method, body", [
    ("PUT", {"action": "log"}), ("PATCH", {"enabled": False}), ("DELETE", None)])
@pytest.mark.parametrize("role", [None, "owner", "admin"])
def test_system_policies_cannot_be_changed_by_anybody(enterprise, method, body, role):
    headers = as_user(role) if role else None
    for path in (f"{STATIC}/{PROTECTED}", f"{TENANT}/sys_dyn_tenant_isolation"):
        answer = enterprise.request(method, path, body, headers, enterprise.acme.basic)
        assert answer.status == 403
        assert b"SYSTEM_TIER_IMMUTABLE" in answer.body
    assert enterprise.decide(WITH_SQLI, auth=enterprise.acme.basic)["verdict"] == "deny"


def test_a_system_policy_cannot_be_created(community):
    for path, body in ((STATIC, static_body(word())), (TENANT, dynamic_body(word()))):
        answer = community.post(path, {**body, "tier": "system"})
        assert answer.status == 403 and b"SYSTEM_TIER_IMMUTABLE" in answer.body


def test_an_organization_policy_needs_authority_and_judges_every_tenant(enterprise):
    text = word()
    body = static_body(text, tier="organization")
    assert enterprise.post(STATIC, body, auth=enterprise.acme.basic).status == 403
    assert enterprise.post(STATIC, body, auth=enterprise.acme.basic,
                           headers=as_user("policy_admin")).status == 403
    policy = made(enterprise.post(STATIC, body, auth=enterprise.acme.basic, headers=as_user("admin")))
    assert policy["tier"] == "organization"
    assert policy["organization_id"] == enterprise.acme.org_id
    if enterprise.globex.org_id == enterprise.acme.org_id:
        assert verdicts(enterprise, text, enterprise.globex.basic) == [True] * 3
        answer = enterprise.request("DELETE", f"{STATIC}/{policy['id']}",
                                    auth=enterprise.globex.basic)
        assert answer.status == 403
    enterprise.request("DELETE", f"{STATIC}/{policy['id']}", auth=enterprise.acme.basic,
                       headers=as_user("admin"))
    assert verdicts(enterprise, text, enterprise.globex.basic) == [False] * 3


WRITES = [
    ("POST", STATIC, static_body("wxyz")), ("PUT", STATIC + "/custom_x", {}),
    ("PATCH", STATIC + "/custom_x", {"enabled": True}), ("DELETE", STATIC + "/custom_x", None),
    ("POST", f"{STATIC}/{PROTECTED}/override", {}), ("DELETE", f"{STATIC}/{PROTECTED}/override", None),
    ("PUT", "/api/v1/detection-posture", {"pii": "block"}),
    ("DELETE", "/api/v1/detection-posture/pii", None),
    ("POST", "/api/v1/templates/tpl_block_terms/apply", {}),
] + [(method, prefix + rest, body) for prefix in PREFIXES for method, rest, body in (
    ("POST", "", {}), ("POST", "/import", {}), ("PUT", "/dyn_x", {}), ("PATCH", "/dyn_x", {}),
    ("DELETE", "/dyn_x", None))]


@pytest.mark.parametrize("method, path, body", WRITES)
def test_users_without_the_role_write_nothing(enterprise, method, path, body):
    for role in ("developer", "viewer", ""):
        answer = enterprise.request(method, path, body, as_user(role, "dev@acme.example"),
                                    enterprise.acme.basic)
        assert answer.status == 403, (role, answer)
        assert answer.json()["message"]


def test_a_refused_write_is_recorded(enterprise):
    email = f"{word()}@acme.example"
    answer = enterprise.post(STATIC, static_body(word()), auth=enterprise.acme.basic,
                             headers=as_user("developer", email))
    assert answer.status == 403
    found = enterprise.search(auth=enterprise.acme.basic, user_email=email)["entries"]
    assert [e["policy_decision"] for e in found] == ["blocked"]
    assert found[0]["request_type"] == "policy_write"


def test_every_write_is_recorded_before_its_answer(enterprise):
    auth = enterprise.acme.basic
    email = f"{word()}@acme.example"
    headers = as_user("policy_admin", email)
    policy = made(enterprise.post(STATIC, static_body(word()), auth=auth, headers=headers))
    path = f"{STATIC}/{policy['id']}"
    enterprise.request("PUT", path, {"priority": 7}, headers, auth)
    enterprise.request("DELETE", path, None, headers, auth)
    rule = made(enterprise.post(TENANT, dynamic_body(word()), auth=auth, headers=headers))
    found = enterprise.search(auth=auth, user_email=email)["entries"]
    assert [e["request_type"] for e in reversed(found)] == [
        "policy_created", "policy_updated", "policy_deleted", "policy_created"]
    assert {e["user_role"] for e in found} == {"policy_admin"}
    by_policy = enterprise.search(auth=auth, policy_name=policy["policy_id"])["entries"]
    assert len(by_policy) == 3
    assert len(enterprise.search(auth=auth, policy_name=rule["policy_id"])["entries"]) == 1
    listed = enterprise.get("/api/v1/decisions?limit=20", auth=auth).json()["decisions"]
    assert not {e["request_id"] for e in found} & {d["decision_id"] for d in listed}


# --- reading


def test_lists_are_filtered_sorted_and_paged(community):
    mark = word()
    names = [f"{mark} {i}" for i in range(5)]
    for i, name in enumerate(names):
        made(community.post(STATIC, static_body(word(), name=name, priority=i * 10,
                                                enabled=i != 3, severity="low" if i else "critical")))

    def listed(query):
        answer = community.get(f"{STATIC}?search={mark}&{query}")
        assert answer.status == 200, answer
        return answer.json()

    everything = listed("sort_by=name&sort_order=asc")
    assert [p["name"] for p in everything["policies"]] == names
    assert everything["pagination"] == {
        "page": 1, "page_size": 20, "limit": 20, "offset": 0, "total": 5, "total_items": 5,
        "total_pages": 1}
    page = listed("sort_by=priority&sort_dir=desc&page=2&page_size=2")
    assert [p["priority"] for p in page["policies"]] == [20, 10]
    assert page["pagination"]["total_pages"] == 3
    window = listed("sort_by=priority&sort_order=asc&limit=2&offset=3")
    assert [p["priority"] for p in window["policies"]] == [30, 40]
    assert [p["name"] for p in listed("enabled=false")["policies"]] == [names[3]]
    assert [p["name"] for p in listed("severity=critical")["policies"]] == [names[0]]
    assert listed("tier=system")["policies"] == []
    assert listed("category=pii-global")["policies"] == []
    assert len(listed("tier=tenant&category=sensitive-data")["policies"]) == 5


def test_dynamic_lists_are_filtered_sorted_and_paged(community):
    mark = word()
    for i in range(3):
        made(community.post(TENANT, dynamic_body(word(), name=f"{mark[:20]} {i}", priority=i,
                                                 type="risk" if i else "content")))
    answer = community.get(f"{TENANT}?search={mark[:20]}&sort_by=priority&sort_dir=asc&limit=2").json()
    assert [p["priority"] for p in answer["policies"]] == [0, 1]
    assert answer["pagination"]["total_items"] == 3
    answer = community.get(f"{TENANT}?search={mark[:20]}&type=content").json()
    assert [p["priority"] for p in answer["policies"]] == [0]
    shared = community.get(f"{TENANT}?limit=100&search=isolation").json()["policies"]
    assert "sys_dyn_tenant_isolation" in {p["policy_id"] for p in shared}


@pytest.mark.parametrize("query", [
    "page=0", "page=x", "page_size=0", "limit=-1", "offset=-1", "sort_by=secret", "sort_dir=up",
    "enabled=maybe", "tier=galaxy", "severity=fatal", "search=" + "x" * 101, "limit=%zz"])
@pytest.mark.parametrize("path", [STATIC, TENANT])
def test_a_bad_query_is_refused_with_the_name_of_the_parameter(community, path, query):
    answer = community.get(f"{path}?{query}")
    assert answer.status == 400
    message = answer.json()["error"]["message"]
    assert query.split("=")[0] in message or "query string" in message


def test_a_list_without_matches_is_empty_and_not_null(community):
    for path in (STATIC, TENANT, "/api/v1/policies", "/api/v1/unified-policies"):
        answer = community.get(f"{path}?search={word()}").json()
        assert answer["policies"] == [] and answer["pagination"]["total"] == 0


@pytest.mark.parametrize("path", [STATIC, TENANT, "/api/v1/policies"])
@pytest.mark.parametrize("bad", ["UPPER", "1abc", "a", "x" * 129, "a%20b", "%27%20OR%201"])
def test_ids_that_can_name_nothing_are_refused(community, path, bad):
    answer = community.get(f"{path}/{bad}")
    assert answer.status == 400, answer


def test_a_policy_is_found_by_uuid_in_any_case_and_by_slug(community):
    policy = made(community.post(STATIC, static_body(word())))
    for name in (policy["id"], policy["id"].upper(), policy["policy_id"]):
        assert community.get(f"{STATIC}/{name}").json()["id"] == policy["id"]
    system = community.get(f"{STATIC}/{PROTECTED}").json()
    assert system["tier"] == "system" and system["tenant_id"] == "global"
    assert community.get(f"{STATIC}/{system['id']}").json()["policy_id"] == PROTECTED


def test_versions_hold_what_the_policy_was(community):
    first, second = word(), word()
    policy = made(community.post(STATIC, static_body(first)))
    path = f"{STATIC}/{policy['id']}"
    community.request("PUT", path, {"pattern": second, "action": "warn"})
    community.request("PATCH", path, {"enabled": False})
    answer = community.get(f"{path}/versions").json()
    assert answer["count"] == 3
    assert [(v["version"], v["change_type"]) for v in answer["versions"]] == [
        (3, "disabled"), (2, "updated"), (1, "created")]
    assert [v["snapshot"]["pattern"] for v in answer["versions"]] == [second, second, first]
    assert all(v["changed_by"] and RFC3339.match(v["changed_at"]) for v in answer["versions"])
    rule = made(community.post(TENANT, dynamic_body(first)))
    community.request("PUT", f"{TENANT}/{rule['id']}", {"enabled": False})
    answer = community.get(f"{TENANT}/{rule['id']}/versions").json()
    assert [v["change_type"] for v in answer["versions"]] == ["disable", "create"]


def test_the_effective_view_says_what_holds(community):
    text = word()
    policy = made(community.post(STATIC, static_body(text, category="pii-us")))
    off = made(community.post(STATIC, static_body(word(), enabled=False)))
    view = community.get(f"{STATIC}/effective").json()
    ids = [p["id"] for p in view["static"]]
    assert policy["id"] in ids and off["id"] not in ids
    assert view["tenant_id"] and RFC3339.match(view["computed_at"])
    tiers = [p["tier"] for p in view["static"]]
    assert tiers == sorted(tiers, key=["system", "organization", "tenant"].index)
    wide = community.get(f"{STATIC}/effective?include_disabled=true").json()
    assert off["id"] in [p["id"] for p in wide["static"]]
    narrow = community.get(f"{STATIC}/effective?category=pii-us").json()["static"]
    assert {p["category"] for p in narrow} == {"pii-us"}
    summary = community.get("/api/v1/effective-policies").json()["summary"]
    assert summary["total"] == len(ids) == sum(summary["by_tier"].values())
    assert summary["total"] == sum(summary["by_category"].values())


def test_the_effective_dynamic_view_is_in_ascending_priority(community):
    for priority in (900, 3):
        made(community.post(TENANT, dynamic_body(word(), priority=priority)))
    policies = community.get(f"{TENANT}/effective").json()["policies"]
    priorities = [p["priority"] for p in policies]
    assert priorities == sorted(priorities)
    assert all(p["enabled"] for p in policies)
    bare = community.get("/api/v1/policies/dynamic").json()
    assert {p["id"] for p in bare} == {p["id"] for p in policies}


def test_the_unified_view_holds_both_kinds(community):
    policy = made(community.post(STATIC, static_body(word())))
    rule = made(community.post(TENANT, dynamic_body(word())))
    ids = {f"static-{policy['id']}": "agent", rule["id"]: "orchestrator"}
    for unified_id, source in ids.items():
        entry = community.get(f"/api/v1/unified-policies/{unified_id}").json()
        assert (entry["policy_id"], entry["source"]) == (unified_id, source)
        assert entry["is_static"] is (source == "agent")
        listed = community.get(
            f"/api/v1/unified-policies?source={source}&sort_by=created_at&page_size=100").json()
        assert unified_id in {p["policy_id"] for p in listed["policies"]}
        assert {p["source"] for p in listed["policies"]} == {source}
    assert community.get(f"/api/v1/unified-policies/static-{PROTECTED}").status == 200
    summary = listed["summary"]
    assert summary["total_static"] > 60 and summary["total_enabled"] > 60


# --- validation


@pytest.mark.parametrize("change, field", [
    ({"name": ""}, "name"), ({"name": "x" * 256}, "name"), ({"name": 5}, "name"),
    ({"pattern": ""}, "pattern"), ({"pattern": "(a+)+b"}, "pattern"),
    ({"pattern": "(?=x)y"}, "pattern"), ({"pattern": "a" * 1001}, "pattern"),
    ({"pattern": "x*"}, "pattern"), ({"pattern": "([a-z"}, "pattern"),
    ({"category": "security-galaxy"}, "category"), ({"category": None}, "category"),
    ({"action": "explode"}, "action"), ({"severity": "fatal"}, "severity"),
    ({"priority": -1}, "priority"), ({"priority": 1.5}, "priority"),
    ({"enabled": "yes"}, "enabled"), ({"tags": "a"}, "tags"), ({"metadata": []}, "metadata"),
    ({"mode": "quiet"}, "mode"), ({"tier": "galaxy"}, "tier"),
    ({"must_match": ["nothing like it"]}, "must_match"),
])
def test_a_malformed_static_policy_is_refused_with_its_field(community, change, field):
    answer = community.post(STATIC, {**static_body(word()), **change})
    assert answer.status == 400, answer
    error = answer.json()["error"]
    assert error["code"] == 400 and error["reason"] == "VALIDATION_ERROR"
    assert error["details"] == error["fields"]
    assert any(p["field"].startswith(field) and p["message"] for p in error["details"]), error


@pytest.mark.parametrize("change, field", [
    ({"name": "ab"}, "name"), ({"name": "x" * 101}, "name"), ({"description": "x" * 501}, "description"),
    ({"type": "magic"}, "type"), ({"category": "pii-us"}, "category"), ({"category": None}, "category"),
    ({"conditions": []}, "conditions"), ({"conditions": None}, "conditions"),
    ({"conditions": {}}, "conditions"), ({"actions": []}, "actions"), ({"actions": None}, "actions"),
    ({"conditions": [{"field": "weather", "operator": "equals", "value": "x"}]}, "conditions[0].field"),
    ({"conditions": [{"field": "query", "operator": "smells", "value": "x"}]},
     "conditions[0].operator"),
    ({"conditions": [{"field": "query", "operator": "regex", "value": "(a+)+$"}]},
     "conditions[0].value"),
    ({"actions": [{"type": "explode"}]}, "actions[0].type"),
    ({"priority": 1001}, "priority"), ({"enabled": 1}, "enabled"),
])
@pytest.mark.parametrize("prefix", [TENANT, "/api/v1/dynamic-policies"])
def test_a_malformed_dynamic_policy_is_refused_with_its_field(community, prefix, change, field):
    answer = community.post(prefix, {**dynamic_body(word()), **change})
    assert answer.status == 400, answer
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert error["details"] == error["fields"]
    assert any(p["field"].startswith(field) and p["message"] for p in error["details"]), error


def test_all_problems_of_a_body_are_named_at_once(community):
    answer = community.post(STATIC, {"name": "", "pattern": "(", "category": "x", "action": "x"})
    assert {p["field"] for p in answer.json()["error"]["details"]} == {
        "name", "pattern", "category", "action"}


@pytest.mark.parametrize("path", [STATIC, TENANT, "/api/v1/policies", TENANT + "/import"])
@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"name":"a","name":"b"}', "\xff"])
def test_a_body_that_is_no_object_is_refused(community, path, body):
    answer = community.post(path, body.encode("latin-1") or b" ")
    assert answer.status == 400
    assert "INVALID_JSON" in answer.json()["error"].values()


def test_a_refused_body_leaves_nothing(community):
    text = word()
    assert community.post(STATIC, static_body(text, severity="fatal")).status == 400
    assert community.get(f"{STATIC}?search={text[:12]}").json()["policies"] == []
    assert community.pre_check(text)["approved"] is True


def test_an_empty_change_makes_no_version(community):
    policy = made(community.post(STATIC, static_body(word())))
    same = community.request("PUT", f"{STATIC}/{policy['id']}", {"name": policy["name"]})
    assert same.status == 200 and same.json()["version"] == 1


def test_an_old_category_name_is_mapped(community):
    policy = made(community.post(STATIC, static_body(word(), category="pii_detection")))
    assert policy["category"] == "pii-global"


@pytest.mark.parametrize("path, allowed", [
    (STATIC + "/effective", {"GET"}), (STATIC + "/overrides", {"GET"}), (STATIC + "/test", {"POST"}),
    (STATIC + "/" + UNKNOWN, {"GET", "PUT", "PATCH", "DELETE"}), (TENANT + "/import", {"POST"}),
    ("/api/v1/policies/dynamic", {"GET"}), ("/api/v1/templates/stats", {"GET"})])
def test_other_methods_are_refused_with_those_that_work(community, path, allowed):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        answer = community.request(method, path, {} if method != "GET" else None)
        assert answer.status == 405, (method, answer)
        named = answer.headers["allow"].split(", ")
        assert len(named) == len(set(named)) and allowed <= set(named)
        assert method not in named


# --- trying things out


def test_a_pattern_is_tried_without_effect(community):
    body = {"pattern": r"ab(c+)", "inputs": ["xabcc", "none", "abc abcc"]}
    answer = community.post(f"{STATIC}/test", body).json()
    assert answer["valid"] is True and answer["inputs"] == body["inputs"]
    assert [m["matched"] for m in answer["matches"]] == [True, False, True]
    assert answer["matches"][0]["groups"] == ["cc"]
    assert answer["results"][2]["matches"] == ["abc", "abcc"]
    invalid = community.post(f"{STATIC}/test", {"pattern": "(", "inputs": ["x"]})
    assert invalid.status == 200
    assert invalid.json()["valid"] is False and invalid.json()["error"]
    assert community.post(f"{STATIC}/test", {"pattern": "", "inputs": []}).status == 400
    assert community.post(f"{STATIC}/test", {"pattern": "x", "input": "x"}).json()["matches"]


def test_one_dynamic_policy_is_tried_without_effect(community):
    rule = made(community.post(TENANT, {
        **dynamic_body("invoice"), "enabled": False, "conditions": [
            {"field": "query", "operator": "contains", "value": "invoice"},
            {"field": "user.role", "operator": "equals", "value": "guest"},
            {"field": "context.region.name", "operator": "equals", "value": "north"},
            {"field": "risk_score", "operator": "less_than", "value": 0.9}]}))
    path = f"{TENANT}/{rule['id']}/test"
    body = {"query": "an INVOICE", "user": {"role": "guest"}, "context": {"region": {"name": "north"}}}
    hit = community.post(path, body).json()
    assert (hit["matched"], hit["blocked"]) == (True, True)
    assert hit["actions"] == [{"type": "block", "config": {"reason": "No invoice."},
                               "message": "No invoice."}]
    assert "disabled" in hit["explanation"] and hit["eval_time_ms"] >= 0
    miss = community.post(path, {**body, "user": {"role": "admin"}}).json()
    assert (miss["matched"], miss["blocked"], miss["actions"]) == (False, False, [])
    assert "user.role" in miss["explanation"]
    risky = community.post(path, {**body, "risk_score": 0.95}).json()
    assert risky["matched"] is False and "risk_score" in risky["explanation"]
    assert community.post(path, {"query": 5}).status == 400


def test_all_policies_are_tried_without_a_record(community):
    text = word()
    rule = made(community.post(TENANT, dynamic_body(text)))
    before = community.search(limit=1)["total"]
    hit = community.post("/api/v1/policies/test", {"query": f"say {text}"}).json()
    assert hit["allowed"] is False and rule["name"] in hit["applied_policies"]
    assert any(a.startswith("blocked:") for a in hit["required_actions"])
    miss = community.post("/api/v1/policies/test", {"query": HARMLESS}).json()
    assert miss["allowed"] is True and miss["applied_policies"] == []
    risky = community.post("/api/v1/policies/test", {"query": "my password " + word()}).json()
    assert risky["risk_score"] == pytest.approx(0.7)
    assert community.search(limit=1)["total"] == before


def test_a_trial_is_the_callers_own(enterprise):
    answer = enterprise.post("/api/v1/policies/test",
                             {"query": "x", "user": {"tenant_id": "globex"}},
                             auth=enterprise.acme.basic)
    assert answer.status == 403


# --- import and export


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_was_exported_is_imported_elsewhere_and_acts(enterprise, prefix):
    texts = [word(), word()]
    names = [f"Copied {t[:16]}" for t in texts]
    for name, text in zip(names, texts):
        made(enterprise.post(prefix, dynamic_body(text, name=name), auth=enterprise.acme.basic))
    exported = enterprise.get(f"{prefix}/export", auth=enterprise.acme.basic)
    assert "policies-export.json" in exported.headers["content-disposition"]
    document = exported.json()
    assert document["tenant_id"] == "acme" and RFC3339.match(document["exported_at"])
    wanted = [p for p in document["policies"] if p["name"] in names]
    assert len(wanted) == 2
    globex = enterprise.globex.basic
    report = enterprise.post(f"{prefix}/import", {"policies": wanted}, auth=globex)
    assert report.status == 200
    assert report.json() == {"created": 2, "updated": 0, "skipped": 0, "failed": 0, "errors": []}
    assert enterprise.decide(texts[0], auth=globex)["verdict"] == "deny"
    again = enterprise.post(f"{prefix}/import", {"policies": wanted}, auth=globex).json()
    assert again["skipped"] == 2
    over = enterprise.post(f"{prefix}/import", auth=globex, body={
        "overwrite_mode": "overwrite", "policies": [{**p, "priority": 9} for p in wanted]}).json()
    assert over["updated"] == 2
    errors = enterprise.post(f"{prefix}/import", auth=globex,
                             body={"overwrite_mode": "error", "policies": wanted}).json()
    assert errors["failed"] == 2 and len(errors["errors"]) == 2


def test_import_takes_ten_mebibytes_and_other_routes_do_not(community):
    text = word()

    def padded(mebibytes):
        document = json.dumps({"policies": [dynamic_body(text)]})
        return ("{" + " " * (mebibytes << 20) + document[1:]).encode()

    report = community.post(f"{TENANT}/import", padded(9))
    assert report.status == 200 and report.json()["created"] == 1
    assert community.decide(text)["verdict"] == "deny"
    assert community.post(f"{TENANT}/import", padded(10)).status == 413
    assert community.post(TENANT, padded(1)).status == 413


def test_one_bad_row_refuses_the_whole_import(community):
    good, bad = dynamic_body(word()), {**dynamic_body(word()), "type": "magic"}
    answer = community.post(f"{TENANT}/import", {"policies": [good, bad]})
    assert answer.status == 400
    assert answer.json()["error"]["details"][0]["field"].startswith("policies[1].")
    found = community.get(f"{TENANT}?search={good['name'][:20].replace(' ', '%20')}").json()
    assert good["name"] not in {p["name"] for p in found["policies"]}


@pytest.mark.parametrize("policies", [[], None, {}, [5], [dynamic_body("x")] * 101])
def test_an_import_holds_one_to_a_hundred_policies(community, policies):
    answer = community.post(f"{TENANT}/import", {"policies": policies})
    assert answer.status == 400


# --- the older prefix


def test_the_older_prefix_names_its_successor(community):
    for prefix, deprecated in ((TENANT, False), ("/api/v1/dynamic-policies", True)):
        for path in (prefix, f"{prefix}/effective", f"{prefix}/{UNKNOWN}"):
            headers = community.get(path).headers
            assert ("deprecation" in headers) is deprecated
            assert ("successor-version" in headers.get("link", "")) is deprecated


def test_the_general_prefix_demands_no_category(community):
    body = dynamic_body(word())
    del body["category"]
    assert made(community.post("/api/v1/policies", body))["category"].startswith("dynamic-")
    assert community.post(TENANT, body).status == 400


# --- overrides by administrators


def override(server, policy, body, auth=None, headers=None):
    return server.post(f"{STATIC}/{policy}/override",
                       {"override_reason": "for the test suite", **body}, auth=auth, headers=headers)


@pytest.fixture
def ip_override(community):
    """The policy on IP addresses, which logs, without overrides before and after."""
    policy = "sys_pii_ip_address"
    community.request("DELETE", f"{STATIC}/{policy}/override")
    yield policy
    community.request("DELETE", f"{STATIC}/{policy}/override")


def test_an_override_makes_a_policy_stricter_at_once(community, ip_override):
    text = f"the host is 203.0.113.{len(ip_override)} today"
    before = community.decide(text)
    assert before["verdict"] == "allow"
    answer = override(community, ip_override, {"action_override": "block"})
    assert answer.status == 201
    record = answer.json()
    assert record["policy_id"] == ip_override and record["action_override"] == "block"
    assert record["policy_type"] == "static" and record["created_by"]
    assert community.decide(text)["verdict"] == "deny"
    shown = community.get(f"{STATIC}/{ip_override}").json()
    assert shown["has_override"] is True and shown["override"]["id"] == record["id"]
    effective = community.get(f"{STATIC}/effective?category=pii-global").json()["static"]
    entry = next(p for p in effective if p["policy_id"] == ip_override)
    assert entry["action"] == "block" and entry["override_action"] == "block"
    for path in (f"{STATIC}/overrides", "/api/v1/policy-overrides"):
        listed = community.get(path).json()
        assert record["id"] in {o["id"] for o in listed["overrides"]}
        assert listed["count"] == len(listed["overrides"])
    assert community.get(f"{STATIC}/{ip_override}/override").json()["id"] == record["id"]
    found = community.search(override_id=record["id"])["entries"]
    assert "policy_override_created" in {e["request_type"] for e in found}
    assert community.request("DELETE", f"{STATIC}/{ip_override}/override").status == 204
    assert community.get(f"{STATIC}/{ip_override}/override").status == 404
    assert community.decide(text)["verdict"] == "allow"


def test_a_second_override_replaces_the_first(community, ip_override):
    first = override(community, ip_override, {"action_override": "warn"})
    second = override(community, ip_override, {"action_override": "redact"})
    assert (first.status, second.status) == (201, 200)
    assert second.json()["action_override"] == "redact" and second.json()["version"] == 2


def test_an_override_ends_when_it_expires(community, ip_override):
    text = "the host is 203.0.113.77 today"
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    assert override(community, ip_override,
                    {"action_override": "block", "expires_at": soon}).status == 201
    assert community.decide(text)["verdict"] == "deny"
    time.sleep(2.2)
    assert community.decide(text)["verdict"] == "allow"
    assert community.get(f"{STATIC}/{ip_override}/override").status == 404


def test_an_override_cannot_weaken_a_critical_policy(community):
    try:
        override(community, PROTECTED, {"action_override": "log"})
        override(community, PROTECTED, {"enabled_override": False})
        assert community.decide(WITH_SQLI)["verdict"] == "deny"
    finally:
        community.request("DELETE", f"{STATIC}/{PROTECTED}/override")


def test_overrides_are_of_policies_that_are_not_ones_own(community):
    policy = made(community.post(STATIC, static_body(word())))
    answer = override(community, policy["id"], {"action_override": "log"})
    assert answer.status == 403
    assert answer.json()["error"]["reason"] == "OVERRIDE_OF_OWN_POLICY"


@pytest.mark.parametrize("body, field", [
    ({"override_reason": ""}, "override_reason"), ({"override_reason": None}, "override_reason"),
    ({"action_override": "explode"}, "action_override"), ({"action_override": None}, ""),
    ({"expires_at": "tomorrow"}, "expires_at"), ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"tier": "system"}, "tier")])
def test_a_malformed_override_is_refused(community, body, field):
    answer = override(community, "sys_pii_email", {"action_override": "warn", **body})
    assert answer.status == 400
    assert any(p["field"].startswith(field) for p in answer.json()["error"]["details"])


def test_an_override_of_the_organization_needs_authority(enterprise):
    body = {"action_override": "warn", "tier": "organization"}
    auth = enterprise.acme.basic
    assert override(enterprise, "sys_pii_email", body, auth).status == 403
    made_by_admin = override(enterprise, "sys_pii_email", body, auth, as_user("admin"))
    assert made_by_admin.status == 201
    gone = enterprise.request("DELETE", f"{STATIC}/sys_pii_email/override?tier=organization",
                              auth=auth, headers=as_user("admin"))
    assert gone.status == 204


# --- session overrides


@pytest.fixture
def stopping(enterprise):
    """A policy of acme that stops a text, and may be overridden."""
    text = word()
    policy = made(enterprise.post(STATIC, static_body(text, severity="medium"),
                                  auth=enterprise.acme.basic))
    return text, policy


def session(server, policy, headers, **members):
    return server.post("/api/v1/overrides", {
        "policy_id": policy, "policy_type": "static", "override_reason": "the suite needs it",
        **members}, auth=server.acme.basic, headers=headers)


def test_a_session_override_lets_one_user_pass_for_a_while(enterprise, stopping):
    text, policy = stopping
    ann, bob = f"ann{word()}@acme.example", f"bob{word()}@acme.example"

    def approved(email):
        return enterprise.pre_check(text, auth=enterprise.acme.basic,
                                    user_token=token("developer", email))["approved"]

    assert approved(ann) is False
    answer = session(enterprise, policy["policy_id"], as_user("developer", ann))
    assert answer.status == 201
    granted = answer.json()
    assert granted["ttl_seconds"] == 3600 and granted["policy_id"] == policy["policy_id"]
    assert "clamped" not in granted
    assert (approved(ann), approved(bob)) == (True, False)
    found = enterprise.search(auth=enterprise.acme.basic, override_id=granted["id"])["entries"]
    assert "override_created" in {e["request_type"] for e in found}

    path = f"/api/v1/overrides/{granted['id']}"
    own = enterprise.get(path, auth=enterprise.acme.basic, headers=as_user("developer", ann)).json()
    assert own["created_by"] == ann and own["tenant_id"] == "acme"
    listed = enterprise.get("/api/v1/overrides", auth=enterprise.acme.basic,
                            headers=as_user("developer", ann)).json()
    assert [o["id"] for o in listed["overrides"]] == [granted["id"]] and listed["count"] == 1
    assert enterprise.get("/api/v1/overrides", auth=enterprise.acme.basic,
                          headers=as_user("developer", bob)).json()["overrides"] == []

    for other, auth in ((as_user("developer", bob), enterprise.acme.basic),
                        (as_user("admin", tenant="globex"), enterprise.globex.basic)):
        assert enterprise.get(path, auth=auth, headers=other).status == 404
        assert enterprise.request("DELETE", path, auth=auth, headers=other).status == 404
    assert approved(ann) is True
    gone = enterprise.request("DELETE", path, auth=enterprise.acme.basic,
                              headers=as_user("developer", ann))
    assert gone.status == 200 and RFC3339.match(gone.json()["revoked_at"])
    assert approved(ann) is False
    again = enterprise.request("DELETE", path, auth=enterprise.acme.basic,
                               headers=as_user("developer", ann))
    assert again.status == 404
    everything = enterprise.get("/api/v1/overrides?include_revoked=true",
                                auth=enterprise.acme.basic, headers=as_user("developer", ann)).json()
    assert everything["overrides"][0]["revoked_at"]


def test_an_administrator_revokes_anybodys_session_override(enterprise, stopping):
    _, policy = stopping
    granted = session(enterprise, policy["id"], as_user("developer", f"{word()}@acme.example")).json()
    gone = enterprise.request("DELETE", f"/api/v1/overrides/{granted['id']}",
                              auth=enterprise.acme.basic, headers=as_user("admin"))
    assert gone.status == 200


@pytest.mark.parametrize("asked, given, reason", [
    (5, 60, "below_minimum"), (999_999, 86_400, "exceeds_hard_cap"), (0, 3_600, None),
    (120, 120, None)])
def test_the_time_of_a_session_override_is_clamped(enterprise, stopping, asked, given, reason):
    _, policy = stopping
    answer = session(enterprise, policy["id"], as_user("developer"), ttl_seconds=asked).json()
    assert answer["ttl_seconds"] == given
    assert answer.get("clamped_reason") == reason
    assert answer.get("requested_ttl") == (asked if reason else None)


def test_a_session_override_needs_a_person_and_a_policy_that_allows_it(enterprise, stopping):
    _, policy = stopping
    assert session(enterprise, policy["id"], None).status == 401
    forged = session(enterprise, policy["id"], {"X-User-Email": "ann@acme.example"})
    assert forged.status == 401
    assert session(enterprise, PROTECTED, as_user("admin")).status == 403
    assert session(enterprise, UNKNOWN, as_user("admin")).status == 404
    strict = made(enterprise.post(STATIC, static_body(word(), allow_override=False),
                                  auth=enterprise.acme.basic))
    assert session(enterprise, strict["id"], as_user("admin")).status == 403
    for bad in ({"policy_type": "magic"}, {"override_reason": ""}, {"policy_id": ""},
                {"override_reason": "x" * 501}, {"ttl_seconds": "long"}):
        assert session(enterprise, policy["id"], as_user("admin"), **bad).status == 400, bad
    assert enterprise.get("/api/v1/overrides/not-a-uuid", auth=enterprise.acme.basic).status == 400


# --- the posture of an organization


def test_the_posture_of_the_organization_replaces_the_deployments(make_module_server):
    server = make_module_server({"PII_ACTION": "warn"})
    text = f"charge {CARD} please"
    posture = server.get("/api/v1/detection-posture").json()
    assert posture["overrides"] == {}
    assert posture["groups"]["pii"]["planes"]["gateway"] == {"action": "warn", "source": "PII_ACTION"}
    assert server.pre_check(text)["approved"] is True

    answer = server.request("PUT", "/api/v1/detection-posture",
                            {"overrides": {"pii": "block"}, "reason": "no cards here"})
    assert answer.status == 200 and answer.json()["overrides"] == {"pii": "block"}
    assert server.pre_check(text)["approved"] is False
    planes = server.get("/api/v1/detection-posture").json()["groups"]["pii"]["planes"]
    assert planes["decision"]["action"] == "block"

    assert server.request("PUT", "/api/v1/detection-posture", {"sqli": "log"}).status == 200
    assert server.decide(WITH_SQLI)["verdict"] == "allow"
    assert server.request("DELETE", "/api/v1/detection-posture/sqli").status == 204
    assert server.request("DELETE", "/api/v1/detection-posture/pii").status == 204
    assert server.pre_check(text)["approved"] is True
    assert server.request("DELETE", "/api/v1/detection-posture/pii").status == 404
    types = [e["request_type"] for e in server.search()["entries"]]
    assert types.count("detection_posture_updated") == 2
    for bad in ({"pii": "explode"}, {"galaxy": "block"}, {}, {"pii": 5}, {"sqli": "redact"}):
        assert server.request("PUT", "/api/v1/detection-posture", bad).status == 400, bad


def test_the_posture_needs_authority_over_the_organization(enterprise):
    for headers in (None, as_user("policy_admin")):
        answer = enterprise.request("PUT", "/api/v1/detection-posture", {"pii": "block"}, headers,
                                    enterprise.acme.basic)
        assert answer.status == 403, answer


# --- templates


def test_templates_are_listed_and_found(community):
    answer = community.get("/api/v1/templates?page_size=100").json()
    templates = answer["templates"]
    assert answer["pagination"]["total_items"] == len(templates) >= 8
    categories = community.get("/api/v1/templates/categories").json()["categories"]
    assert {t["category"] for t in templates} == set(categories)
    for one in templates:
        assert community.get(f"/api/v1/templates/{one['id']}").json() == {"template": one}
        assert all(v["required"] == v["is_required"] for v in one["variables"])
    compliance = community.get("/api/v1/templates?category=compliance").json()["templates"]
    assert compliance and {t["category"] for t in compliance} == {"compliance"}
    assert community.get("/api/v1/templates?tags=hipaa,none").json()["templates"]
    assert community.get("/api/v1/templates?search=no-such-template").json()["templates"] == []
    assert community.get("/api/v1/templates/tpl_unknown").status == 404


def test_a_template_makes_a_policy_that_acts(community):
    text = word()
    path = "/api/v1/templates/tpl_block_terms/apply"
    answer = community.post(path, {"policy_name": "No such words", "enabled": True,
                                   "variables": {"terms": [text], "reason": "Not this one."}})
    assert answer.status == 201
    body = answer.json()
    assert body["success"] is True and body["usage_id"] and body["message"]
    policy = body["policy"]
    assert policy["conditions"][0]["value"] == [text]
    stopped = community.pre_check(f"say {text}")
    assert (stopped["approved"], stopped["block_reason"]) == (False, "Not this one.")
    stats = community.get("/api/v1/templates/stats").json()["stats"]
    used = next(s for s in stats if s["template_id"] == "tpl_block_terms")
    assert used["usage_count"] >= 1 and RFC3339.match(used["last_used_at"])


def test_a_template_is_off_until_asked_for(community):
    text = word()
    answer = community.post("/api/v1/templates/tpl_block_terms/apply",
                            {"policy_name": "Off at first", "variables": {"terms": [text]}})
    assert answer.json()["policy"]["enabled"] is False
    assert community.pre_check(text)["approved"] is True


@pytest.mark.parametrize("body, field", [
    ({"variables": {"terms": ["x"]}}, "policy_name"), ({"policy_name": "ab", "variables": {"terms": ["x"]}}, "name"),
    ({"policy_name": "abc", "variables": {}}, "variables.terms"),
    ({"policy_name": "abc"}, "variables.terms"),
    ({"policy_name": "abc", "variables": {"terms": "x"}}, "variables.terms"),
    ({"policy_name": "abc", "variables": {"terms": ["x"], "reason": ""}}, "variables.reason"),
    ({"policy_name": "abc", "variables": [1]}, "variables")])
def test_a_template_names_what_is_missing(community, body, field):
    answer = community.post("/api/v1/templates/tpl_block_terms/apply", body)
    assert answer.status == 400
    assert any(p["field"] == field for p in answer.json()["error"]["details"]), answer


@pytest.mark.parametrize("caller", ["client", "admin"])
def test_templates_of_one_tenant_count_for_it_alone(enterprise, caller):
    def uses(client):
        stats = enterprise.get("/api/v1/templates/stats", auth=client.basic).json()["stats"]
        return {s["template_id"]: s["usage_count"] for s in stats}.get("tpl_cost_alert", 0)

    auth, headers = enterprise.acme.basic, as_user("admin") if caller == "admin" else None
    ours, theirs = uses(enterprise.acme), uses(enterprise.globex)
    enterprise.post("/api/v1/templates/tpl_cost_alert/apply", {"policy_name": f"Cost {word()[:12]}"},
                    auth=auth, headers=headers)
    assert (uses(enterprise.acme), uses(enterprise.globex)) == (ours + 1, theirs)


# --- durability


def test_policies_survive_a_restart(make_server):
    server = make_server().start()
    static, dynamic = word(), word()
    made(server.post(STATIC, static_body(static)))
    made(server.post(TENANT, dynamic_body(dynamic)))
    override(server, "sys_pii_ip_address", {"action_override": "block"})
    server.kill()
    server.start()
    assert server.pre_check(f"say {static}")["approved"] is False
    assert server.pre_check(f"say {dynamic}")["approved"] is False
    assert server.decide("the host is 203.0.113.5 today")["verdict"] == "deny"


def test_a_slug_is_given_once(community):
    body = static_body(word(), policy_id=f"slug_{word()[:12]}")
    assert community.post(STATIC, body).status == 201
    again = community.post(STATIC, body)
    assert again.status == 409
    assert again.json()["error"]["reason"] == "ALREADY_EXISTS"


def test_names_in_community_mode_are_tenants_of_their_own(community):
    text = word()
    made(community.post(STATIC, static_body(text), auth=basic("team-a", "x")))
    assert community.pre_check(text, auth=basic("team-a", "x"))["approved"] is False
    assert community.pre_check(text, auth=basic("team-b", "x"))["approved"] is True
    assert community.pre_check(text, client_id="team-a")["approved"] is False
