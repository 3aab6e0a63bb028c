"""What was acknowledged stays: across kill -9 under load, and across a drain."""

import collections
import json
import random
import socket
import sqlite3
import threading
import time

import pytest

from support import (HARMLESS, WITH_CARD, WITH_SQLI, body_of, exchange, http_request, receive_all,
                     sha256, status_of, unique)

KILLS = 20
CLIENTS = 16
STOP_OVERHEAD_SECONDS = 2.5  # beyond the drain timeout, whatever is stuck
LOAD_SECONDS = (0.15, 0.6)  # of load before each kill
TEXTS = ((HARMLESS, "allowed"), (WITH_SQLI, "blocked"), (WITH_CARD, "redacted"))


class Load:
    """Client threads that ask until the server goes away, and note what was acknowledged."""

    def __init__(self, server):
        self.server = server
        self.acknowledged = {}  # decision id -> (hash of the text, verdict as stored)
        self.running = True
        self.threads = [threading.Thread(target=self.ask, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        noted = {}
        link = self.server.connect(timeout=5)
        choose = random.Random(number)
        while self.running:
            text, verdict = choose.choice(TEXTS)
            text = unique(text)
            try:
                if choose.random() < 0.5:
                    path, body = "/api/v1/decide", {"stage": "llm", "query": text}
                else:
                    path, body = "/api/policy/pre-check", {"query": text}
                answer = exchange(link, "POST", path, body)
            except Exception:  # the server is gone: whatever was not answered is not counted
                break
            if answer.status == 200:
                noted[answer.json()["decision_id"]] = (sha256(text), verdict)
            time.sleep(0.004)  # keeps the run at a size that a search can read back
        link.close()
        self.acknowledged.update(noted)

    def join(self):
        self.running = False
        for thread in self.threads:
            thread.join(10)
        return self.acknowledged


def stored(server):
    """Every record of the store, by decision id, read in pages."""
    records = collections.defaultdict(list)
    total = server.search(limit=1)["total"]
    for offset in range(0, total, 1000):
        for entry in server.search(limit=1000, offset=offset)["entries"]:
            records[entry["decision_id"]].append(entry)
    return records, total


def test_kill_9_under_load_20_times_loses_doubles_and_alters_nothing(make_server):
    server = make_server({"PII_ACTION": "redact", "SQLI_ACTION": "block"})
    acknowledged = {}
    pause = random.Random(20261123)
    for _ in range(KILLS):
        server.start()
        load = Load(server)
        time.sleep(pause.uniform(*LOAD_SECONDS))
        server.kill()
        acknowledged.update(load.join())
    server.start()
    records, total = stored(server)
    assert len(acknowledged) > KILLS * CLIENTS, "hardly any load: the test shows nothing"
    lost = [decision for decision in acknowledged if decision not in records]
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged decisions are gone"
    twice = [decision for decision, entries in records.items() if len(entries) > 1]
    assert not twice, f"{len(twice)} decisions are stored more than once"
    for decision, (text_hash, verdict) in acknowledged.items():
        (entry,) = records[decision]
        assert (entry["query_hash"], entry["policy_decision"]) == (text_hash, verdict)
    assert sum(len(entries) for entries in records.values()) == total
    server.stop()
    verified = server.run("audit", "verify", check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_drain_finishes_what_is_in_flight_and_refuses_nothing_that_was_acknowledged(make_server):
    server = make_server()
    server.start()
    load = Load(server)
    time.sleep(0.5)
    server.stop()  # asserts exit code 0
    acknowledged = load.join()
    assert len(acknowledged) > CLIENTS
    server.start()
    records, _ = stored(server)
    assert not [decision for decision in acknowledged if decision not in records]
    server.stop()


def test_request_whose_body_is_on_its_way_is_answered_during_a_drain(make_server):
    server = make_server()
    server.start()
    body = json.dumps({"query": unique(HARMLESS)}).encode()
    request = http_request("POST", "/api/policy/pre-check", body)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall(request[:-10])
        time.sleep(0.2)
        server.process.terminate()
        time.sleep(0.2)
        link.sendall(request[-10:])
        received = b""
        while chunk := link.recv(65536):
            received += chunk
    assert status_of(received) == 200
    assert json.loads(body_of(received))["approved"] is True
    server.stop()


def test_idle_connections_do_not_hold_up_a_drain(make_server):
    server = make_server()
    server.start()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 3
    for link in idle:
        link.close()


def test_stuck_store_neither_holds_up_nor_harms_the_end(make_server):
    """Searches wait for a store that another process keeps locked while the server is told to stop."""
    server = make_server({"AXONFLOW_DRAIN_TIMEOUT": "1s"})
    server.start()
    holder = sqlite3.connect(server.data_dir / "axonflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    decision = server.decide(unique(HARMLESS))["decision_id"]
    searches = []
    for _ in range(24):
        link = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        link.sendall(http_request("POST", "/api/v1/audit/search", b"{}"))
        searches.append(link)
    time.sleep(0.3)
    begin = time.monotonic()
    server.stop()  # asserts exit code 0
    assert time.monotonic() - begin < 1 + STOP_OVERHEAD_SECONDS
    for link in searches:
        link.close()
    holder.execute("ROLLBACK")
    holder.close()
    server.start()
    assert server.search(decision_id=decision)["total"] == 1, "the journal had it"
    server.stop()


def test_search_that_waits_for_the_store_does_not_outlast_the_end_of_the_grace(make_server):
    """The same with a client that reads: it gets an answer or the end, never a wrong page."""
    server = make_server({"AXONFLOW_DRAIN_TIMEOUT": "1s"})
    server.start()
    holder = sqlite3.connect(server.data_dir / "axonflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    server.decide(unique(HARMLESS))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall(http_request("POST", "/api/v1/audit/search", b"{}"))
        time.sleep(0.2)
        server.stop()
        received = receive_all(link)
    assert received == b"" or status_of(received) >= 500
    holder.close()


def test_not_ready_any_more_while_draining(make_server):
    server = make_server()
    server.start()
    server.stop()
    with pytest.raises(OSError):
        server.get("/health", timeout=1)


def test_records_survive_a_restart_unchanged(make_server):
    server = make_server({"PII_ACTION": "redact"})
    server.start()
    decision = server.decide(unique(WITH_CARD))["decision_id"]
    before = server.search(decision_id=decision)["entries"]
    explained = server.get(f"/api/v1/decisions/{decision}/explain").json()
    server.stop()
    server.start()
    assert server.search(decision_id=decision)["entries"] == before
    assert server.get(f"/api/v1/decisions/{decision}/explain").json() == explained
    server.stop()
