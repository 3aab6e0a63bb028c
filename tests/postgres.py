"""A PostgreSQL 15 server of the suite's own: an unprivileged user, a private port, a folder."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from support import free_port

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
START_SECONDS_MAX = 60


def installed():
    return (BINARIES / "initdb").exists()


def _unprivileged():
    """What makes a child run as `nobody` when the suite runs as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Postgres:
    """Roles: `postgres` is the superuser, `owner` owns databases and makes roles."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="axonflow-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.process = None
        self.databases = 0
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._call("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                   "--locale", "C.UTF-8", "-N")
        self.start()
        self.sql("postgres", "CREATE ROLE owner LOGIN CREATEDB CREATEROLE", user="postgres")

    def _call(self, program, *arguments):
        done = subprocess.run([str(BINARIES / program), *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=120, **_unprivileged())
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(BINARIES / "postgres"), "-D", str(self.data), "-k", str(self.folder),
                 "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}",
                 "-c", "max_connections=200", "-c", "shared_buffers=32MB"],
                cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **_unprivileged())
        end = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.sql("postgres", "SELECT 1", user="postgres")
                return
            except AssertionError:
                assert time.monotonic() < end, (self.folder / "server.log").read_text()[-4000:]
                time.sleep(0.05)

    def url(self, database, user="owner"):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def sql(self, database, *statements, user="owner"):
        """Rows of the last statement, as lists of texts."""
        words = [word for statement in statements for word in ("-c", statement)]
        out = self._call("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
                         "-d", self.url(database, user), *words)
        return [line.split("\t") for line in out.splitlines()]

    def new_database(self):
        self.databases += 1
        name = f"node{self.databases}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return name

    def _children(self):
        listed = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in listed.read_text().split()]

    def freeze(self):
        """Stops every process of the server where it is."""
        os.kill(self.process.pid, signal.SIGSTOP)  # first, so that it starts no more
        for pid in self._children():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._children():
            os.kill(pid, signal.SIGCONT)
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self, immediately=True):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if immediately else signal.SIGINT)
        self.process.wait(timeout=60)
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
