"""Many tenants with many policies of their own on one node: what a start takes, what memory it holds,
and that each tenant is judged by its own."""

import os
import sqlite3
import threading
import time
import uuid

from support import basic

STATIC = "/api/v1/static-policies"
# 10,000 by hand; fewer in every run of the tests.
TENANTS = int(os.environ.get("AXONFLOW_SCALE_TENANTS", "400"))
POLICIES = 20
CALLERS = 4
START_S_MAX = 10.0
RESIDENT_MIB_MAX = 1024


def word(tenant, policy):
    """What the policy of that number stops for that tenant, and for no other."""
    return f"quay{tenant:05d}x{policy:02d}"


def resident_mib(server):
    for line in open(f"/proc/{server.process.pid}/status", encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def copy_to_tenants(server):
    """Gives all tenants the policies of the first, each with a word of its own: as the API would write
    them, two hundred thousand calls sooner."""
    (path,) = [file for file in server.data_dir.iterdir()
               if file.is_file() and file.read_bytes()[:15] == b"SQLite format 3"]
    base = sqlite3.connect(path)
    base.create_function("uuid", 0, lambda: str(uuid.uuid4()))
    for table in ("policies", "policy_scopes"):
        columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
        values = ["'scale-' || n" if name == "tenant_id" else
                  # In community mode an organization is what a tenant is.
                  "CASE org_id WHEN tenant_id THEN 'scale-' || n ELSE org_id END" if name == "org_id" else
                  "uuid()" if name == "uuid" else
                  "replace(pattern, 'quay00000', printf('quay%05d', n))" if name == "pattern" else name
                  for name in columns]
        base.execute(f"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {TENANTS - 1})
            INSERT INTO {table} ({', '.join(columns)})
            SELECT {', '.join(values)} FROM {table} JOIN numbers WHERE tenant_id = 'scale-0'""")
    base.commit()
    base.close()


def test_a_node_with_many_tenants_starts_soon_and_judges_each_by_its_own_policies(make_server):
    server = make_server({})
    server.start()
    for policy in range(POLICIES):
        made = server.post(STATIC, {"name": f"Quay {policy}", "pattern": rf"\b{word(0, policy)}\b",
                                    "category": "custom", "action": "block", "severity": "high"},
                           auth=basic("scale-0", ""))
        assert made.status == 201, made
    server.stop()
    copy_to_tenants(server)

    began = time.monotonic()
    server.start()
    took = time.monotonic() - began
    after_start = resident_mib(server)
    failures, slowest = [], [0.0]

    def call(first):
        for tenant in range(first, TENANTS, CALLERS):
            auth = basic(f"scale-{tenant}", "")
            asked = time.monotonic()
            own = server.pre_check(f"to {word(tenant, tenant % POLICIES)}", auth=auth)
            slowest[0] = max(slowest[0], time.monotonic() - asked)
            other = server.pre_check(f"to {word((tenant + 1) % TENANTS, 3)}", auth=auth)
            if own["approved"] or not other["approved"]:
                failures.append((tenant, own, other))
                return

    callers = [threading.Thread(target=call, args=(first,)) for first in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(600)
    assert not failures, failures[0]
    resident = resident_mib(server)
    print(f"{TENANTS} tenants x {POLICIES} policies: ready after {took:.2f} s with {after_start:.0f} MiB; "
          f"{resident:.0f} MiB after every tenant called, slowest first call {slowest[0] * 1000:.0f} ms")
    assert took <= START_S_MAX
    assert resident <= RESIDENT_MIB_MAX


# Patterns as tenants write them: words, alternatives, classes, counts.
SHAPES = (
    r"(?i)\bproject[ -]{name}\b",
    r"\b{upper}-[0-9]{{4,8}}(?:-[A-Z]{{2}})?\b",
    r"(?i)\b(?:{name}|codename {name}|{name} programme)\b",
    r"(?i)(?:account|customer|contract)\s*(?:no|nr|number)?[.:]?\s*{upper}[0-9]{{6}}",
    r"(?i)https?://[a-z0-9.-]*{name}[a-z0-9.-]*/[^\s]{{1,20}}",
)
COMPILE_MS_MAX = 20.0


def test_a_tenants_fifty_patterns_are_compiled_soon_and_beside_the_requests_of_others(make_server):
    server = make_server({})
    server.start()
    tenants = [f"fifty-{number}" for number in range(6)]
    for tenant in tenants:
        for number in range(50):
            name = f"{tenant.replace('-', '')}mole{number:02d}"
            pattern = SHAPES[number % len(SHAPES)].format(name=name, upper=f"Q{number:02d}")
            made = server.post(STATIC, {"name": f"Mole {number}", "pattern": pattern, "category": "custom",
                                        "action": "block", "severity": "high"}, auth=basic(tenant, ""))
            assert made.status == 201, made
    server.stop()
    server.start()
    others, stop = [], threading.Event()

    def look():
        while not stop.is_set():
            began = time.monotonic()
            assert server.get("/health").status == 200
            others.append(time.monotonic() - began)

    other = threading.Thread(target=look)
    other.start()
    took = []
    for tenant in tenants:
        times = []
        for number in (7, 7, 7):
            began = time.monotonic()
            answer = server.pre_check(f"see {tenant.replace('-', '')}mole{number:02d}", auth=basic(tenant, ""))
            times.append((time.monotonic() - began) * 1000)
            assert not answer["approved"], answer
        took.append(times[0] - min(times))
    stop.set()
    other.join(10)
    print(f"the first request of a tenant with 50 patterns takes {min(took):.1f} to {max(took):.1f} ms more; "
          f"/health meanwhile at most {max(others) * 1000:.1f} ms")
    # The least of them: what the machine does beside is not the compiler's.
    if "ASAN_OPTIONS" not in os.environ and "TSAN_OPTIONS" not in os.environ:
        assert min(took) <= COMPILE_MS_MAX
