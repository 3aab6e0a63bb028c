#!/usr/bin/env python3
"""What a governed decision costs, against nginx on the same machine in the same minutes.

Rounds are interleaved, so that whatever else the machine does falls on all alike. The cost is CPU time
(utime + stime of all processes of a server) per answered request; for our server the reading ends when
every record has been shipped into the store. Exit status 1 when a limit is missed.
"""

import argparse
import base64
import http.client
import json
import operator
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

import processes
import texts

ROOT = pathlib.Path(__file__).resolve().parent.parent
BODIES = 64  # different texts a cell
KIB = 1024

RATIO_64_MAX = 3.0
RATIO_16_MAX = 4.5
EXTRA_8K_US_MAX = 150.0
EXTRA_100K_US_MAX = 1500.0
HOSTILE_RATIO_MAX = 3.0
HEALTH_MS_MAX = 50.0
READY_S_MAX = 0.5
RESIDENT_MIB_MAX = 200.0

LUA = """
local requests, count, next_one = {{}}, {count}, 0
init = function()
  for i = 1, count do
    local file = io.open("{folder}/" .. i .. ".json", "rb")
    local body = file:read("*a")
    file:close()
    requests[i] = wrk.format("POST", "/api/policy/pre-check",
      {{["Content-Type"] = "application/json", ["Authorization"] = "{auth}"}}, body)
  end
end
request = function()
  next_one = next_one % count + 1
  return requests[next_one]
end
"""


def write_script(folder, queries, client):
    folder.mkdir(parents=True)
    for number, query in enumerate(queries, 1):
        body = {"query": query, "client_id": client["client_id"]}
        (folder / f"{number}.json").write_bytes(json.dumps(body, ensure_ascii=False).encode())
    secret = f"{client['client_id']}:{client['client_secret']}".encode()
    script = folder / "pre-check.lua"
    script.write_text(LUA.format(count=len(queries), folder=folder,
                                 auth="Basic " + base64.b64encode(secret).decode()))
    return script


def load(port, connections, seconds, script=None):
    """Runs wrk; returns requests answered and its report."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    command += ["-s", str(script)] if script else []
    done = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True,
                          timeout=seconds + 60)
    report = done.stdout
    if done.returncode != 0 or "Non-2xx" in report or "Socket errors" in report:
        raise SystemExit(f"the load did not run clean:\n{report}{done.stderr}")
    return int(re.search(r"(\d+) requests in", report).group(1)), report


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


class Cell:
    """One kind of load on one server; a sample a round."""

    def __init__(self, name, server, connections, script=None):
        self.name, self.server, self.connections, self.script = name, server, connections, script
        self.cpu_us, self.rate, self.p50, self.p99 = [], [], [], []

    def measure(self, seconds):
        processes.wait_until_idle(self.server.pid)
        before = processes.cpu_seconds(self.server.pid)
        answered, report = load(self.server.port, self.connections, seconds, self.script)
        processes.wait_until_idle(self.server.pid)
        self.cpu_us.append((processes.cpu_seconds(self.server.pid) - before) / answered * 1e6)
        self.rate.append(answered / seconds)
        self.p50.append(milliseconds(re.search(r"^\s+50%\s+(\S+)", report, re.MULTILINE).group(1)))
        self.p99.append(milliseconds(re.search(r"^\s+99%\s+(\S+)", report, re.MULTILINE).group(1)))

    @property
    def cost(self):
        return statistics.median(self.cpu_us)

    def row(self):
        spread = f"{min(self.cpu_us):.1f}..{max(self.cpu_us):.1f}"
        return (f"{self.name:34}{self.cost:10.1f}{spread:>20}{statistics.median(self.rate):10.0f}"
                f"{statistics.median(self.p50):9.2f}{statistics.median(self.p99):9.2f}")


def health_while_busy(server, script, seconds):
    """Milliseconds that GET /health took while 64 clients sent 100 KiB each, sorted."""
    times, done = [], threading.Event()

    def probe():
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        while not done.is_set():
            begin = time.monotonic()
            link.request("GET", "/health")
            link.getresponse().read()
            times.append((time.monotonic() - begin) * 1000)
            time.sleep(0.01)
        link.close()

    prober = threading.Thread(target=probe)
    prober.start()
    load(server.port, 64, seconds, script)
    done.set()
    prober.join()
    return sorted(times)


def start_times(binary, folder, count=5):
    """Seconds from exec to ready: on an empty folder, then on the folder that is there."""
    server = processes.Axonflow(binary, folder)
    found = []
    for _ in range(count):
        found.append(server.start())
        server.stop()
    return found


class Verdict:
    def __init__(self):
        self.missed = 0

    def check(self, name, value, limit, unit):
        good = value <= limit
        self.missed += not good
        print(f"{'ok  ' if good else 'MISS'} {name:58}{value:9.2f} {unit} (limit {limit:g})")


def arguments(description, folder, has_only=True):
    """The options of a bench; its binary and its folder, which is empty then, as absolute paths."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/axonflow"))
    parser.add_argument("--folder", default=str(ROOT / "build" / folder), help="emptied first")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=4, help="of load, a cell and round")
    if has_only:
        parser.add_argument("--only", default="", help="part of the names of the cells to run")
    options = parser.parse_args()
    options.folder = pathlib.Path(options.folder).resolve()
    options.binary = str(pathlib.Path(options.binary).resolve())
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    return options


