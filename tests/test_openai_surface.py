"""The official OpenAI client, unmodified, against the real binary and a provider of our own."""

import json
import threading
import time

import openai
import pytest

from support import CARD, Server, UUID, WITH_CARD, WITH_SQLI, unique

DIGITS = "4111 1111"

pytestmark = pytest.mark.usefixtures("fresh_provider")


@pytest.fixture(scope="module")
def server(tmp_path_factory, provider):
    node = Server(tmp_path_factory.mktemp("openai"), {
        "PII_ACTION": "redact", "SQLI_ACTION": "block", "OPENAI_BASE_URL": provider.url + "/v1",
        "OPENAI_API_KEY": "sk-of-the-deployment", "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"})
    node.start()
    yield node
    node.stop()


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.url + "/v1", api_key="anything", max_retries=0)


def ask(client, text, **more):
    return client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": text}], **more)


def records_of(server, decision_id):
    return server.post("/api/v1/audit/search", {"decision_id": decision_id}).json()["entries"]


def test_an_answer_comes_through_and_the_deployments_key_goes_along(client, provider):
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=[{"role": "user", "content": unique("hello")}], temperature=0.25,
        extra_body={"x_unknown_member": {"kept": [1, 2.50]}})
    answer = raw.parse()
    assert answer.choices[0].message.content == provider.answer
    assert answer.usage.total_tokens == 18
    assert UUID.match(raw.headers["X-AxonFlow-Decision-Id"])
    assert raw.headers["X-AI-Model-Provider"] == "openai"
    sent = provider.calls[0]
    assert sent["headers"]["authorization"] == "Bearer sk-of-the-deployment"
    assert sent["body"]["x_unknown_member"] == {"kept": [1, 2.5]}


def test_a_blocked_prompt_never_reaches_the_provider(client, provider):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, WITH_SQLI)
    assert refused.value.code == "policy_denied"
    assert refused.value.type == "policy_violation"
    assert provider.calls == []


def test_a_card_number_is_redacted_before_the_provider_sees_it(client, provider):
    ask(client, WITH_CARD)
    assert DIGITS not in provider.calls[0]["raw"].decode()
    assert "annual subscription" in provider.calls[0]["raw"].decode()


def test_a_card_number_in_the_answer_is_redacted(client, provider, server):
    provider.answer = f"The card is {CARD}, as you asked."
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=[{"role": "user", "content": unique("hello")}])
    content = raw.parse().choices[0].message.content
    assert DIGITS not in content and content.endswith("as you asked.")
    assert raw.headers["X-AI-Content-Filtered"] == "true"


REQUEST_PLACES = {
    "system": {"messages": [{"role": "system", "content": WITH_CARD}]},
    "developer": {"messages": [{"role": "developer", "content": WITH_CARD}]},
    "part": {"messages": [{"role": "user", "content": [{"type": "text", "text": WITH_CARD}]}]},
    "name": {"messages": [{"role": "user", "content": "x", "name": CARD}]},
    "arguments": {"messages": [{"role": "assistant", "tool_calls": [{
        "id": "c", "type": "function",
        "function": {"name": "pay", "arguments": json.dumps({"card": CARD})}}]}]},
    "result": {"messages": [{"role": "tool", "tool_call_id": "c", "content": WITH_CARD}]},
    "refusal": {"messages": [{"role": "assistant", "refusal": WITH_CARD}]},
    "tool": {"messages": [{"role": "user", "content": "x"}], "tools": [{
        "type": "function", "function": {"name": "pay", "description": WITH_CARD}}]},
    "parameter": {"messages": [{"role": "user", "content": "x"}], "tools": [{
        "type": "function", "function": {"name": "pay", "parameters": {
            "type": "object", "properties": {"a": {"description": WITH_CARD}}}}}]},
    "prediction": {"messages": [{"role": "user", "content": "x"}],
                   "prediction": {"type": "content", "content": WITH_CARD}},
    "metadata": {"messages": [{"role": "user", "content": "x"}], "metadata": {"k": WITH_CARD}},
    "user": {"messages": [{"role": "user", "content": "x"}], "user": CARD},
    "unknown": {"messages": [{"role": "user", "content": "x"}], "brand_new": {"deep": [WITH_CARD]}},
}


