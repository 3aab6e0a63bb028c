"""The HTTP surface: methods, unknown paths, keep-alive, pipelining, smuggling, health and metrics."""

import json
import re
import socket

import pytest

import support
from support import (HARMLESS, RFC3339, WITH_SQLI, body_of, exchange, http_request, sentence_of, status_of,
                     unique)

# Method and path of every route that exists.
ROUTES = [
    ("GET", "/health"), ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics"),
    ("GET", "/prometheus"), ("POST", "/api/policy/pre-check"), ("POST", "/api/audit/llm-call"),
    ("POST", "/api/v1/decide"), ("POST", "/api/policies/test"), ("GET", "/api/v1/decisions"),
    ("GET", "/api/v1/decisions/some-id/explain"), ("POST", "/api/v1/audit/search"),
    ("GET", "/api/v1/audit/tenant/community"),
]


@pytest.mark.parametrize("method, path", ROUTES)
def test_wrong_method_is_405_with_allow(community, method, path):
    wrong = "DELETE"
    answer = community.request(wrong, path)
    assert answer.status == 405, answer
    assert method in answer.headers["allow"]
    sentence_of(answer.body)


@pytest.mark.parametrize("path", [
    "/", "/nothing", "/api", "/api/v1/decide/", "/API/V1/DECIDE", "/api/v1/decisions/x",
    "/api//v1/decide", "/health/", "/api/v1/decisions//explain", "/%2e%2e/etc/passwd"])
def test_unknown_path_is_a_json_404(community, path):
    answer = community.get(path)
    assert answer.status == 404, answer
    assert answer.headers["content-type"].startswith("application/json")
    sentence_of(answer.body)


@pytest.mark.parametrize("path", [
    "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/api/v1/mcp-server",
    "/.well-known/oauth-authorization-server"])
def test_discovery_of_oauth_is_a_json_404(community, path):
    answer = community.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("application/json")
    sentence_of(answer.body)


@pytest.mark.parametrize("method, path", ROUTES)
def test_options_is_204_and_does_nothing(enterprise, method, path):
    before = enterprise.search(auth=enterprise.acme.basic, limit=1)["total"]
    answer = enterprise.request(
        "OPTIONS", path, {"query": "DROP TABLE users;", "stage": "llm"},
        headers={"X-Tenant-ID": "acme", "X-User-Role": "admin"})
    assert answer.status == 204, answer
    assert answer.body == b""
    assert enterprise.search(auth=enterprise.acme.basic, limit=1)["total"] == before


def test_head_has_the_headers_of_get_and_no_body(community):
    received = community.raw(http_request("HEAD", "/health"))
    assert status_of(received) == 200
    length = int(re.search(rb"(?i)content-length: (\d+)", received).group(1))
    assert length > 0
    assert body_of(received) == b""


def test_one_connection_serves_many_requests(community):
    link = community.connect()
    link.connect()
    first = link.sock
    for _ in range(50):
        assert exchange(link, "POST", "/api/policy/pre-check", {"query": unique()}).status == 200
        assert exchange(link, "GET", "/nothing").status == 404
    assert link.sock is first, "the server closed the connection in between"
    link.close()


def test_pipelined_requests_are_answered_in_order(community):
    texts = [unique(str(number)) for number in range(20)]
    data = b"".join(
        http_request("POST", "/api/v1/decide", json.dumps({"stage": "llm", "query": text}).encode(),
                     headers=[f"traceparent: 00-{number + 1:032x}-00f067aa0ba902b7-01"],
                     close=number == len(texts) - 1)
        for number, text in enumerate(texts))
    received = community.raw(data)
    traces = [int(t, 16) for t in re.findall(rb'"trace_id":\s*"([0-9a-f]{32})"', received)]
    assert traces == list(range(1, 21))


def test_chunked_body_is_one_body(community):
    body = json.dumps({"stage": "llm", "query": WITH_SQLI}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                      for i in range(0, len(body), 7))
    head = http_request("POST", "/api/v1/decide", headers=["Transfer-Encoding: chunked"])
    received = community.raw(head + chunks + b"0\r\n\r\n")
    assert status_of(received) == 200
    assert b'"deny"' in received


def test_expect_continue_is_answered_before_the_body(community):
    body = json.dumps({"query": unique(HARMLESS)}).encode()
    head = http_request("POST", "/api/policy/pre-check",
                        headers=["Expect: 100-continue", f"Content-Length: {len(body)}"])
    with socket.create_connection(("127.0.0.1", community.port), timeout=5) as link:
        link.sendall(head)
        assert link.recv(4096).startswith(b"HTTP/1.1 100")
        link.sendall(body)
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    assert status_of(answer) == 200