def print_table(cells):
    print(f"\n{'':34}{'CPU us':>10}{'least..most':>20}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for cell in cells:
        print(cell.row())
    print()


def make_cells(server, nginx, folder):
    heads = texts.heads(ROOT / "policies")
    scripts = {}
    for label, size in (("200 B", 200), ("8 KiB", 8 * KIB), ("100 KiB", 100 * KIB)):
        queries = [texts.ordinary(size, seed) for seed in range(BODIES)]
        scripts[label] = write_script(folder / f"bodies-{size}", queries, server.client)
        if size > 200:
            queries = [texts.hostile(size, seed, heads) for seed in range(BODIES)]
            scripts[label + " hostile"] = write_script(
                folder / f"bodies-{size}-hostile", queries, server.client)
    cells = []
    for connections in (64, 16):
        cells.append(Cell(f"nginx static, {connections} connections", nginx, connections))
        cells.append(Cell(f"pre-check 200 B, {connections} connections", server, connections,
                          scripts["200 B"]))
    cells += [Cell(f"pre-check {label}, 16 connections", server, 16, script)
              for label, script in scripts.items() if label != "200 B"]
    return cells, scripts


def judge(cells, verdict):
    cost = {cell.name: cell.cost for cell in cells if cell.cpu_us}
    small = "pre-check 200 B, 16 connections"
    limits = [  # what, its limit and unit, the two cells, how they compare
        ("durable pre-check of 200 B against nginx, 64 connections", RATIO_64_MAX, "x  ",
         "pre-check 200 B, 64 connections", "nginx static, 64 connections", operator.truediv),
        ("durable pre-check of 200 B against nginx, 16 connections", RATIO_16_MAX, "x  ",
         small, "nginx static, 16 connections", operator.truediv),
        ("8 KiB text over 200 B", EXTRA_8K_US_MAX, "us ",
         "pre-check 8 KiB, 16 connections", small, operator.sub),
        ("100 KiB text over 200 B", EXTRA_100K_US_MAX, "us ",
         "pre-check 100 KiB, 16 connections", small, operator.sub),
        ("hostile text against ordinary, 8 KiB", HOSTILE_RATIO_MAX, "x  ",
         "pre-check 8 KiB hostile, 16 connections", "pre-check 8 KiB, 16 connections",
         operator.truediv),
        ("hostile text against ordinary, 100 KiB", HOSTILE_RATIO_MAX, "x  ",
         "pre-check 100 KiB hostile, 16 connections", "pre-check 100 KiB, 16 connections",
         operator.truediv),
    ]
    for name, limit, unit, left, right, combine in limits:
        if left in cost and right in cost:
            verdict.check(name, combine(cost[left], cost[right]), limit, unit)


def require_harmless(server, folder):
    """Ordinary text must be ordinary to the policies too, or the comparison means nothing."""
    body = (folder / "bodies-200" / "1.json").read_bytes()
    secret = f"{server.client['client_id']}:{server.client['client_secret']}".encode()
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    link.request("POST", "/api/policy/pre-check", body, {
        "Content-Type": "application/json",
        "Authorization": "Basic " + base64.b64encode(secret).decode()})
    answer = json.loads(link.getresponse().read())
    link.close()
    if not answer.get("approved") or answer["policies"]:
        raise SystemExit(f"ordinary text was not approved: {answer}")


def main():
    options = arguments(__doc__, "bench")
    folder = options.folder
    verdict = Verdict()

    synced = processes.fdatasync_seconds(folder)
    print(f"disk: fdatasync of 4 KiB, p50 {synced[len(synced) // 2] * 1000:.2f} ms, "
          f"p99 {synced[int(len(synced) * 0.99)] * 1000:.2f} ms")
    started = start_times(options.binary, folder / "start")
    print("start to ready: " + ", ".join(f"{seconds * 1000:.0f}" for seconds in started) + " ms")

    nginx = processes.Nginx(folder / "nginx")
    server = processes.Axonflow(options.binary, folder / "server")
    server.start()
    try:
        cells, scripts = make_cells(server, nginx, folder)
        require_harmless(server, folder)
        cells = [cell for cell in cells if options.only in cell.name]
        for number in range(options.rounds):
            for cell in cells:
                cell.measure(options.seconds)
            print(f"round {number + 1} of {options.rounds} done", file=sys.stderr)
        health = health_while_busy(server, scripts["100 KiB"], max(options.seconds, 5))
        processes.wait_until_idle(server.pid)
        resident = processes.resident_mebibytes(server.pid)
        server.stop()
    finally:
        nginx.stop()
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()

    print_table(cells)
    judge(cells, verdict)
    verdict.check("/health while 64 clients send 100 KiB: slowest answer", health[-1], HEALTH_MS_MAX, "ms ")
    print(f"     ({len(health)} answers, p50 {health[len(health) // 2]:.1f} ms, "
          f"p99 {health[int(len(health) * 0.99)]:.1f} ms)")
    verdict.check("start to ready, median of five", statistics.median(started), READY_S_MAX, "s  ")
    verdict.check("resident memory after the run", resident, RESIDENT_MIB_MAX, "MiB")
    print(f"\n{verdict.missed} limits missed")
    return 1 if verdict.missed else 0


if __name__ == "__main__":
    sys.exit(main())
