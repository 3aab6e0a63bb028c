"""Providers that misbehave, on the wire: what the caller gets, how soon, and at what cost of memory."""

import json
import socket
import threading
import time

import pytest

from support import Server, unique

HEAD = b"HTTP/1.1 200 OK\r\n"
STREAM = HEAD + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWER_S, IDLE_S, TOTAL_S = 1, 1, 4
RESIDENT_MIB_MAX = 96  # that an answer of any length may add


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(text):
    return chunk(b"data: " + json.dumps({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}).encode() + b"\n\n")


class FaultyProvider:
    """`fault(link)` writes what it likes to each connection after the request came."""

    def __init__(self):
        self.fault = None
        self.asked = 0
        self.closed = threading.Event()  # the other side gave up while a fault was at work
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            got = b""
            while b"\r\n\r\n" not in got:
                piece = link.recv(65536)
                if not piece:
                    return
                got += piece
            head, _, body = got.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += link.recv(65536)
            self.asked += 1
            self.fault(link)
        except OSError:
            self.closed.set()
        finally:
            link.close()


def wait_for_close(link, seconds):
    """Returns when the other side closed; raises OSError then, as a write would."""
    link.settimeout(seconds)
    if link.recv(1) == b"":
        raise OSError("closed")


def one_byte_a_second(link):
    link.sendall(STREAM + event("Paris. "))
    for byte in b"data: {" * 100:
        link.sendall(chunk(bytes([byte])))
        time.sleep(0.5)


def stall(link):
    link.sendall(STREAM + event("Paris is fine. "))
    wait_for_close(link, 20)


def stall_without_a_byte(link):
    wait_for_close(link, 20)


