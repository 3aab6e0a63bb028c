"""POST /api/request: by the official client, and what stands around a call to a model."""

import pytest
from axonflow import AxonFlow
from axonflow.exceptions import PolicyViolationError

from provider_standin import Provider
from support import CARD, Server, WITH_CARD, WITH_SQLI, unique

DIGITS = "4111 1111"


@pytest.fixture(scope="module")
def providers():
    both = Provider(), Provider()
    yield both
    for standin in both:
        standin.stop()


@pytest.fixture(autouse=True)
def fresh(providers):
    for standin in providers:
        standin.reset()


@pytest.fixture(scope="module")
def server(tmp_path_factory, providers):
    node = Server(tmp_path_factory.mktemp("proxy"), {
        "PII_ACTION": "redact", "SQLI_ACTION": "block",
        "OPENAI_BASE_URL": providers[0].url + "/v1", "OPENAI_API_KEY": "sk-1",
        "ANTHROPIC_BASE_URL": providers[1].url, "ANTHROPIC_API_KEY": "sk-2",
        "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"})
    node.start()
    yield node
    node.stop()


def send(server, query, **more):
    return server.post("/api/request", {"query": query, "request_type": "llm_chat", **more})


def test_the_official_client_gets_an_answer(server, providers):
    with AxonFlow.sync(endpoint=server.url, client_id="", client_secret="") as client:
        answer = client.proxy_llm_call(
            user_token="", query=unique("hello"), request_type="chat", context={})
        assert answer.success and not answer.blocked
        assert answer.result == providers[0].answer
        assert answer.data["provider_info"]["tokens_used"] == 18
        with pytest.raises(PolicyViolationError):
            client.proxy_llm_call(user_token="", query=WITH_SQLI, request_type="chat", context={})
    assert len(providers[0].calls) == 1


def test_a_blocked_query_reaches_nobody_and_names_its_policies(server, providers):
    answer = send(server, WITH_SQLI)
    body = answer.json()
    assert answer.status == 403 and body["blocked"] is True and body["success"] is False
    assert body["policy_info"]["policies_evaluated"]
    assert answer.headers["x-ai-decision-blocked"] == "true"
    assert not providers[0].calls and not providers[1].calls


def test_query_and_answer_are_redacted(server, providers):
    providers[0].answer = f"The card is {CARD}."
    answer = send(server, WITH_CARD)
    assert answer.status == 200, answer
    assert DIGITS not in providers[0].calls[0]["raw"].decode()
    body = answer.json()
    assert DIGITS not in body["result"] and body["data"]["redacted"] is True


def test_the_next_provider_answers_when_the_first_fails(server, providers):
    providers[0].fault = 500
    body = send(server, unique("hello")).json()
    assert body["data"]["provider_info"]["provider"] == "anthropic"
    assert body["result"] == providers[1].answer


def test_a_pinned_provider_is_not_replaced(server, providers):
    providers[1].fault = "reset"
    answer = send(server, unique("hello"), context={"provider": "anthropic", "strict_provider": True})
    assert answer.status == 500
    assert answer.json()["success"] is False and answer.json()["blocked"] is False
    assert not providers[0].calls


def test_a_call_without_the_model_is_judged_all_the_same(server, providers):
    assert send(server, unique("hello"), skip_llm=True).status == 200
    assert send(server, WITH_SQLI, skip_llm=True).status == 403
    assert not providers[0].calls


def test_an_unknown_price_is_null_and_not_nothing(server):
    body = send(server, unique("hello"), context={"provider": "openai", "model": "mystery"}).json()
    assert body["data"]["provider_info"]["cost"] is None
    body = send(server, unique("hello")).json()
    assert body["data"]["provider_info"]["cost"] > 0


@pytest.mark.parametrize("body", [{}, {"query": ""}, {"query": 5}, {"query": "x", "context": []}])
def test_a_bad_body_is_refused(server, body):
    assert server.post("/api/request", body).status == 400


def test_without_a_provider_the_answer_says_so(make_server):
    node = make_server().start()
    answer = send(node, unique("hello"))
    assert answer.status == 503 and "provider" in answer.json()["error"]
    answer = node.post("/v1/chat/completions", {"model": "m", "messages": [
        {"role": "user", "content": "x"}]})
    assert answer.status == 503 and answer.json()["error"]["type"] == "server_error"
