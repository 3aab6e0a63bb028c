"""Budgets, usage and prices: by the official client, and what they do to calls of models."""

import concurrent.futures
import threading
import time

import pytest
from axonflow import AxonFlow
from axonflow.exceptions import AxonFlowError, BudgetExceededError
from axonflow.types import (
    BudgetCheckRequest,
    BudgetOnExceed,
    BudgetPeriod,
    BudgetScope,
    CreateBudgetRequest,
    ListBudgetsOptions,
    ListUsageRecordsOptions,
    UpdateBudgetRequest,
)

import postgres
from support import JWT_SECRET, unique

# What a call of send() comes to: 11 tokens in and 7 out of the stand-in, gpt-4 at 0.03 and 0.06 a
# thousand.
CALL_USD = 11 * 0.03 / 1000 + 7 * 0.06 / 1000
CALLERS = 64
LEASE_SECONDS = 3

pytestmark = pytest.mark.usefixtures("fresh_provider")


def settings(provider, **more):
    return {"OPENAI_BASE_URL": provider.url + "/v1", "OPENAI_API_KEY": "sk-1",
            "AXONFLOW_EGRESS_ALLOW": "127.0.0.1", **more}


@pytest.fixture
def node(make_server, provider):
    def make(**more):
        return make_server(settings(provider, **more)).start()

    return make


def budget(node, name, limit, auth=None, **more):
    answer = node.post("/api/v1/budgets", {
        "id": name, "name": name, "limit_usd": limit, "period": "monthly", "on_exceed": "block", **more}, auth=auth)
    assert answer.status == 201, answer
    return answer.json()


def status(node, name, auth=None):
    answer = node.get(f"/api/v1/budgets/{name}/status", auth=auth)
    assert answer.status == 200, answer
    return answer.json()


def send(node, auth=None, headers=None, max_tokens=7, **more):
    return node.post("/v1/chat/completions", {
        "model": "gpt-4", "max_tokens": max_tokens,
        "messages": [{"role": "user", "content": unique("hello")}], **more}, auth=auth, headers=headers, timeout=30)


def client(node):
    return AxonFlow.sync(endpoint=node.url, client_id="", client_secret="")


def test_the_official_client_manages_budgets(node):
    with client(node()) as axonflow:
        made = axonflow.create_budget(CreateBudgetRequest(
            id="b1", name="First", scope=BudgetScope.ORGANIZATION, limit_usd=0.5,
            period=BudgetPeriod.MONTHLY, on_exceed=BudgetOnExceed.BLOCK, alert_thresholds=[50, 100]))
        assert (made.id, made.limit_usd, made.on_exceed, made.enabled) == ("b1", 0.5, "block", True)
        assert axonflow.get_budget("b1").alert_thresholds == [50, 100]
        with pytest.raises(AxonFlowError):
            axonflow.create_budget(CreateBudgetRequest(
                id="b1", name="Again", scope=BudgetScope.ORGANIZATION, limit_usd=1,
                period=BudgetPeriod.DAILY, on_exceed=BudgetOnExceed.WARN, alert_thresholds=[]))
        axonflow.update_budget("b1", UpdateBudgetRequest(name="Renamed", limit_usd=2))
        read = axonflow.get_budget("b1")
        assert (read.name, read.limit_usd, read.on_exceed) == ("Renamed", 2, "block")
        listed = axonflow.list_budgets(ListBudgetsOptions(scope=BudgetScope.ORGANIZATION, limit=10))
        assert listed.total == 1 and listed.budgets[0].id == "b1"
        standing = axonflow.get_budget_status("b1")
        assert (standing.used_usd, standing.remaining_usd, standing.is_blocked) == (0, 2, False)
        assert axonflow.get_budget_alerts("b1").count == 0
        assert axonflow.check_budget(BudgetCheckRequest()).allowed is True
        axonflow.delete_budget("b1")
        with pytest.raises(AxonFlowError):
            axonflow.get_budget("b1")


def test_every_change_of_a_budget_is_recorded_with_what_it_was_about(node):
    server = node()
    budget(server, "kept-in-mind", 2.5, scope="agent", scope_id="a1")
    assert server.request("PUT", "/api/v1/budgets/kept-in-mind", {"limit_usd": 3}, None, None).status == 200
    assert server.request("DELETE", "/api/v1/budgets/kept-in-mind", None, None, None).status == 204
    assert server.request("DELETE", "/api/v1/budgets/kept-in-mind", None, None, None).status == 404
    entries = [entry for entry in server.search()["entries"] if entry["request_type"].startswith("budget_")]
    assert [entry["request_type"] for entry in reversed(entries)] == [
        "budget_created", "budget_updated", "budget_deleted"]
    assert [entry["policy_details"]["reason"] for entry in reversed(entries)] == [
        f"Budget kept-in-mind of {micros} micro-dollars" for micros in (2_500_000, 3_000_000, 3_000_000)]
    assert all(entry["policy_details"]["context"]["budget_scope"] == "agent" for entry in entries), entries


