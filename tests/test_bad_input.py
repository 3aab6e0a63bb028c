"""What no client should send: always a 4xx with a sentence, a record, and a server that goes on."""

import concurrent.futures
import json
import os
import pathlib
import re
import socket
import time

import pytest

from support import (HARMLESS, body_of, exchange, http_request, receive_all, sentence_of, status_of, unique)

PLANES = ["/api/policy/pre-check", "/api/v1/decide", "/api/audit/llm-call", "/api/policies/test",
          "/api/v1/audit/search"]
SLOW_SECONDS_MAX = 40
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
GOVERNED = PLANES[:3]  # whose refusals leave a record

BAD_BODIES = {
    "empty": b"",
    "not JSON": b"hello",
    "cut off": b'{"query": "x"',
    "trailing garbage": b'{"query":"x","stage":"llm"} extra',
    "two documents": b'{"query":"x","stage":"llm"}{"query":"y"}',
    "trailing comma": b'{"query":"x","stage":"llm",}',
    "single quotes": b"{'query':'x'}",
    "comment": b'{"query":"x" /* y */}',
    "not a number": b'{"query":NaN}',
    "array": b'["query"]',
    "string": b'"query"',
    "null": b"null",
    "duplicate key": b'{"query":"hello","query":"DROP TABLE users;","stage":"llm"}',
    "escaped duplicate key": b'{"query":"hello","qu\\u0065ry":"DROP TABLE users;","stage":"llm"}',
    "depth 100000": b'{"stage":"llm","query":"x","context":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "depth 100000, objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "depth 65": b'{"stage":"llm","query":"x","context":{"a":' + b"[" * 65 + b"]" * 65 + b"}}",
    "depth unclosed": b"[" * 100_000,
    "lone high surrogate": b'{"stage":"llm","query":"a \\ud800 b"}',
    "lone low surrogate": b'{"stage":"llm","query":"a \\udc00 b"}',
    "encoded surrogate": b'{"stage":"llm","query":"\xed\xa0\x80"}',
    "overlong UTF-8": b'{"stage":"llm","query":"\xc0\xaf"}',
    "overlong NUL": b'{"stage":"llm","query":"\xc0\x80"}',
    "beyond Unicode": b'{"stage":"llm","query":"\xf4\x90\x80\x80"}',
    "cut UTF-8": b'{"stage":"llm","query":"\xe2\x82"}',
    "UTF-16": '{"query":"x"}'.encode("utf-16"),
    "NUL byte": b'{"stage":"llm","query":"a\x00b"}',
    "control byte": b'{"stage":"llm","query":"a\x01b"}',
    "bare newline": b'{"stage":"llm","query":"a\nb"}',
    "bad escape": b'{"stage":"llm","query":"\\x41"}',
}
# Valid JSON of the wrong type, for the two planes that take a query.
BAD_MEMBERS = [
    {}, {"query": None}, {"query": 7}, {"query": True}, {"query": ["x"]}, {"query": {"x": 1}},
    {"query": ""}, {"query": "x", "client_id": 7}, {"query": "x", "user_token": {}},
    {"query": "x", "data_sources": "postgres"}, {"query": "x", "data_sources": [1]},
    {"query": "x", "context": []}, {"query": "x", "context": "text"},
]


def is_healthy(server):
    return server.get("/health").json()["status"] == "healthy" and server.pre_check(
        unique(HARMLESS))["approved"]


# A search without a body is a search without filters, so that pair is no malformed body.
@pytest.mark.parametrize("path, name", [
    (path, name) for path in PLANES for name in BAD_BODIES
    if not (name == "empty" and path.endswith("/search"))])
def test_malformed_body_is_refused_with_a_sentence(community, path, name):
    answer = community.post(path, BAD_BODIES[name])
    assert 400 <= answer.status < 500, (name, answer)
    assert answer.headers["content-type"].startswith("application/json")
    sentence_of(answer.body)


@pytest.mark.parametrize("members", BAD_MEMBERS, ids=json.dumps)
def test_wrong_type_is_refused_and_the_sentence_names_the_member(community, members):
    answer = community.post("/api/policy/pre-check", members)
    assert answer.status == 400, answer
    wrong = [name for name in members if name != "query"] or ["query"]
    assert wrong[0] in sentence_of(answer.body)


@pytest.mark.parametrize("path", GOVERNED)
@pytest.mark.parametrize("name", ["not JSON", "duplicate key", "depth 100000", "overlong UTF-8", "null"])
def test_refusal_after_authentication_leaves_a_record(enterprise, path, name):
    auth = enterprise.acme.basic
    before = enterprise.search(auth=auth, action="error", limit=1)["total"]
    assert enterprise.post(path, BAD_BODIES[name], auth=auth).status == 400
    page = enterprise.search(auth=auth, action="error", limit=1)
    assert page["total"] == before + 1
    assert page["entries"][0]["tenant_id"] == "acme"
    assert page["entries"][0]["error_message"]


def test_body_of_ten_mebibytes_is_refused_with_413(community):
    body = json.dumps({"query": "x" * (10 << 20)}).encode()
    received = community.raw(http_request("POST", "/api/policy/pre-check", body))
    assert status_of(received) == 413
    assert sentence_of(body_of(received))
    assert is_healthy(community)


def test_announced_body_of_ten_gibibytes_is_refused_before_it_comes(community):
    head = http_request("POST", "/api/policy/pre-check", headers=[f"Content-Length: {10 << 30}"])
    assert status_of(community.raw(head)) == 413


def test_chunked_body_over_the_limit_is_refused(community):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = http_request("POST", "/api/policy/pre-check", headers=["Transfer-Encoding: chunked"])
    assert status_of(community.raw(head + chunk * 32 + b"0\r\n\r\n")) == 413


def test_body_just_under_the_limit_is_judged(community):
    answer = community.post("/api/policy/pre-check", {"query": "a b " * (250 << 10)})
    assert answer.status == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "x-unknown", "gzip, gzip"])
