"""What a process costs, read from /proc, and the two servers that are compared."""

import json
import os
import pathlib
import socket
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    """The process and all its descendants."""
    members = [pid]
    for member in members:
        for task in pathlib.Path(f"/proc/{member}/task").iterdir():
            members += [int(child) for child in (task / "children").read_text().split()]
    return members


def cpu_seconds(pid):
    """User and system time of a process and its descendants."""
    total = 0
    for member in family(pid):
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_SECOND


def resident_mebibytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def wait_until_idle(pid, seconds_max=60):
    """Returns when the process used next to no CPU for a while: all that was taken in is shipped."""
    quiet = 0
    last = cpu_seconds(pid)
    end = time.monotonic() + seconds_max
    while quiet < 2 and time.monotonic() < end:
        time.sleep(0.25)
        reading = cpu_seconds(pid)
        quiet = quiet + 1 if reading - last <= 0.011 else 0
        last = reading
    if quiet < 2:
        print(f"warning: pid {pid} was still busy after {seconds_max} s")


NGINX_CONFIGURATION = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; user root;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 '{{"status":"healthy","service":"static","padding":"{padding}"}}'; }}
  }}
}}
"""


class Nginx:
    """The yardstick: two workers that answer a fixed text of about the size of our own answer."""

    def __init__(self, folder):
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "nginx.conf"
        text = NGINX_CONFIGURATION.format(folder=folder, port=self.port, padding="x" * 200)
        if os.geteuid() != 0:
            text = text.replace("user root;", "")
        configuration.write_text(text)
        self.process = subprocess.Popen(
            ["nginx", "-c", str(configuration), "-e", str(folder / "error.log"), "-p", str(folder)])
        wait_for_port(self.process, self.port)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Axonflow:
    """The server in enterprise mode, with one tenant's credential."""

    def __init__(self, binary, folder, more=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = binary
        self.folder = folder
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"], "DEPLOYMENT_MODE": "enterprise", "PORT": str(self.port),
            "AXONFLOW_BIND_ADDRESS": "127.0.0.1", "AXONFLOW_DATA_DIR": str(folder / "data"), **(more or {}),
        }
        made = subprocess.run([binary, "client", "create", "--tenant", "bench", "-o", "json"],
                              env=self.environment, check=True, capture_output=True, text=True)
        self.client = json.loads(made.stdout)
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Starts the process; returns the seconds until /readyz answered 200."""
        log = open(self.folder / "server.log", "ab")
        begin = time.monotonic()
        self.process = subprocess.Popen([self.binary, "serve"], env=self.environment,
                                        stdout=log, stderr=log, cwd=self.folder)
        log.close()
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
                    link.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    if link.recv(64).startswith(b"HTTP/1.1 200"):
                        return time.monotonic() - begin
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begin > 20:
                raise SystemExit((self.folder / "server.log").read_text()[-4000:])
            time.sleep(0.002)

    def stop(self):
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise SystemExit("the server did not end cleanly")


def wait_for_port(process, port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise SystemExit("nginx did not start")


def fdatasync_seconds(folder, count=200):
    """Sorted times of appending 4 KiB and syncing it, on the disk of `folder`."""
    path = pathlib.Path(folder) / "fdatasync.probe"
    times = []
    with open(path, "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, count * 4096)
        for _ in range(count):
            file.write(b"x" * 4096)
            begin = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - begin)
    path.unlink()
    return sorted(times)
