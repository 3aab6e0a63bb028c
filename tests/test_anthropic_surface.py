"""The official Anthropic client, unmodified, against the real binary and a provider of our own."""

import json

import anthropic
import pytest

from support import CARD, Server, WITH_CARD, WITH_SQLI

DIGITS = "4111 1111"

pytestmark = pytest.mark.usefixtures("fresh_provider")


@pytest.fixture(scope="module")
def client(tmp_path_factory, provider):
    node = Server(tmp_path_factory.mktemp("anthropic"), {
        "PII_ACTION": "redact", "SQLI_ACTION": "block", "ANTHROPIC_BASE_URL": provider.url,
        "ANTHROPIC_API_KEY": "key-of-the-deployment", "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"})
    node.start()
    yield anthropic.Anthropic(base_url=node.url, api_key="anything", max_retries=0)
    node.stop()


def request(text, **more):
    return {"model": "claude-haiku-4-5", "max_tokens": 64,
            "messages": [{"role": "user", "content": text}], **more}


def test_an_answer_comes_through(client, provider):
    answer = client.messages.create(**request("hello"))
    assert answer.content[0].text == provider.answer
    assert answer.usage.output_tokens == 7
    assert provider.calls[0]["headers"]["x-api-key"] == "key-of-the-deployment"


def test_a_blocked_prompt_never_reaches_the_provider(client, provider):
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.messages.create(**request(WITH_SQLI))
    assert refused.value.body["error"]["type"] == "invalid_request_error"
    assert provider.calls == []


@pytest.mark.parametrize("more", [
    {"system": WITH_CARD}, {"system": [{"type": "text", "text": WITH_CARD}]},
    {"stop_sequences": [CARD]}, {"metadata": {"user_id": CARD}},
    {"tools": [{"name": "pay", "description": WITH_CARD, "input_schema": {"type": "object"}}]},
    {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t",
                                                "content": WITH_CARD}]}]},
    {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "pay",
                                                     "input": {"card": CARD}}]}]},
    {"messages": [{"role": "assistant", "content": [{"type": "thinking", "thinking": WITH_CARD,
                                                     "signature": "c2ln"}]}]},
    {"messages": [{"role": "user", "content": [{"type": "document", "source": {
        "type": "text", "media_type": "text/plain", "data": WITH_CARD}}]}]},
])
def test_every_place_of_a_request_is_governed(client, provider, more):
    client.messages.create(**{**request("hello"), **more})
    assert DIGITS not in provider.calls[0]["raw"].decode()


def test_answers_are_redacted_whole_and_streamed_alike(client, provider):
    provider.answer = f"The card is {CARD}, as you asked. Paris is far."
    provider.tool = ("pay", json.dumps({"card": CARD, "amount": 5}))
    provider.piece = 3
    whole = client.messages.create(**request("hello"))
    with client.messages.stream(**request("hello")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text and DIGITS not in text
    assert final.content[1].input == whole.content[1].input
    assert final.content[1].input["amount"] == 5 and DIGITS not in final.content[1].input["card"]
    assert final.stop_reason == "tool_use" and final.usage.output_tokens == 7


def test_tokens_are_counted_without_the_card_number(client, provider):
    counted = client.messages.count_tokens(
        model="claude-haiku-4-5", messages=[{"role": "user", "content": WITH_CARD}])
    assert counted.input_tokens == 11
    assert DIGITS not in provider.calls[0]["raw"].decode()


def test_an_error_of_the_provider_keeps_its_status(client, provider):
    provider.fault = 529
    with pytest.raises(anthropic.APIStatusError) as failed:
        client.messages.create(**request("hello"))
    assert failed.value.status_code == 529
