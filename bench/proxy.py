"""Measures what a governed call to a model costs, against nginx as plain reverse proxy to the same provider.

The provider is a stand-in (nginx with a fixed answer); its own cost counts for nobody. Rounds are
interleaved, so that whatever else the machine does falls on both alike. The cost is CPU time (utime + stime
of all processes of a server) per answered call; for our server the reading ends when every record has been
shipped into the store. What is added to a call shows at one connection, where nothing waits for anything
else: our p50 less nginx's, next to what one fdatasync takes on this disk. Exit status 1 when a limit is
missed.
"""

import base64
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys

import processes
import texts
from run import Cell, Verdict, arguments, print_table

ROOT = pathlib.Path(__file__).resolve().parent.parent
BODIES = 64  # different prompts
PROMPT_BYTES = 200

CPU_RATIO_MAX = 3.0
ADDED_MS_MAX = 0.5  # at one connection, beside one fdatasync

LUA = """
local requests, next_one = {{}}, 0
init = function()
  for i = 1, {count} do
    local file = io.open("{folder}/" .. i .. ".json", "rb")
    local body = file:read("*a")
    file:close()
    requests[i] = wrk.format("POST", "/v1/chat/completions",
      {{["Content-Type"] = "application/json", ["Authorization"] = "{auth}"}}, body)
  end
end
request = function()
  next_one = next_one % {count} + 1
  return requests[next_one]
end
"""

ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None, "message": {
        "role": "assistant", "refusal": None, "content":
            "The gardener measures the colours of autumn leaves with some patience before breakfast."}}],
    "usage": {"prompt_tokens": 52, "completion_tokens": 17, "total_tokens": 69},
}

PROVIDER = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {servers}
}}
"""
FIXED = "server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{answer}'; }} }}"
# As the manual of nginx shows it: a connection to the provider for each request.
PLAIN = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{provider}; }} }}"
# The same with connections that are kept, which nginx does only when it is told to.
KEPT = """
  upstream provider {{ server 127.0.0.1:{provider}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }}
"""


class Nginx:
    def __init__(self, folder, servers, port):
        self.port = port
        folder.mkdir(parents=True)
        configuration = folder / "nginx.conf"
        configuration.write_text(PROVIDER.format(
            folder=folder, servers=servers, user="user root;" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen(
            ["nginx", "-c", str(configuration), "-e", str(folder / "error.log"), "-p", str(folder)])
        processes.wait_for_port(self.process, port)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def write_script(folder, client):
    folder.mkdir(parents=True)
    for seed in range(BODIES):
        body = {"model": "gpt-4o", "messages": [
            {"role": "user", "content": texts.ordinary(PROMPT_BYTES, seed)}]}
        (folder / f"{seed + 1}.json").write_text(json.dumps(body))
    secret = f"{client['client_id']}:{client['client_secret']}".encode()
    script = folder / "chat.lua"
    script.write_text(LUA.format(count=BODIES, folder=folder,
                                 auth="Basic " + base64.b64encode(secret).decode()))
    return script


def require_governed(server, folder):
    """A call comes back whole, with the id of its decision, and a bad one does not."""
    secret = f"{server.client['client_id']}:{server.client['client_secret']}".encode()
    headers = {"Content-Type": "application/json",
               "Authorization": "Basic " + base64.b64encode(secret).decode()}
    bad = json.dumps({"model": "gpt-4o", "messages": [
        {"role": "user", "content": "SELECT * FROM users WHERE id = 1 OR 1=1; DROP TABLE users; --"}]})
    for body, status in (((folder / "1.json").read_text(), 200), (bad, 400)):
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        link.request("POST", "/v1/chat/completions", body, headers)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        if answer.status != status or not answer.headers["X-AxonFlow-Decision-Id"]:
            raise SystemExit(f"not governed as it must be: {answer.status} {text}")
        if status == 200 and json.loads(text) != ANSWER:
            raise SystemExit(f"the answer of the provider did not come through: {text}")


def report(cells, synced, verdict):
    print_table(cells)
    by_name = {cell.name: cell for cell in cells}
    for connections in (64, 16, 1):
        plain = by_name.get(f"nginx proxy, {connections} connections")
        kept = by_name.get(f"nginx kept, {connections} connections")
        ours = by_name.get(f"chat call, {connections} connections")
        if not plain or not kept or not ours:
            continue
        print(f"     CPU s per 1,000 calls, {connections} connections: nginx {plain.cost / 1000:.3f}, with kept "
              f"connections {kept.cost / 1000:.3f}, ours {ours.cost / 1000:.3f} ({ours.cost / kept.cost:.1f} x kept)")
        verdict.check(f"CPU of a governed call against nginx, {connections} connections",
                      ours.cost / plain.cost, CPU_RATIO_MAX, "x  ")
        if connections == 1:
            added = statistics.median(ours.p50) - statistics.median(plain.p50)
            verdict.check("added p50 at one connection", added, ADDED_MS_MAX + synced, "ms ")


def main():
    options = arguments(__doc__, "bench-proxy")
    folder = options.folder
    verdict = Verdict()
    probes = []

    ports = [processes.free_port() for _ in range(3)]
    provider = Nginx(folder / "provider", FIXED.format(port=ports[0], answer=json.dumps(ANSWER)), ports[0])
    plain = Nginx(folder / "nginx", PLAIN.format(provider=ports[0], port=ports[1]), ports[1])
    kept = Nginx(folder / "nginx-kept", KEPT.format(provider=ports[0], port=ports[2]), ports[2])
    server = processes.Axonflow(options.binary, folder / "server")
    server.environment |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{ports[0]}/v1", "OPENAI_API_KEY": "sk-bench",
                           "AXONFLOW_EGRESS_ALLOW": "127.0.0.1", "PII_ACTION": "redact", "SQLI_ACTION": "block"}
    server.start()
    try:
        script = write_script(folder / "bodies", server.client)
        require_governed(server, folder / "bodies")
        cells = []
        for connections in (64, 16, 1):
            cells.append(Cell(f"nginx proxy, {connections} connections", plain, connections, script))
            cells.append(Cell(f"nginx kept, {connections} connections", kept, connections, script))
            cells.append(Cell(f"chat call, {connections} connections", server, connections, script))
        cells = [cell for cell in cells if options.only in cell.name]
        for number in range(options.rounds):
            for cell in cells:
                cell.measure(options.seconds)
            probes.append(statistics.median(processes.fdatasync_seconds(folder)) * 1000)
            print(f"round {number + 1} of {options.rounds} done", file=sys.stderr)
        server.stop()
    finally:
        for nginx in (provider, plain, kept):
            nginx.stop()
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()

    synced = statistics.median(probes)
    print(f"disk: fdatasync of 4 KiB, p50 {synced:.2f} ms")
    report(cells, synced, verdict)
    print(f"\n{verdict.missed} limits missed")
    return 1 if verdict.missed else 0


if __name__ == "__main__":
    sys.exit(main())