def test_unknown_content_encoding_is_refused(community, encoding):
    answer = community.post("/api/v1/decide", {"stage": "llm", "query": "x"},
                            headers={"Content-Encoding": encoding})
    assert answer.status in (400, 415), answer
    sentence_of(answer.body)


def test_identity_encoding_is_accepted(community):
    answer = community.post("/api/v1/decide", {"stage": "llm", "query": unique()},
                            headers={"Content-Encoding": "identity"})
    assert answer.status == 200


def test_escaped_nul_is_judged_or_refused_but_never_hides_what_follows(community):
    answer = community.post(
        "/api/v1/decide", b'{"stage":"llm","query":"hello\\u0000; DROP TABLE users; -- \\u0000"}')
    assert answer.status == 400 or answer.json()["verdict"] == "deny"


def test_surrogate_pair_is_one_character(community):
    answer = community.post("/api/v1/decide", b'{"stage":"llm","query":"a \\ud83d\\ude00 b"}')
    assert answer.status == 200


def test_half_closed_socket_still_gets_its_answer(community):
    body = json.dumps({"query": unique(HARMLESS)}).encode()
    received = community.raw(http_request("POST", "/api/policy/pre-check", body), half_close=True)
    assert status_of(received) == 200
    assert json.loads(body_of(received))["approved"] is True


def test_half_closed_in_the_middle_of_a_body_allows_nothing(community):
    request = http_request("POST", "/api/policy/pre-check", b'{"query": "cut off in the mid')
    received = community.raw(request[:-5], half_close=True)
    assert 400 <= status_of(received) < 500
    sentence_of(body_of(received))
    assert is_healthy(community)


def resident_mib(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) / 1024