def test_the_official_client_reads_usage_and_prices(node):
    server = node()
    for agent in ("a1", "a1", "a2"):
        assert send(server, headers={"X-Agent-ID": agent}).status == 200
    with client(server) as axonflow:
        summary = axonflow.get_usage_summary("daily")
        assert summary.total_requests == 3 and summary.total_tokens_in == 33 and summary.total_tokens_out == 21
        assert summary.total_cost_usd == pytest.approx(3 * CALL_USD)
        groups = axonflow.get_usage_breakdown("agent", "daily")
        assert [(item.group_value, item.request_count) for item in groups.items] == [("a1", 2), ("a2", 1)]
        page = axonflow.list_usage_records(ListUsageRecordsOptions(limit=2))
        assert page.total == 3 and len(page.records) == 2
        assert page.records[0].model == "gpt-4" and page.records[0].cost_usd == pytest.approx(CALL_USD)
        every = axonflow.get_pricing()
        assert len(every.pricing) > 10
        one = axonflow.get_pricing("openai", "gpt-4")
        assert one.pricing[0].pricing.input_per_1k == 0.03
    assert server.get("/api/v1/usage/breakdown?group_by=colour").status == 400
    assert server.get("/api/v1/pricing?provider=openai&model=nobody-knows").status == 404


@pytest.mark.parametrize("change", [
    {"limit_usd": 0}, {"limit_usd": "5"}, {"period": "hourly"}, {"on_exceed": "downgrade"}, {"scope": "planet"},
    {"scope": "team"}, {"id": ""}, {"name": ""}, {"alert_thresholds": [0]}])
def test_a_budget_that_means_nothing_is_refused(community, change):
    body = {"id": "bad", "name": "Bad", "limit_usd": 1, "period": "daily", **change}
    answer = community.post("/api/v1/budgets", body)
    assert answer.status == 400 and answer.json()["error"] == "Bad Request" and answer.json()["message"]
    assert community.get("/api/v1/budgets/bad").status == 404


def test_a_call_over_the_budget_reaches_nobody(node, provider):
    server = node()
    budget(server, "small", CALL_USD * 1.5)
    assert send(server).status == 200
    assert send(server).status == 200
    calls = len(provider.calls)
    refused = send(server)
    assert refused.status == 429 and refused.json()["error"]["code"] == "budget_exceeded"
    with client(server) as axonflow, pytest.raises(BudgetExceededError) as raised:
        axonflow.proxy_llm_call(user_token="", query=unique("hello"), request_type="chat", context={})
    assert raised.value.budget_id == "small"
    assert len(provider.calls) == calls
    assert server.post("/api/v1/budgets/check", {}).json()["allowed"] is False
    standing = status(server, "small")
    assert standing["is_blocked"] is True and standing["reserved_usd"] == 0
    assert standing["used_usd"] == pytest.approx(2 * CALL_USD)
    alerts = server.get("/api/v1/budgets/small/alerts").json()
    assert [(a["threshold"], a["alert_type"]) for a in alerts["alerts"]] == [
        (100, "budget_blocked"), (80, "threshold_reached"), (50, "threshold_reached")]
    assert all(isinstance(alert["id"], str) for alert in alerts["alerts"])


def test_a_warning_is_in_the_answer(node):
    server = node()
    budget(server, "warned", CALL_USD / 2, on_exceed="warn")
    assert send(server).status == 200
    answer = server.post("/api/request", {"query": unique("hello"), "request_type": "chat"})
    assert answer.status == 200 and answer.headers["x-budget-warning"]
    assert answer.json()["budget_info"]["exceeded"] is True
    assert answer.json()["budget_info"]["budget_id"] == "warned"


def test_a_budget_of_an_agent_stops_that_agent(node):
    server = node()
    budget(server, "agent", CALL_USD / 2, scope="agent", scope_id="a1")
    assert send(server, headers={"X-Agent-ID": "a1"}).status == 200
    assert send(server, headers={"X-Agent-ID": "a1"}).status == 429
    assert send(server, headers={"X-Agent-ID": "a2"}).status == 200


