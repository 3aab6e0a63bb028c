"""The server on PostgreSQL: the whole way of a request, isolation in the catalog, outages."""

import json
import signal
import threading
import time

import pytest

import postgres
from support import CARD, JWT_SECRET, WITH_CARD, WITH_SQLI, basic, unique

pytestmark = pytest.mark.skipif(
    not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run these tests"
)

SETTINGS = {
    "PII_ACTION": "redact",
    "SQLI_ACTION": "block",
    "DEPLOYMENT_MODE": "enterprise",
    "JWT_SECRET": JWT_SECRET,
}
OUTAGE_SECONDS = 5
# What a read may take while the store is away: one statement's time limit, and some for the machine.
ANSWER_SECONDS_MAX = 12


@pytest.fixture(scope="module")
def pg():
    server = postgres.Postgres()
    yield server
    server.close()


@pytest.fixture
def node(pg, make_server):
    """Makes nodes on a database of their own, or on the one that is named."""

    def make(database=None, environment=None, start=True):
        database = database or pg.new_database()
        server = make_server({**SETTINGS, "DATABASE_URL": pg.url(database), **(environment or {})})
        server.database = database
        return server.start() if start else server

    return make


def other_tables(pg, database):
    return {row[0] for row in pg.sql(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def wait_for(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("did not become true in time")


def test_decides_records_and_finds_what_it_recorded(node, pg):
    server = node(start=False)
    acme = server.create_client("acme")
    globex = server.create_client("globex")
    server.start()
    allowed = unique()
    assert server.pre_check(allowed, auth=acme.basic)["approved"] is True
    assert server.pre_check(WITH_SQLI, auth=acme.basic)["approved"] is False
    server.pre_check(WITH_CARD, auth=acme.basic)
    found = server.search(auth=acme.basic)
    assert len(found["entries"]) == 3
    assert CARD not in json.dumps(found)
    assert server.search(auth=globex.basic)["entries"] == []
    assert server.run("audit", "verify").returncode == 0
    assert not (server.data_dir / "axonflow.db").exists()
    server.stop()
    rows = pg.sql(server.database, "SELECT count(*), min(position), max(position) FROM audit_records",
                  user="postgres")
    assert rows == [["3", "1", "3"]]


def test_a_credential_made_elsewhere_works_within_a_second(node):
    server = node(start=False)
    server.create_client("acme")
    server.start()
    late = server.create_client("late")
    wait_for(lambda: server.post("/api/policy/pre-check", {"query": unique()}, auth=late.basic).status == 200, 3)


def test_policies_hold_on_every_node(node):
    first = node(start=False)
    acme = first.create_client("acme")
    first.start()
    second = node(first.database, start=False)
    # The pepper makes a secret's digest; nodes of one deployment share it.
    pepper = (first.data_dir / "keys" / "client-secret.pepper").read_bytes()
    (second.data_dir / "keys").mkdir(mode=0o700)
    (second.data_dir / "keys" / "client-secret.pepper").write_bytes(pepper)
    (second.data_dir / "keys" / "client-secret.pepper").chmod(0o600)
    second.start()
    made = first.post(
        "/api/v1/static-policies",
        {"name": "No grues", "category": "security-sqli", "tier": "tenant", "pattern": "grue", "action": "block", "severity": "high"},
        auth=acme.basic,
    )
    assert made.status == 201, made
    text = "a grue in the dark"
    assert first.pre_check(text, auth=acme.basic)["approved"] is False
    wait_for(lambda: second.pre_check(text, auth=acme.basic)["approved"] is False, 3)
    # Both count positions from 1 in the one store.
    assert len(first.search(auth=acme.basic)["entries"]) >= 1
    for server in (first, second):
        assert server.run("audit", "verify").returncode == 0


def test_every_record_is_stored_once_across_kills(node, pg):
    server = node(start=False)
    acme = server.create_client("acme")
    acknowledged = 0
    for _ in range(4):
        server.start()
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            server.pre_check(unique(), auth=acme.basic)
            acknowledged += 1
        server.kill()
    server.start()
    server.stop()
    assert server.run("audit", "verify").returncode == 0
    rows = pg.sql(server.database, "SELECT count(*), count(DISTINCT position), max(position), (SELECT count(*) FROM audit_quarantine) FROM audit_records", user="postgres")
    stored, distinct, highest, quarantined = map(int, rows[0])
    assert stored == distinct == highest and quarantined == 0
    assert stored >= acknowledged


class Load:
    """Callers that go on asking, and what they were told."""

    def __init__(self, server, auth, threads=4):
        self.server, self.auth = server, auth
        self.ends = threading.Event()
        self.decided, self.failures, self.slowest = [0] * threads, [], 0.0
        self.threads = [threading.Thread(target=self._run, args=(i,)) for i in range(threads)]
        self.threads.append(threading.Thread(target=self._read))
        for thread in self.threads:
            thread.start()

    def _timed(self, call):
        begin = time.monotonic()
        try:
            return call()
        finally:
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def _run(self, index):
        while not self.ends.is_set():
            answer = self._timed(lambda: self.server.post("/api/policy/pre-check", {"query": unique()}, auth=self.auth, timeout=30))
            if answer.status == 200:
                self.decided[index] += 1
            else:
                self.failures.append(answer)

    def _read(self):
        while not self.ends.is_set():
            self._timed(lambda: self.server.post("/api/v1/audit/search", {}, auth=self.auth, timeout=30))
            time.sleep(0.1)

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("outage", ["stopped", "frozen", "restarted"])
def test_goes_on_deciding_while_the_database_is_away(node, pg, outage):
    server = node(start=False)
    acme = server.create_client("acme")
    server.start()
    load = Load(server, acme.basic)
    try:
        time.sleep(1)
        before = sum(load.decided)
        if outage == "frozen":
            pg.freeze()
            time.sleep(OUTAGE_SECONDS)
            during = sum(load.decided)
            pg.thaw()
        else:
            pg.stop(immediately=outage == "stopped")
            if outage == "stopped":
                time.sleep(OUTAGE_SECONDS)
            during = sum(load.decided)
            pg.start()
        time.sleep(3)
    finally:
        load.stop()
    assert load.failures == []
    assert before > 0
    if outage != "restarted":
        assert during > before, "known clients go on being decided"
    assert load.slowest < ANSWER_SECONDS_MAX
    wait_for(lambda: server.search(auth=acme.basic)["total"] == sum(load.decided), 20)
    server.stop()
    assert server.run("audit", "verify").returncode == 0
    rows = pg.sql(server.database, "SELECT count(*), count(DISTINCT position), max(position) FROM audit_records", user="postgres")
    assert rows == [[str(sum(load.decided))] * 3]


def test_a_start_without_the_database_says_so_and_shows_no_password(node, pg):
    database = pg.new_database()
    server = node(database, {"DATABASE_URL": "postgres://owner:hunter2-secret@127.0.0.1:1/x"}, start=False)
    server.start(wait=False)
    assert server.process.wait(timeout=20) == 3
    server.process = None
    assert "postgresql" in server.log() and "hunter2" not in server.log()