def test_bodies_that_never_end_take_little_memory_and_give_it_back(make_server):
    """300 strangers, each with a body of 1 MiB that lacks its last byte."""
    server = make_server().start()
    before = resident_mib(server)
    links = []
    for _ in range(300):
        link = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        link.settimeout(2)
        links.append(link)
        try:
            link.sendall(http_request("POST", "/api/policy/pre-check", b"x" * (1 << 20))[:-1])
        except OSError:
            pass  # refused meanwhile
    during = resident_mib(server)
    assert is_healthy(server), "small requests do not care"
    refused = re.search(r'axonflow_http_refused_total\{reason="body_budget"\} (\d+)',
                        server.get("/prometheus").body.decode())
    assert int(refused.group(1)) >= 200
    for link in links:
        link.close()
    end = time.monotonic() + 10
    while resident_mib(server) > before + 40 and time.monotonic() < end:
        time.sleep(0.1)
    after = resident_mib(server)
    server.stop()
    if not SANITIZED:  # whose shadow memory and quarantine are no measure
        assert during < 200, (before, during, after)
        assert after <= before + 80, (before, during, after)


def test_refusal_for_lack_of_room_says_when_to_come_back(make_server):
    server = make_server().start()
    links = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(100)]
    request = http_request("POST", "/api/policy/pre-check", b"x" * (1 << 20))[:-1]
    answers = []
    for link in links:
        try:
            link.sendall(request)
        except OSError:
            pass
    for link in links:
        link.settimeout(0.02)
        try:
            answers.append(link.recv(65536))
        except OSError:
            pass
        link.close()
    refused = [answer for answer in answers if answer]
    assert refused
    for answer in refused:
        assert status_of(answer) == 503
        assert b"Retry-After: " in answer
        sentence_of(body_of(answer))
    server.stop()


def test_64_clients_with_bodies_of_100_kib_are_all_served(community):
    body = json.dumps({"query": "a word " * 14_000}).encode()

    def ask(_):
        link = community.connect(timeout=30)
        statuses = [exchange(link, "POST", "/api/policy/pre-check", body).status for _ in range(3)]
        link.close()
        return statuses

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for statuses in pool.map(ask, range(64)):
            assert statuses == [200, 200, 200]


def test_client_that_leaves_before_the_answer_harms_nobody(community):
    body = json.dumps({"query": unique(HARMLESS)}).encode()
    for _ in range(20):
        link = socket.create_connection(("127.0.0.1", community.port))
        link.sendall(http_request("POST", "/api/policy/pre-check", body))
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        link.close()
    assert is_healthy(community)


def seconds_until_closed(server, sent, rest=b"", pause=0.25):
    """Sends `sent`, then `rest` byte by byte, until the server closes; the time and what it said."""
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=SLOW_SECONDS_MAX + 5) as link:
        link.sendall(sent)
        for byte in rest:
            time.sleep(pause)
            try:
                link.sendall(bytes([byte]))
            except OSError:
                break
            link.settimeout(0.001)
            try:
                early = link.recv(65536)
                return time.monotonic() - begin, early + receive_all(link)
            except TimeoutError:
                link.settimeout(SLOW_SECONDS_MAX + 5)
            except OSError:
                break
        return time.monotonic() - begin, receive_all(link)


def test_slow_senders_are_cut_off_without_an_allow(community):
    """At once, since each takes the whole time that one request may take to arrive (30 s)."""
    request = http_request("POST", "/api/policy/pre-check", b'{"query":"' + b"x" * 400 + b'"}')
    senders = {
        "stops in the head": (request[:30], b""),
        "stops in the body": (request[:-4], b""),
        "drips": (request[:5], request[5:]),
    }
    with concurrent.futures.ThreadPoolExecutor(len(senders)) as pool:
        answers = {name: pool.submit(seconds_until_closed, community, *sent)
                   for name, sent in senders.items()}
    for name, answer in answers.items():
        seconds, received = answer.result()
        assert seconds < SLOW_SECONDS_MAX, name
        assert received == b"" or status_of(received) == 408, (name, received)
        if received:
            sentence_of(body_of(received))


def test_idle_connection_is_closed(slow_server):
    with socket.create_connection(("127.0.0.1", slow_server.port), timeout=12) as link:
        assert receive_all(link) == b""


@pytest.fixture(scope="module")
def slow_server(make_module_server):
    return make_module_server({"AXONFLOW_IDLE_TIMEOUT": "2s"})


def test_server_is_healthy_after_all_of_it(community):
    assert is_healthy(community)
