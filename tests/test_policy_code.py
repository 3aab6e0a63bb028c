"""Policy as code: lint, plan, apply, diff, export and backtest of the real binary."""

import json
import time

import pytest

from support import unique

ENTERPRISE = {"DEPLOYMENT_MODE": "enterprise", "PII_ACTION": "redact", "SQLI_ACTION": "block"}

STATIC = """static_policies:
  - id: no_falcon
    name: Names of projects
    category: custom
    pattern: '(?i)\\bproject\\s+falcon\\b'
    action: block
    must_match: [about Project Falcon]
    must_not_match: [a falcon flew]
"""
DYNAMIC = """dynamic_policies:
  - id: no_payroll
    name: Payroll questions
    type: content
    conditions:
      - {field: query, operator: contains, value: payroll}
    actions:
      - type: block
        config: {reason: Ask the personnel department.}
    must_match: [the payroll of May]
    must_not_match: [the weather of May]
"""


@pytest.fixture
def node(make_server):
    """A folder with the tenants shop and bank, and a server on it that was not started."""
    server = make_server(ENTERPRISE)
    server.shop = server.create_client("shop")
    server.bank = server.create_client("bank")
    return server


def write(node, text, name="shop.yaml"):
    path = node.folder / name
    path.write_text(text)
    return str(path)


def code(node, *arguments, expect=0):
    done = node.run("policy", *arguments, check=False)
    assert done.returncode == expect, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done


def plan(node, *files, expect, tenant="shop"):
    return json.loads(code(node, "plan", "--tenant", tenant, "-o", "json", *files,
                           expect=expect).stdout)


def apply(node, *files, tenant="shop"):
    return code(node, "apply", "--tenant", tenant, "--yes", *files)


def test_plan_shows_what_apply_does_and_then_nothing_is_left(node):
    rules = write(node, STATIC + DYNAMIC)
    shown = plan(node, rules, expect=1)
    assert [(each["change"], each["id"]) for each in shown["policies"]] == [
        ("create", "no_falcon"), ("create", "no_payroll")]
    assert plan(node, rules, expect=1) == shown  # a plan writes nothing
    assert "2 created" in apply(node, rules).stdout
    assert not plan(node, rules, expect=0)["changes"]
    write(node, STATIC.replace("action: block", "action: warn"))
    text = code(node, "plan", "--tenant", "shop", rules, expect=1).stdout
    assert 'action: "block" -> "warn"' in text and "- delete  dynamic no_payroll" in text
    code(node, "plan", "--tenant", "shop", "--keep-absent", rules, expect=1)
    apply(node, "--keep-absent", rules)
    shown = plan(node, rules, expect=1)
    assert [each["change"] for each in shown["policies"]] == ["unchanged", "delete"]
    assert plan(node, rules, expect=1, tenant="bank")["create"] == 1


def test_files_and_folders_make_one_set(node):
    folder = node.folder / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(STATIC)
    (folder / "b.yml").write_text(DYNAMIC)
    assert plan(node, str(folder), expect=1)["create"] == 2
    again = write(node, STATIC)
    refused = code(node, "plan", "--tenant", "shop", str(folder), again, expect=2)
    assert "shop.yaml:2" in refused.stderr and "a.yaml:2" in refused.stderr


def test_lint_names_file_and_line(node):
    assert "2 policies, 4 texts, 0 problems" in code(node, "lint", write(node, STATIC + DYNAMIC)).stdout
    bad = write(node, STATIC.replace("a falcon flew", "project falcon")
                + DYNAMIC.replace("the payroll of May", "the salaries of May"))
    found = code(node, "lint", bad, expect=1).stdout
    assert "shop.yaml:8: must_not_match[0]" in found
    slow = write(node, STATIC.replace("falcon\\b", "(\\w+)+\\b"))
    assert "shop.yaml:5: pattern" in code(node, "lint", slow, expect=1).stdout
    only_dynamic = write(node, DYNAMIC.replace("the payroll of May", "the salaries of May"))
    assert "shop.yaml:10: must_match[0]" in code(node, "lint", only_dynamic, expect=1).stdout
    unknown = write(node, STATIC.replace("action:", "acton:"))
    assert "shop.yaml:6: unknown key" in code(node, "lint", unknown, expect=2).stderr


def test_a_failing_apply_changes_nothing(node):
    apply(node, write(node, STATIC))
    before = code(node, "export", "--tenant", "shop").stdout
    worse = STATIC.replace("action: block", "action: warn") + DYNAMIC
    for text in (worse.replace("the payroll of May", "the salaries of May"),
                 worse.replace("a falcon flew", "project falcon"),
                 worse.replace("operator: contains", "operator: resembles"),
                 worse + "surprise: 1\n", "static_policies: ["):
        refused = code(node, "apply", "--tenant", "shop", "--yes", write(node, text), expect=2)
        assert "shop.yaml:" in refused.stderr, text
    assert code(node, "export", "--tenant", "shop").stdout == before
    # Nobody is there to be asked.
    refused = code(node, "apply", "--tenant", "shop", write(node, worse), expect=2)
    assert "--yes" in refused.stderr
    assert code(node, "export", "--tenant", "shop").stdout == before