def reset(link):
    link.sendall(STREAM + event("Paris is fine. "))
    time.sleep(0.1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def end_early(link):
    link.sendall(STREAM + event("Paris is fine. Rome is old. ") * 20 + b"0\r\n\r\n")


def endless(link):
    link.sendall(STREAM)
    piece = event("Paris is fine. ") * 200
    while True:
        link.sendall(piece)


def endless_event(link):
    link.sendall(STREAM)
    while True:
        link.sendall(chunk(b"data: " + b"a" * 60_000))


def endless_line_of_comments(link):
    link.sendall(STREAM)
    while True:
        link.sendall(chunk(b":" + b"a" * 60_000))


def garbage(link):
    link.sendall(STREAM + chunk(b"\x00\xff\xfe{]garbage\n\ndata: {\n\n"))


def no_json(link):
    link.sendall(STREAM + chunk(b"data: hello there\n\n"))


def wrong_type(link):
    page = b"<html><body>Please log in</body></html>"
    link.sendall(HEAD + b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page)


def wrong_length(link):
    link.sendall(HEAD + b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{}")


def giant_header(link):
    link.sendall(HEAD + b"X-Long: " + b"a" * 1_000_000 + b"\r\n\r\n")
    wait_for_close(link, 5)


def endless_header(link):
    link.sendall(HEAD)
    while True:
        link.sendall(b"X-More: %s\r\n" % (b"a" * 1_000))


def huge_body(link):
    link.sendall(HEAD + b"Content-Type: application/json\r\nContent-Length: 200000000\r\n\r\n{\"a\":\"")
    while True:
        link.sendall(b"a" * 65_536)


def redirect(link):
    body = b'{"id":"stolen"}'
    link.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: %d\r\n\r\n" % len(body)
                 + body)


def no_http(link):
    link.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


# Fault, status of a whole answer, status of a stream before its first byte.
TABLE = [
    (one_byte_a_second, 504, 200), (stall, 504, 200), (stall_without_a_byte, 504, 504), (reset, 502, 200),
    (end_early, 502, 200), (endless, 502, 200), (endless_event, 502, 200),
    (endless_line_of_comments, 502, 200), (garbage, 502, 200), (no_json, 502, 200), (wrong_type, 502, 200),
    (wrong_length, 502, 200), (giant_header, 502, 502), (endless_header, 502, 502), (huge_body, 502, 200),
    (redirect, 502, 502), (no_http, 502, 502),
]


@pytest.fixture(scope="module")
def provider():
    one = FaultyProvider()
    yield one
    one.listener.close()


@pytest.fixture(scope="module")
def healthy():
    one = FaultyProvider()

    def answer(link):
        body = json.dumps({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [
            {"type": "text", "text": "All is well."}], "stop_reason": "end_turn"}).encode()
        link.sendall(HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    one.fault = answer
    yield one
    one.listener.close()


@pytest.fixture(scope="module")
def make_server(tmp_path_factory, provider, healthy):
    def make():
        node = Server(tmp_path_factory.mktemp("faults"), {
            "OPENAI_BASE_URL": provider.url + "/v1", "OPENAI_API_KEY": "sk-1",
            "ANTHROPIC_BASE_URL": healthy.url, "ANTHROPIC_API_KEY": "sk-2",
            "AXONFLOW_EGRESS_ALLOW": "127.0.0.1", "AXONFLOW_MODEL_ANSWER_TIMEOUT": f"{ANSWER_S}s",
            "AXONFLOW_MODEL_IDLE_TIMEOUT": f"{IDLE_S}s", "AXONFLOW_MODEL_TOTAL_TIMEOUT": f"{TOTAL_S}s"})
        return node.start()
    return make


@pytest.fixture
def server(make_server, provider):
    """A server of its own for each fault: a breaker that one fault opened must not hide the next."""
    node = make_server()
    provider.asked = 0
    provider.closed.clear()
    yield node
    node.stop()


def resident_mib(server):
    for line in open(f"/proc/{server.process.pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def chat(server, stream):
    return server.post("/v1/chat/completions", {
        "model": "m", "stream": stream, "messages": [{"role": "user", "content": unique("hello")}]})


@pytest.mark.parametrize("fault, whole, streamed", TABLE, ids=[row[0].__name__ for row in TABLE])
def test_a_faulty_provider_costs_neither_time_nor_memory(server, provider, fault, whole, streamed):
    provider.fault = fault
    before = resident_mib(server)
    for stream, status in ((False, whole), (True, streamed)):
        begin = time.monotonic()
        answer = chat(server, stream)
        assert time.monotonic() - begin < TOTAL_S + 1.5
        assert answer.status == status, answer
        assert answer.headers["x-axonflow-decision-id"]
        text = answer.body.decode()
        assert "data: [DONE]" not in text  # no clean end of what is not whole
        assert "upstream_error" in text and "stolen" not in text and "log in" not in text
    assert resident_mib(server) - before < RESIDENT_MIB_MAX


def test_what_came_before_a_fault_is_marked_as_partial_in_the_record(server, provider):
    provider.fault = end_early
    answer = chat(server, True)
    assert "Rome is old." in answer.body.decode()
    entries = server.post("/api/v1/audit/search", {
        "decision_id": answer.headers["x-axonflow-decision-id"]}).json()["entries"]
    outcome = next(entry for entry in entries if entry["request_type"] == "llm-call")
    assert "before it was complete" in json.dumps(outcome), outcome


@pytest.mark.parametrize("fault", [stall_without_a_byte, giant_header, no_http, redirect, wrong_length],
                         ids=lambda fault: fault.__name__)
def test_the_next_provider_answers_before_the_first_byte(server, provider, healthy, fault):
    provider.fault = fault
    answer = server.post("/api/request", {"query": unique("hello"), "request_type": "chat"})
    assert answer.status == 200 and answer.json()["result"] == "All is well.", answer


def test_a_provider_that_fails_again_and_again_is_left_alone(server, provider):
    def refuse(link):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    provider.fault = refuse
    statuses = [chat(server, False).status for _ in range(6)]
    assert statuses[0] == 502 and statuses[-1] == 503
    asked = provider.asked
    assert chat(server, False).status == 503 and provider.asked == asked
    provider.fault = lambda link: link.sendall(
        HEAD + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n" + b'{"id":""}')
    end = time.monotonic() + 10
    while chat(server, False).status != 200 and time.monotonic() < end:
        time.sleep(0.2)
    assert chat(server, False).status == 200


def test_a_call_that_broke_before_its_answer_is_sent_again(server, provider):
    calls = []

    def once(link):
        calls.append(time.monotonic())
        if len(calls) < 3:
            return
        link.sendall(HEAD + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n" + b'{"id":""}')

    provider.fault = once
    assert chat(server, False).status == 200
    assert len(calls) == 3


def test_a_client_that_goes_away_ends_the_call_to_the_provider(server, provider):
    provider.fault = endless
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}).encode()
    link = socket.create_connection(("127.0.0.1", server.port))
    link.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert link.recv(4096).startswith(b"HTTP/1.1 200")
    link.close()
    assert provider.closed.wait(5)


def test_the_first_byte_of_a_harmless_answer_is_not_held(server, provider):
    """The begin of the answer leaves while its rest is still to come."""
    sent = []
    begin = chunk(b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":'
                  b'[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n')

    def slow(link):
        link.sendall(STREAM)
        time.sleep(0.2)
        sent.append(time.monotonic())
        link.sendall(begin)
        time.sleep(0.3)
        link.sendall(event("Paris is fine.") + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    provider.fault = slow
    delays = []
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}).encode()
    for _ in range(7):
        link = socket.create_connection(("127.0.0.1", server.port))
        link.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        got = b""
        while b"assistant" not in got:
            piece = link.recv(65536)
            assert piece
            got += piece
        delays.append(time.monotonic() - sent[-1])
        while link.recv(65536):
            pass
        link.close()
    assert sorted(delays)[0] < 0.002, delays  # two processes and two sockets are in it as well