BODY = b'{"stage":"llm","query":"x"}'
SMUGGLING = {
    "two lengths": ["Content-Length: 5", "Content-Length: 27"],
    "length and chunked": ["Content-Length: 27", "Transfer-Encoding: chunked"],
    "negative length": ["Content-Length: -1"],
    "length with plus": ["Content-Length: +27"],
    "length in hex": ["Content-Length: 0x1b"],
    "length list": ["Content-Length: 27, 27, 5"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked"],
    "chunked not last": ["Transfer-Encoding: chunked, gzip"],
    "unknown transfer coding": ["Transfer-Encoding: xchunked"],
    "space before colon": ["Content-Length : 27"],
    "folded header": ["X-Fold: a", " Content-Length: 27"],
    "no colon": ["garbage header line"],
    "empty name": [": value"],
    "NUL in value": ["X-A: a\0b"],
    "bare CR": ["X-A: a\rContent-Length: 27"],
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_request_that_two_parsers_could_read_differently_is_refused(community, name):
    lines = ["POST /api/v1/decide HTTP/1.1", "Host: localhost", *SMUGGLING[name]]
    data = "\r\n".join(lines).encode() + b"\r\n\r\n" + BODY
    received = community.raw(data + http_request("GET", "/health"))
    assert status_of(received) in (400, 411, 501), received[:300]
    assert received.count(b"HTTP/1.1 ") == 1, "something was served after the refusal"
    sentence_of(body_of(received))


@pytest.mark.parametrize("lines", [
    ["GET /health HTTP/1.1"], ["GET /health HTTP/1.1", "Host: a", "Host: b"],
    ["GET /health HTTP/2.0", "Host: a"], ["GET /health", "Host: a"], ["GET  HTTP/1.1", "Host: a"],
    ["/health HTTP/1.1", "Host: a"], ["GET /%zz HTTP/1.1", "Host: a"],
    ["GET /a%00b HTTP/1.1", "Host: a"], ["PRI * HTTP/2.0", ""], ["\x16\x03\x01\x02", ""]])
def test_malformed_request_line_or_host_is_refused(community, lines):
    received = community.raw("\r\n".join(lines).encode("latin1") + b"\r\n\r\n", half_close=True)
    assert 400 <= status_of(received) < 500 or status_of(received) == 505, received[:200]
    sentence_of(body_of(received))


LOCAL_HOSTS = ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]:8080", "agent", "app.localhost"]
OTHER_HOSTS = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io",
               "user@localhost", ""]
OTHER_ORIGINS = ["https://evil.example", "http://localhost.evil.example", "null",
                 "chrome-extension://abcdef"]


def decide_as(server, host, origin=None):
    lines = ["POST /api/v1/decide HTTP/1.1", f"Host: {host}", "Connection: close",
             f"Content-Length: {len(BODY)}"]
    if origin:
        lines.append(f"Origin: {origin}")
    return server.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + BODY)


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_names_of_this_machine_reach_a_server_without_credentials(community, host):
    assert status_of(decide_as(community, host)) == 200
    assert status_of(decide_as(community, host, "http://localhost:3000")) == 200


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_other_host_is_refused_where_nobody_shows_credentials(community, host):
    received = decide_as(community, host)
    assert status_of(received) in ((421, 400) if "@" in host else (421,))
    sentence_of(body_of(received))


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_page_of_another_origin_is_refused_where_nobody_shows_credentials(community, origin):
    received = decide_as(community, "localhost", origin)
    assert status_of(received) == 403
    sentence_of(body_of(received))


def test_any_host_reaches_a_server_that_is_meant_for_others(make_server):
    server = make_server({"AXONFLOW_ALLOW_ANONYMOUS": "true"}).start()
    assert status_of(decide_as(server, "gateway.example", "https://app.example")) == 200
    server.stop()


def test_any_host_reaches_a_server_that_asks_for_credentials(enterprise):
    assert status_of(decide_as(enterprise, "gateway.example", "https://app.example")) == 401


def refused_count(server, reason):
    page = server.get("/prometheus").body.decode()
    return int(re.search(rf'axonflow_http_refused_total\{{reason="{reason}"\}} (\d+)', page).group(1))