def test_says_whose_policies_are_missing(node):
    rules = write(node, STATIC)
    assert "--tenant" in code(node, "plan", rules, expect=2).stderr
    code(node, "plan", "--tenant", "shop", "--tier", "organization", rules, expect=2)
    assert 'no tenant "shpo"' in code(node, "plan", "--tenant", "shpo", rules, expect=1).stderr
    code(node, "plan", "--tenant", "shop", str(node.folder / "absent.yaml"), expect=3)
    code(node, "plan", "--tenant", "shop", "--data-dir", str(node.folder / "typo"), rules, expect=3)
    assert not (node.folder / "typo").exists()


def test_an_export_plans_to_no_change(node):
    odd = STATIC.replace("Names of projects", "\"it's: a #name\"") + """    phase: response
    severity: critical
    mode: shadow
    tags: ['yes', 'two words']
    metadata: {owner: {team: [1, 'two']}}
""" + DYNAMIC + "    priority: 3\n    enabled: false\n"
    apply(node, write(node, odd))
    exported = code(node, "export", "--tenant", "shop").stdout
    assert not plan(node, write(node, exported, "exported.yaml"), expect=0)["changes"]
    code(node, "apply", "--tier", "organization", "--yes", write(node, STATIC.replace(
        "no_falcon", "for_all")))
    assert "for_all" in code(node, "export", "--tier", "organization").stdout


def test_apply_acts_on_a_running_server_within_a_second(node):
    node.start()
    text = unique("project falcon")
    assert node.pre_check(text, auth=node.shop.basic)["approved"]
    apply(node, write(node, STATIC))
    end = time.monotonic() + 1
    while node.pre_check(text, auth=node.shop.basic)["approved"]:
        assert time.monotonic() < end, "not in force a second after apply returned"
        time.sleep(0.02)
    assert node.pre_check(text, auth=node.bank.basic)["approved"]


def test_diff_finds_what_was_changed_over_the_interface(node):
    rules = write(node, STATIC)
    apply(node, rules)
    node.start()
    assert "no drift" in code(node, "diff", "--tenant", "shop", rules).stdout
    listed = node.get("/api/v1/static-policies/no_falcon", auth=node.shop.basic)
    assert listed.status == 200, listed
    changed = node.request("PUT", "/api/v1/static-policies/no_falcon", {"action": "warn"},
                           auth=node.shop.basic)
    assert changed.status == 200, changed
    made = node.post("/api/v1/static-policies", {
        "name": "By hand", "pattern": "\\bbyhand\\b", "category": "custom", "action": "warn",
        "severity": "low"}, auth=node.shop.basic)
    assert made.status == 201, made
    drift = code(node, "diff", "--tenant", "shop", rules, expect=1).stdout
    assert 'action: store "warn", files "block"' in drift and "only in the store" in drift


def test_backtest_replays_recorded_decisions(node):
    node.start()
    stopped = node.pre_check("about project falcon", auth=node.shop.basic)
    node.pre_check("about the weather", auth=node.shop.basic)
    node.pre_check("about project falcon", auth=node.bank.basic)
    node.search(auth=node.shop.basic)  # waits until all is in the store
    rules = write(node, STATIC)
    report = json.loads(code(node, "backtest", "--tenant", "shop", "--since", "1h", "-o", "json",
                             rules).stdout)
    assert report["replayed"] == 2 and report["changed"] == 1, report
    cells = {(cell["was"], cell["would_be"]): cell for cell in report["matrix"]}
    assert cells["allowed", "blocked"]["count"] == 1
    assert len(cells["allowed", "blocked"]["sample_ids"]) == 1 and stopped["approved"]
    assert {each["policy_id"]: each["would_match"] for each in report["by_policy"]}["no_falcon"] == 1
    everywhere = json.loads(code(node, "backtest", "-o", "json", rules).stdout)
    assert {each["tenant_id"] for each in everywhere["by_tenant"]} == {"shop", "bank"}
    text = code(node, "backtest", "--tenant", "shop", "--fail-on-change", rules, expect=1).stdout
    assert "WOULD BE" in text and "no_falcon" in text
    assert plan(node, rules, expect=1)["create"] == 1  # nothing was written


def test_backtest_replays_lines(node):
    lines = [{"id": "a", "text": "project falcon", "was": "allowed", "plane": "mcp"},
             {"text": "about the payroll"}, {"text": "hello", "was": "blocked"}, {"id": "no text"},
             {"text": "x", "tenant": "bank"}]
    history = write(node, "\n".join(map(json.dumps, lines)) + "\n{broken\n", "past.jsonl")
    apply(node, write(node, DYNAMIC, "payroll.yaml"))
    rules = write(node, STATIC)
    report = json.loads(code(node, "backtest", "--tenant", "shop", "--input", history, "-o", "json",
                             rules).stdout)
    assert report["replayed"] == 3 and report["unreplayable"] == 3 and len(report["reasons"]) == 3
    cells = {(cell["was"], cell["would_be"]): cell["sample_ids"] for cell in report["matrix"]}
    assert cells == {("allowed", "blocked"): ["a"], ("blocked", "blocked"): ["line 2"],
                     ("blocked", "allowed"): ["line 3"]}
    # As apply would leave it: without the policy that the files do not hold.
    report = json.loads(code(node, "backtest", "--tenant", "shop", "--input", history, "--replace",
                             "-o", "json", rules).stdout)
    cells = {(cell["was"], cell["would_be"]): cell["sample_ids"] for cell in report["matrix"]}
    assert "line 2" in cells["blocked", "allowed"]
    assert "past.jsonl:4: has no text" in code(
        node, "backtest", "--tenant", "shop", "--input", history, rules).stdout
    code(node, "backtest", "--tenant", "shop", "--since", "yesterday", rules, expect=2)
