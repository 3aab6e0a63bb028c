#!/usr/bin/env python3
"""What a governed decision costs with credentials and PostgreSQL, its answer held back until the record is in
the database, against nginx on the same machine in the same minutes.

PostgreSQL is a server of the run's own with everything as it must be in production: synced commits and
row-level security. The cost is the CPU time of our server alone; that of PostgreSQL is printed beside it.
Exit status 1 when a limit is missed.
"""

import pathlib
import statistics
import sys

import processes
import run
import texts

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import postgres  # noqa: E402 (of the tests)

RATIO_64_MAX = 4.5
RATE_64_MIN = 8_000
FDATASYNC_MS_MAX = 1.0  # the rate is held to its limit where the disk is no slower
CONNECTIONS = 64


class Cell(run.Cell):
    """With the CPU time of PostgreSQL beside that of the server."""

    def __init__(self, name, server, connections, script, database):
        super().__init__(name, server, connections, script)
        self.database, self.database_us = database, []

    def measure(self, seconds):
        before, rounds = processes.cpu_seconds(self.database.process.pid), len(self.rate)
        super().measure(seconds)
        used = processes.cpu_seconds(self.database.process.pid) - before
        self.database_us.append(used / (self.rate[rounds] * seconds) * 1e6)


def main():
    options = run.arguments(__doc__, "bench-postgresql", has_only=False)
    folder, binary = options.folder, options.binary
    pg = postgres.Postgres()
    nginx = processes.Nginx(folder / "nginx")
    servers = []
    try:
        synced = {"journal": processes.fdatasync_seconds(folder), "database": processes.fdatasync_seconds(pg.folder)}
        for name, times in synced.items():
            print(f"disk of the {name}: fdatasync of 4 KiB, p50 {times[len(times) // 2] * 1000:.2f} ms, "
                  f"p99 {times[int(len(times) * 0.99)] * 1000:.2f} ms")
        cells = [run.Cell(f"nginx static, {CONNECTIONS} connections", nginx, CONNECTIONS)]
        for acknowledgement in ("journal", "store"):
            server = processes.Axonflow(binary, folder / acknowledgement, {
                "DATABASE_URL": pg.url(pg.new_database()), "AXONFLOW_AUDIT_ACK": acknowledgement})
            server.start()
            servers.append(server)
            queries = [texts.ordinary(200, seed) for seed in range(run.BODIES)]
            bodies = folder / f"bodies-200-{acknowledgement}"
            script = run.write_script(bodies, queries, server.client)
            cells.append(Cell(f"pre-check 200 B, ack {acknowledgement}, {CONNECTIONS}", server, CONNECTIONS, script, pg))
        for number in range(options.rounds):
            for cell in cells:
                cell.measure(options.seconds)
            print(f"round {number + 1} of {options.rounds} done", file=sys.stderr)
        for server in servers:
            server.stop()
    finally:
        nginx.stop()
        for server in servers:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
        pg.close()

    run.print_table(cells)
    yardstick, *own = cells
    for cell in own:
        print(f"PostgreSQL itself, {cell.name}: {statistics.median(cell.database_us):.1f} us a request")
    print()
    verdict = run.Verdict()
    verdict.check("with the store's acknowledgement against nginx", own[1].cost / yardstick.cost, RATIO_64_MAX, "x  ")
    sync_ms = max(times[len(times) // 2] for times in synced.values()) * 1000
    rate = statistics.median(own[1].rate)
    if sync_ms <= FDATASYNC_MS_MAX:
        verdict.check("a durable pre-check takes, by the rate", 1e6 / rate, 1e6 / RATE_64_MIN, "us ")
    else:
        print(f"     {rate:.0f} durable pre-checks a second; no limit, the disk syncs in {sync_ms:.2f} ms")
    print(f"\n{verdict.missed} limits missed")
    return 1 if verdict.missed else 0


if __name__ == "__main__":
    sys.exit(main())