@pytest.mark.parametrize("reason, request_bytes", [
    ("bad_request", b"GET /health\r\n\r\n"),
    ("incomplete", http_request("POST", "/api/v1/decide", b"cut off")[:-1]),
    ("wrong_host", b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")])
def test_refusals_before_any_endpoint_are_counted(community, reason, request_bytes):
    before = refused_count(community, reason)
    community.raw(request_bytes, half_close=True)
    assert refused_count(community, reason) == before + 1


def test_surplus_connections_are_closed_and_leave_descriptors_for_the_audit(
        make_server, monkeypatch, tmp_path):
    descriptors, surplus = 164, 60
    script = tmp_path / "axonflow-with-few-descriptors"
    # The soft limit is lower than the hard one: the server raises it.
    script.write_text(f"#!/bin/sh\nulimit -S -n 80\nulimit -H -n {descriptors}\n"
                      f'exec "{support.BINARY}" "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(support, "BINARY", script)
    server = make_server().start()
    link = server.connect()
    link.connect()
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(99 + surplus)]
    answered = 0
    for other in crowd:
        other.settimeout(5)
        try:
            other.sendall(http_request("GET", "/livez", close=False))
            answered += other.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
    assert answered == 99
    decision = exchange(link, "POST", "/api/v1/decide", {"stage": "llm", "query": unique()})
    assert decision.status == 200
    found = exchange(link, "POST", "/api/v1/audit/search",
                     {"decision_id": decision.json()["decision_id"]})
    assert found.json()["total"] == 1
    for other in crowd:
        other.close()
    link.close()
    server.stop()


def test_headers_over_32_kib_are_refused(community):
    received = community.raw(http_request("GET", "/health", headers=["X-Large: " + "x" * (40 << 10)]))
    assert status_of(received) == 431
    sentence_of(body_of(received))


def test_endless_target_is_refused(community):
    received = community.raw(http_request("GET", "/" + "x" * (20 << 10)))
    assert status_of(received) in (414, 431)


def test_health_field_by_field(community):
    answer = community.get("/health")
    body = answer.json()
    assert answer.status == 200
    assert body["status"] == "healthy"
    assert body["service"] == "axonflow-agent"
    assert RFC3339.match(body["timestamp"])
    assert body["version"]
    assert body["tier"]
    assert body["deployment_mode"] == "community"
    assert set(body["sdk_compatibility"]["min_sdk_version"]) == {"python", "typescript", "go", "java",
                                                                 "rust"}
    assert set(body["plugin_compatibility"]) == {"min_plugin_version", "recommended_plugin_version"}
    for capability in body["capabilities"]:
        assert set(capability) == {"name", "since", "description"}
        assert all(isinstance(value, str) and value for value in capability.values())


def test_liveness_and_readiness(community):
    assert community.get("/livez").status == 200
    assert community.get("/readyz").status == 200


def test_metrics_count_requests_and_refusals(community):
    def agent():
        return community.get("/metrics").json()["agent_metrics"]

    before = agent()
    community.pre_check(WITH_SQLI)
    after = agent()
    assert after["total_requests"] >= before["total_requests"] + 1
    assert after["blocked_requests"] == before["blocked_requests"] + 1
    for name in ("uptime_seconds", "success_rate", "p50_ms", "p95_ms", "p99_ms", "avg_latency_ms"):
        assert isinstance(after[name], (int, float)), name


def test_prometheus_text_is_well_formed(community):
    answer = community.get("/prometheus")
    assert answer.headers["content-type"].startswith("text/plain")
    sample = r"[a-zA-Z_:][\w:]*(\{.*\})? ([0-9.eE+-]+|NaN|[+-]Inf)"
    line = re.compile(rf"^(# (HELP|TYPE) .+|{sample})$")
    lines = [text for text in answer.body.decode().splitlines() if text]
    assert lines
    for text in lines:
        assert line.match(text), text
    assert any(text.startswith("axonflow_agent_requests_total") for text in lines)


def test_log_is_json_lines_without_prompts(community):
    secret = unique("a prompt that nobody may log")
    community.pre_check(secret)
    community.post("/api/policy/pre-check", b'{"query": "' + secret.encode())
    text = community.log_path.read_text()
    assert secret not in text
    lines = [json.loads(entry) for entry in text.splitlines() if entry.strip()]
    assert lines


def test_log_names_decision_and_trace_of_a_block(community):
    decision = community.decide(unique(WITH_SQLI))
    entries = [json.loads(line) for line in community.log_path.read_text().splitlines() if line.strip()]
    assert any(decision["decision_id"] in entry.values() and decision["trace_id"] in entry.values()
               for entry in entries)
