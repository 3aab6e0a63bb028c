"""The real binary as an object, a small HTTP client, and raw sockets."""

import base64
import dataclasses
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("AXONFLOW_BINARY", ROOT / "build/release/axonflow")).resolve()

JWT_SECRET = "a-shared-secret-of-the-suite-0123456789"

READY_SECONDS_MAX = 15
STOP_SECONDS_MAX = 40

# Test card number of a card network's public documentation: passes Luhn, belongs to nobody.
CARD = "4111 1111 1111 1111"
HARMLESS = "What is the capital of France?"
WITH_CARD = f"Please charge the card {CARD} for the annual subscription."
WITH_SQLI = "SELECT name FROM accounts WHERE id = '1' UNION SELECT password FROM accounts --"

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
HEX32 = re.compile(r"^[0-9a-f]{32}$")
HEX64 = re.compile(r"^[0-9a-f]{64}$")
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


@dataclasses.dataclass(frozen=True)
class Tenant:
    client_id: str
    client_secret: str
    tenant_id: str
    org_id: str

    @property
    def basic(self):
        return basic(self.client_id, self.client_secret)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def unique(text="ask"):
    """A text that no other test sends, so that its record can be found."""
    return f"{text} {uuid.uuid4().hex}"


def sha256(text):
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def jwt(claims, secret, header=None):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part(header or {"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)


class Server:
    """One server process on a loopback port with a data folder of its own."""

    binary = None  # another program than BINARY

    def __init__(self, folder, environment, data_dir=None):
        self.folder = pathlib.Path(folder)
        self.data_dir = pathlib.Path(data_dir) if data_dir else self.folder / "data"
        self.data_dir.mkdir(exist_ok=True)
        self.log_path = self.folder / "server.log"
        self.port = free_port()
        self.process = None
        # Only what the test says: nothing of the developer's own shell may reach the server.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DEPLOYMENT_MODE": "community",
            "PORT": str(self.port),
            "AXONFLOW_DATA_DIR": str(self.data_dir),
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.environment.update(environment)
        self.environment = {k: v for k, v in self.environment.items() if v is not None}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait=True):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [str(self.binary or BINARY), "serve"], env=self.environment, cwd=self.folder, stdout=log, stderr=log
        )
        log.close()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < end:
            code = self.process.poll()
            assert code is None, f"the server ended with {code}:\n{self.log()}"
            try:
                if self.get("/readyz", timeout=2).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.005)
        raise AssertionError(f"not ready after {READY_SECONDS_MAX} s:\n{self.log()}")

    def stop(self):
        """SIGTERM, and the exit code must say that the drain was clean."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=STOP_SECONDS_MAX)
        self.process = None
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=STOP_SECONDS_MAX)
        self.process = None

    def kill_if_running(self):
        if self.process is not None:
            self.kill()

    def log(self):
        return self.log_path.read_text(errors="replace")[-8000:] if self.log_path.exists() else ""

    def run(self, *arguments, environment=None, check=True):
        """Runs another command of the binary with this server's settings."""
        done = subprocess.run(
            [str(self.binary or BINARY), *arguments],
            env={**self.environment, **(environment or {})},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stderr}"
        return done

    def create_client(self, tenant):
        """Makes a client, and its tenant when that is new."""
        made = json.loads(self.run("client", "create", "--tenant", tenant, "-o", "json").stdout)
        return Tenant(**{field.name: made[field.name] for field in dataclasses.fields(Tenant)})

    def connect(self, timeout=10):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, auth=None, timeout=10):
        link = self.connect(timeout)
        try:
            return exchange(link, method, path, body, headers, auth)
        finally:
            link.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, **options):
        return self.request("POST", path, body, **options)

    def pre_check(self, query, auth=None, **members):
        return self.post("/api/policy/pre-check", {"query": query, **members}, auth=auth).json()

    def decide(self, query, auth=None, stage="llm", **members):
        return self.post("/api/v1/decide", {"stage": stage, "query": query, **members}, auth=auth).json()

    def search(self, auth=None, headers=None, **filters):
        answer = self.post("/api/v1/audit/search", filters, auth=auth, headers=headers)
        assert answer.status == 200, answer
        return answer.json()

    def raw(self, data, half_close=False, timeout=10):
        """Sends bytes as they are and returns everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            try:
                link.sendall(data)
                if half_close:
                    link.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # an early refusal may close before all of a large body was read
            return receive_all(link)


def exchange(link, method, path, body=None, headers=None, auth=None):
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = body.encode() if isinstance(body, str) else body
    if auth:
        headers["Authorization"] = auth
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def receive_all(link):
    received = b""
    try:
        while chunk := link.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def http_request(method, path, body=b"", headers=(), auth=None, close=True):
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if auth:
        lines.append(f"Authorization: {auth}")
    if close:
        lines.append("Connection: close")
    lines += headers
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status_of(received):
    assert received.startswith(b"HTTP/1."), received[:200]
    return int(received.split(b" ", 2)[1])


def body_of(received):
    return received.split(b"\r\n\r\n", 1)[1]


def sentence_of(answer_body):
    """The text of any of the wire's error shapes; fails when the body is none of them."""
    shape = json.loads(answer_body)
    error = shape.get("error")
    text = error.get("message") if isinstance(error, dict) else error
    assert isinstance(text, str) and text.strip(), shape
    return text