def test_a_streamed_answer_is_settled(node):
    server = node()
    budget(server, "streamed", 1.0)
    answer = send(server, stream=True, stream_options={"include_usage": True})
    assert answer.status == 200
    assert b"[DONE]" in answer.body
    end = time.monotonic() + 5
    while status(server, "streamed")["reserved_usd"] > 0 and time.monotonic() < end:
        time.sleep(0.05)
    standing = status(server, "streamed")
    assert standing["reserved_usd"] == 0 and standing["used_usd"] > 0


def test_a_call_that_fails_costs_nothing(node, provider):
    server = node()
    budget(server, "failed", 1.0)
    provider.fault = 500
    assert send(server).status >= 500
    assert status(server, "failed")["reserved_usd"] == 0


def race(nodes, auth=None):
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(lambda i: send(nodes[i % len(nodes)], auth=auth).status, range(CALLERS)))


def test_sixty_four_callers_take_a_limit_for_ten_at_most_ten_times(node, provider):
    server = node()
    budget(server, "ten", CALL_USD * 10)
    answers = race([server])
    assert set(answers) == {200, 429}
    assert answers.count(200) == len(provider.calls) <= 10
    while send(server).status == 200:
        pass
    assert len(provider.calls) == 10
    assert status(server, "ten")["used_usd"] == pytest.approx(10 * CALL_USD)


def test_a_reservation_of_a_killed_process_returns_with_its_lease(node, provider):
    server = node(AXONFLOW_BUDGET_LEASE=f"{LEASE_SECONDS}s")
    budget(server, "leased", CALL_USD / 2)
    provider.hold = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(send, server, stream=True)
        end = time.monotonic() + 10
        while status(server, "leased")["reserved_usd"] == 0 and time.monotonic() < end:
            time.sleep(0.02)
        assert status(server, "leased")["reserved_usd"] > 0
        server.kill()
        assert lost.exception(timeout=20) is not None
    provider.hold.set()
    provider.reset()
    server.start()
    assert send(server).status == 429 or status(server, "leased")["reserved_usd"] == 0
    time.sleep(LEASE_SECONDS)
    assert send(server).status == 200


@pytest.mark.skipif(not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run this test")
def test_two_nodes_on_one_database_share_the_limit(make_server, provider):
    pg = postgres.Postgres()
    try:
        environment = settings(
            provider, DATABASE_URL=pg.url(pg.new_database()), DEPLOYMENT_MODE="enterprise", JWT_SECRET=JWT_SECRET,
            AXONFLOW_BUDGET_LEASE=f"{LEASE_SECONDS}s")
        nodes = [make_server(environment), make_server(environment)]
        acme = nodes[0].create_client("acme")
        globex = nodes[0].create_client("globex")
        # The pepper makes a secret's digest; nodes of one deployment share it.
        keys = [one.data_dir / "keys" for one in nodes]
        keys[1].mkdir(mode=0o700, exist_ok=True)
        (keys[1] / "client-secret.pepper").write_bytes((keys[0] / "client-secret.pepper").read_bytes())
        (keys[1] / "client-secret.pepper").chmod(0o600)
        for one in nodes:
            one.start()
        budget(nodes[0], "ten", CALL_USD * 10, auth=acme.basic)
        assert nodes[1].get("/api/v1/budgets/ten", auth=globex.basic).status == 404
        time.sleep(1.1)
        answers = race(nodes, auth=acme.basic)
        assert set(answers) == {200, 429}, answers
        assert answers.count(200) == len(provider.calls) <= 10
        # What is reserved by a node that is killed comes back, and nothing but that.
        provider.hold = threading.Event()
        budget(nodes[0], "held", CALL_USD / 2, auth=acme.basic, scope="agent", scope_id="a1")
        before = len(provider.calls)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            lost = pool.submit(send, nodes[0], acme.basic, {"X-Agent-ID": "a1"}, stream=True)
            held = lambda: status(nodes[1], "held", auth=acme.basic)["reserved_usd"] > 0  # noqa: E731
            while before < 10 and not held() and not lost.done():
                time.sleep(0.02)
            nodes[0].kill()
        provider.hold.set()
        provider.hold = None
        time.sleep(LEASE_SECONDS + 0.1)
        assert not held()
        while send(nodes[1], auth=acme.basic).status == 200:
            pass
        # The killed call reached the provider, and nobody knows what it cost.
        assert len(provider.calls) - (1 if before < 10 else 0) == 10
        assert status(nodes[1], "ten", auth=acme.basic)["used_usd"] == pytest.approx(10 * CALL_USD)
        assert send(nodes[1], auth=globex.basic).status == 200
        nodes[1].stop()
    finally:
        pg.close()