@pytest.mark.parametrize("place", REQUEST_PLACES)
def test_every_place_of_a_request_is_governed(server, provider, place):
    answer = server.post("/v1/chat/completions", {"model": "gpt-4o", **REQUEST_PLACES[place]})
    assert answer.status == 200, answer
    assert DIGITS not in provider.calls[0]["raw"].decode()


def test_an_unknown_content_part_is_refused(server, provider):
    answer = server.post("/v1/chat/completions", {"model": "gpt-4o", "messages": [
        {"role": "user", "content": [{"type": "hologram", "hologram": "x"}]}]})
    assert answer.status == 400
    assert provider.calls == []


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_a_stream_is_the_redaction_of_the_whole_answer(client, provider, piece):
    provider.answer = f"The card is {CARD}, as you asked. Paris is far; mail ann.lee@example.org. " * 3
    provider.piece = piece
    whole = ask(client, "hello").choices[0].message.content
    streamed = "".join(event.choices[0].delta.content or ""
                       for event in ask(client, "hello", stream=True) if event.choices)
    assert streamed == whole
    assert DIGITS not in streamed


def test_a_harmless_stream_goes_as_it_comes_and_tells_its_usage(client, provider):
    events = list(ask(client, "hello", stream=True, stream_options={"include_usage": True}))
    assert "".join(e.choices[0].delta.content or "" for e in events if e.choices) == provider.answer
    assert [e.choices[0].finish_reason for e in events if e.choices][-1] == "stop"
    assert events[-1].usage.total_tokens == 18


def test_a_tool_call_is_judged_whole_when_it_streams(client, provider):
    provider.tool = ("pay", json.dumps({"card": CARD, "amount": 5}))
    provider.piece = 3
    calls = [event.choices[0].delta.tool_calls[0] for event in ask(client, "pay", stream=True)
             if event.choices and event.choices[0].delta.tool_calls]
    assert len(calls) == 1
    arguments = json.loads(calls[0].function.arguments)
    assert arguments["amount"] == 5 and DIGITS not in arguments["card"]
    whole = ask(client, "pay").choices[0].message.tool_calls[0]
    assert json.loads(whole.function.arguments) == arguments
    assert calls[0].id == "call_1" and calls[0].function.name == "pay"


def test_a_stream_that_is_cut_off_ends_in_an_error(client, provider):
    provider.extra = {"cut off": True}
    with pytest.raises(openai.APIError):
        list(ask(client, "hello", stream=True))


def test_an_answer_that_the_policies_stop_ends_the_stream_as_the_protocol_does(
        tmp_path_factory, provider):
    node = Server(tmp_path_factory.mktemp("stop"), {
        "PII_ACTION": "block", "OPENAI_BASE_URL": provider.url + "/v1", "OPENAI_API_KEY": "sk",
        "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"}).start()
    try:
        strict = openai.OpenAI(base_url=node.url + "/v1", api_key="x", max_retries=0)
        provider.answer = f"The card is {CARD}. And this comes behind it."
        events = list(ask(strict, "hello", stream=True))
        text = "".join(event.choices[0].delta.content or "" for event in events)
        assert events[-1].choices[0].finish_reason == "content_filter"
        assert DIGITS not in text and "behind it" not in text
        with pytest.raises(openai.BadRequestError) as stopped:
            ask(strict, "hello")
        assert stopped.value.code == "policy_denied"
    finally:
        node.stop()


def test_a_client_that_goes_away_ends_the_call_to_the_provider(client, provider, server):
    provider.answer = "word " * 20_000
    provider.hold = threading.Event()
    stream = ask(client, "hello", stream=True)
    next(iter(stream))
    stream.close()
    time.sleep(1)
    provider.hold.set()
    end = time.monotonic() + 10
    while provider.gone == 0 and time.monotonic() < end:
        time.sleep(0.05)
    assert provider.gone == 1


@pytest.mark.parametrize("fault, error", [
    (500, openai.InternalServerError), (429, openai.RateLimitError),
    ("reset", openai.InternalServerError), ("wrong length", openai.InternalServerError),
    ("no json", openai.InternalServerError)])
@pytest.mark.parametrize("stream", [False, True])
def test_a_faulty_provider_is_an_error_in_the_protocols_shape(client, provider, fault, error, stream):
    provider.fault = fault
    with pytest.raises(error if not (stream and fault in ("wrong length", "no json"))
                       else openai.APIError):
        answer = ask(client, "hello", stream=stream)
        list(answer)


