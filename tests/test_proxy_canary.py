"""A canary in every member of every request, answer and stream of the providers' protocols, one at a time.

The list of members is proxy_fields.json. A canary must not come through: it is redacted, or its part is
withheld, or the call is refused. What the tables of the server name and the list does not fails in
src/providers/fields_test.cpp.
"""

import copy
import http.server
import json
import pathlib
import threading

import pytest

from support import CARD, Server

FIELDS = json.loads((pathlib.Path(__file__).parent / "proxy_fields.json").read_text())["endpoints"]
ENDPOINTS = list(FIELDS)
STREAMS = [(path, number) for path in ENDPOINTS for number in range(len(FIELDS[path]["streams"]))]
NUMBER = 4111111111111111
SHOWN = ("4111 1111", "41111111", "4.1111")


class Standin:
    """Answers what it is told to and keeps the bytes that it was sent."""

    def __init__(self):
        self.body, self.stream, self.sent = b"{}", False, []
        standin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_POST(self):
                standin.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                kind = "text/event-stream" if standin.stream else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(standin.body)))
                self.end_headers()
                self.wfile.write(standin.body)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answers(self, value):
        self.stream = False
        self.body = json.dumps(value).encode()

    def streams(self, events, openai):
        self.stream = True
        lines = []
        for event in events:
            name = "" if openai and "type" not in event else f"event: {event.get('type')}\n"
            lines.append(f"{name}data: {json.dumps(event)}\n\n")
        self.body = ("".join(lines) + ("data: [DONE]\n\n" if openai else "")).encode()


@pytest.fixture(scope="module")
def standin():
    one = Standin()
    yield one
    one.http.shutdown()
    one.http.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, standin):
    node = Server(tmp_path_factory.mktemp("canary"), {
        "PII_ACTION": "redact", "OPENAI_BASE_URL": standin.url + "/v1", "OPENAI_API_KEY": "sk-1",
        "ANTHROPIC_BASE_URL": standin.url, "ANTHROPIC_API_KEY": "sk-2",
        "AXONFLOW_EGRESS_ALLOW": "127.0.0.1"})
    node.start()
    yield node
    node.stop()


def places(value, path=""):
    """Each value of a document with its path, as keys to walk and as the tables write it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for keys, name in places(inner, f"{path}.{key}" if path else key):
                yield [key, *keys], name
        yield [], path + "{}"
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for keys, name in places(inner, path + "[]"):
                yield [at, *keys], name
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield [], path


def planted(document, keys, name):
    changed = copy.deepcopy(document)
    at = changed
    if name.endswith("{}"):
        for key in keys:
            at = at[key]
        at[CARD] = "v"
        return changed
    for key in keys[:-1]:
        at = at[key]
    old = at[keys[-1]]
    if not isinstance(old, str):
        at[keys[-1]] = NUMBER
    elif old.startswith("{"):
        at[keys[-1]] = json.dumps({"a": CARD})
    else:
        at[keys[-1]] = f" {CARD} "  # as a word of its own, whatever streams beside it
    return changed


def documents(path, side):
    """The full document, and with it what one document cannot hold at the same time."""
    fields = FIELDS[path]
    return [fields[side], {**fields[side], **fields["also"].get(side, {})}]


def leaks(text):
    return any(shown in text for shown in SHOWN)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_canary_in_a_request_reaches_the_provider(server, standin, path):
    fields = FIELDS[path]
    standin.answers({**fields["answer"]})
    standin.sent.clear()
    whole = server.post(path, fields["request"])
    assert whole.status == 200, whole
    assert json.loads(standin.sent[0]) == fields["request"]
    leaked, tried = [], 0
    for document in documents(path, "request"):
        for keys, name in places(document):
            if name in fields["unseen"]["request"]:
                continue
            standin.sent.clear()
            answer = server.post(path, planted(document, keys, name))
            assert answer.status in (200, 400), (name, answer)
            tried += 1
            if any(leaks(raw.decode()) for raw in standin.sent):
                leaked.append(name)
    assert not leaked
    assert tried > 5


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_canary_in_an_answer_reaches_the_client(server, standin, path):
    fields = FIELDS[path]
    standin.answers(fields["answer"])
    whole = server.post(path, fields["request"])
    assert whole.status == 200 and whole.json() == fields["answer"], whole
    leaked = []
    for document in documents(path, "answer"):
        for keys, name in places(document):
            if name in fields["unseen"]["answer"]:
                continue
            standin.answers(planted(document, keys, name))
            answer = server.post(path, fields["request"])
            assert answer.status in (200, 400), (name, answer)
            if leaks(answer.body.decode()):
                leaked.append(name)
    assert not leaked


@pytest.mark.parametrize("path, number", STREAMS)
def test_no_canary_in_a_stream_reaches_the_client(server, standin, path, number):
    fields = FIELDS[path]
    events = fields["streams"][number]
    openai = not path.startswith("/v1/messages")
    request = {**fields["request"], "stream": True}
    standin.streams(events, openai)
    whole = server.post(path, request)
    assert whole.status == 200 and b"data: " in whole.body, whole
    leaked = []
    for at, event in enumerate(events):
        for keys, name in places(event):
            changed = [*events[:at], planted(event, keys, name), *events[at + 1:]]
            standin.streams(changed, openai)
            answer = server.post(path, request)
            if leaks(answer.body.decode()):
                leaked.append((event.get("type"), name))
    assert not leaked


def test_no_canary_comes_through_the_products_own_call(server, standin):
    fields = FIELDS["/v1/chat/completions"]
    standin.answers(fields["answer"])
    standin.sent.clear()
    answer = server.post("/api/request", {"query": f"pay {CARD}", "request_type": "chat",
                                          "context": {"domain": CARD, "k": CARD}})
    assert answer.status == 200 and standin.sent
    assert not any(leaks(raw.decode()) for raw in standin.sent)
    for keys, name in places(fields["answer"]):
        standin.answers(planted(fields["answer"], keys, name))
        answer = server.post("/api/request", {"query": "hello", "request_type": "chat"})
        assert not leaks(answer.body.decode()), name


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if "count" not in path])
def test_an_unknown_part_is_withheld_from_both_sides(server, standin, path):
    """A part that no protocol knows, wherever parts may stand."""
    fields = FIELDS[path]
    part = {"type": "hologram", "hologram": "rays", "text": "deep"}
    standin.answers(fields["answer"])
    for member in ("messages", "input"):
        if not isinstance(fields["request"].get(member), list) or path == "/v1/embeddings":
            continue
        standin.sent.clear()
        turn = {"type": "message", "role": "user", "content": [part]}
        if member == "messages":
            turn.pop("type")
        refused = server.post(path, {**fields["request"], member: [turn]})
        assert refused.status == 400 and not standin.sent, refused
    holder = {"/v1/chat/completions": ("choices", 0, "message", "content"),
              "/v1/responses": ("output",), "/v1/messages": ("content",)}.get(path)
    if holder is None:
        return
    changed = copy.deepcopy(fields["answer"])
    at = changed
    for key in holder[:-1]:
        at = at[key]
    at[holder[-1]] = [part]
    standin.answers(changed)
    answer = server.post(path, fields["request"])
    assert answer.status == 200
    assert "rays" not in answer.body.decode() and "deep" not in answer.body.decode()
