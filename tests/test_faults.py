"""When a part fails the answer is a refusal with a reason, never an allow."""

import concurrent.futures
import json
import pathlib
import subprocess
import time

import pytest

from support import HARMLESS, exchange, sentence_of, unique

PRE_CHECK = "/api/policy/pre-check"
# Room for the first preallocated segment of the journal (64 MiB) but not for a second one.
DISK_MIB = 100
RECORD_TEXT = "A long and harmless sentence about gardens, rivers and the weather. " * 40


@pytest.fixture
def small_disk(tmp_path):
    """A file system of DISK_MIB that can be filled without harm to the machine."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    for _ in range(50):
        if subprocess.run(["umount", str(folder)], capture_output=True).returncode == 0:
            break
        time.sleep(0.1)


def fill(folder):
    """Takes every free byte of the file system; returns the file to remove afterwards."""
    filler = pathlib.Path(folder) / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass
    return filler


def ask_until_refused(server, seconds):
    """Asks from 8 connections until one answer is no 200; returns that answer."""
    end = time.monotonic() + seconds

    def ask(_):
        link = server.connect(timeout=20)
        while time.monotonic() < end:
            answer = exchange(link, "POST", PRE_CHECK, {"query": unique(RECORD_TEXT)})
            if answer.status != 200:
                return answer
        return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        refused = [answer for answer in pool.map(ask, range(8)) if answer]
    assert refused, f"nothing was refused in {seconds} s on a full disk"
    return refused[0]


def stored_within(server, decision, seconds):
    """The store catches up by itself once it can write again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = server.post("/api/v1/audit/search", {"decision_id": decision})
        if answer.status == 200:
            return answer.json()["total"] == 1
        time.sleep(0.2)
    return False


def test_full_disk_refuses_and_recovers_without_a_restart(make_server, small_disk):
    data = small_disk / "data"
    server = make_server({}, data_dir=data).start()
    before = server.pre_check(unique(HARMLESS))
    assert before["approved"] is True
    filler = fill(small_disk)

    refused = ask_until_refused(server, 60)
    assert refused.status == 503, refused
    shape = refused.json()
    assert shape.get("approved") is not True and shape.get("verdict") != "allow"
    assert sentence_of(refused.body)
    # A smaller record may still find room: then it must be there afterwards like any other.
    decided = server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)})
    assert decided.status in (200, 503)

    filler.unlink()
    end = time.monotonic() + 15
    while (again := server.post(PRE_CHECK, {"query": unique(HARMLESS)})).status != 200:
        assert time.monotonic() < end, f"no recovery after space was freed: {again}"
        time.sleep(0.1)
    for answer in (before, decided.json(), again.json()):
        if answer.get("verdict") == "allow":
            assert stored_within(server, answer["decision_id"], 15)
    server.stop()
    assert server.run("audit", "verify", check=False).returncode == 0


BAD_CATALOGUES = {
    "no file at all": {},
    "not YAML": {"a.yaml": "policies: ["},
    "unknown key": {"a.yaml": "policies:\n  - id: x\n    nonsense: 1\n"},
    "bad pattern": {"a.yaml": json.dumps({"policies": [{
        "id": "x_bad", "name": "Bad", "description": "Bad.", "category": "security-dangerous",
        "severity": "high", "priority": 1, "phase": "both", "action": "block", "pattern": "(unclosed",
        "must_match": ["a", "b", "c"], "must_not_match": ["d", "e", "f"]}]})},
    "empty list": {"a.yaml": "policies: []\n"},
}


@pytest.mark.parametrize("name", BAD_CATALOGUES)
def test_policy_set_that_cannot_be_loaded_never_allows(make_server, tmp_path, name):
    folder = tmp_path / "policies"
    folder.mkdir()
    for file, text in BAD_CATALOGUES[name].items():
        (folder / file).write_text(text)
    server = make_server({"AXONFLOW_POLICIES_DIR": str(folder)})
    server.start(wait=False)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        code = server.process.poll()
        if code is not None:  # refused to start: it must say why
            server.process = None
            assert code != 0
            assert "polic" in server.log().lower()
            return
        try:
            answer = server.post(PRE_CHECK, {"query": HARMLESS})
        except OSError:
            time.sleep(0.05)
            continue
        assert answer.json().get("approved") is not True, "allowed without policies"
        assert answer.status in (200, 503)
        return
    raise AssertionError("neither refused to start nor answered")


def test_verification_names_the_damaged_journal_file(make_server):
    server = make_server().start()
    for _ in range(200):
        server.decide(unique(HARMLESS))
    server.kill()
    segment = max((server.data_dir / "journal").glob("*"), key=lambda path: path.stat().st_size)
    with open(segment, "r+b") as file:
        head = file.read(65536)
        offset = len(head.rstrip(b"\0")) // 2
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0xFF]))
    verified = server.run("audit", "verify", check=False)
    assert verified.returncode != 0
    assert segment.name in verified.stdout + verified.stderr


def test_unwritable_folder_refuses_to_start(make_server):
    server = make_server()
    (server.data_dir / "journal").write_text("not a folder")
    done = server.run("serve", check=False)
    assert done.returncode not in (0, -11, -6)
    assert "journal" in done.stderr