def test_the_record_of_a_call_tells_its_tokens_and_cost(client, server, provider):
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=[{"role": "user", "content": unique("hello")}])
    entries = records_of(server, raw.headers["X-AxonFlow-Decision-Id"])
    kinds = {entry["request_type"] for entry in entries}
    assert kinds == {"chat_completion", "llm-call"}, entries


def test_the_other_endpoints_go_the_same_way(client, provider):
    provider.answer = f"The card is {CARD}."
    assert DIGITS not in client.completions.create(model="m", prompt=WITH_CARD).choices[0].text
    assert DIGITS not in client.responses.create(model="m", input=WITH_CARD).output_text
    vector = client.embeddings.create(model="m", input=[WITH_CARD], encoding_format="float")
    assert vector.data[0].embedding == [0.123456789, -0.25]
    assert [call["path"] for call in provider.calls] == [
        "/v1/completions", "/v1/responses", "/v1/embeddings"]
    assert all(DIGITS not in call["raw"].decode() for call in provider.calls)
    assert [model.id for model in client.models.list()] == ["gpt-4o-mini"]


def test_a_streamed_response_is_the_redaction_of_the_whole(client, provider):
    provider.answer = f"The card is {CARD}, as you asked. Paris is far. " * 2
    provider.tool = ("pay", json.dumps({"card": CARD, "amount": 5}))
    for piece in (1, 4, 1000):
        provider.piece = piece
        whole = client.responses.create(model="m", input="hello")
        events = list(client.responses.create(model="m", input="hello", stream=True))
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert text == whole.output_text and DIGITS not in text
        final = events[-1]
        assert final.type == "response.completed" and final.response.output_text == text
        call = next(e for e in events if e.type == "response.function_call_arguments.done")
        assert json.loads(call.arguments) == json.loads(whole.output[1].arguments)
        assert DIGITS not in call.arguments and json.loads(call.arguments)["amount"] == 5
        kinds = [event.type for event in events]
        assert kinds.index("response.function_call_arguments.done") > kinds.index(
            "response.output_item.added", kinds.index("response.output_text.done"))


def test_the_record_of_a_streamed_response_tells_its_tokens(client, server, provider):
    raw = client.responses.with_raw_response.create(model="gpt-4o", input=unique("hello"), stream=True)
    list(raw.parse())
    entries = records_of(server, raw.headers["X-AxonFlow-Decision-Id"])
    outcome = next(entry for entry in entries if entry["request_type"] == "llm-call")
    assert outcome["tokens_used"] == 18 if "tokens_used" in outcome else "18" in json.dumps(outcome)


def test_azure_gets_its_own_header_and_the_name_of_its_deployment(tmp_path_factory, provider):
    node = Server(tmp_path_factory.mktemp("azure"), {
        "AZURE_OPENAI_ENDPOINT": provider.url, "AZURE_OPENAI_API_KEY": "azure-key",
        "AZURE_OPENAI_DEPLOYMENT_NAME": "ours", "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"}).start()
    try:
        body = node.post("/api/request", {"query": unique("hello"), "request_type": "chat"}).json()
        assert body["result"] == provider.answer
        assert body["data"]["provider_info"]["provider"] == "azure-openai"
        sent = provider.calls[0]
        assert sent["path"] == "/openai/v1/chat/completions" and sent["body"]["model"] == "ours"
        assert sent["headers"]["api-key"] == "azure-key" and "authorization" not in sent["headers"]
    finally:
        node.stop()


def test_gemini_is_called_by_its_openai_protocol(tmp_path_factory, provider):
    node = Server(tmp_path_factory.mktemp("gemini"), {
        "GOOGLE_BASE_URL": provider.url + "/v1beta/openai", "GOOGLE_API_KEY": "google-key",
        "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"}).start()
    try:
        gemini = openai.OpenAI(base_url=node.url + "/v1", api_key="x", max_retries=0)
        assert ask(gemini, "hello").choices[0].message.content == provider.answer
        sent = provider.calls[0]
        assert sent["path"] == "/v1beta/openai/chat/completions"
        assert sent["headers"]["authorization"] == "Bearer google-key"
    finally:
        node.stop()
