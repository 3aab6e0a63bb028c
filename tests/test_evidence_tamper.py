"""A log of 1,000 records exported, changed in every way, and judged by both verifiers."""

import base64
import concurrent.futures
import json
import random

import pytest

from support import HARMLESS, unique
from verifier import axonflow_verify as verifier

RECORDS = 1000
CLIENTS = 8
FLIPS = 24


@pytest.fixture(scope="module")
def export(make_module_server):
    server = make_module_server({})
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: server.pre_check(unique(HARMLESS)), range(RECORDS)))
    last = server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)},
                       headers={"X-AxonFlow-Receipt": "1"})
    assert "x-axonflow-receipt" in last.headers, last
    key = server.get("/api/v1/audit/signing-key").json()["public_key"]
    tenant = server.search(limit=1)["entries"][0]["tenant_id"]
    whole = server.folder / "whole.jsonl"
    server.run("audit", "export", "--tenant", tenant, "--file", str(whole))
    part = server.folder / "part.jsonl"
    server.run("audit", "export", "--tenant", tenant, "--first", "500", "--end", "501",
               "--file", str(part))
    return server, key, whole.read_bytes(), part.read_bytes()


def both(server, key, data, known=None):
    """The two verdicts; they must be the same, down to the line."""
    path = server.folder / "changed.jsonl"
    path.write_bytes(data)
    arguments = ["audit", "verify", "--export", str(path), "--key", key, "-o", "json"]
    if known:
        head = server.folder / "known.checkpoint"
        head.write_text(known, encoding="utf-8")
        arguments += ["--known-head", str(head)]
    done = server.run(*arguments, check=False)
    ours = json.loads(done.stdout)
    code, other = verifier.verify(data, [base64.b64decode(key)], known)
    assert done.returncode == code, (ours, other)
    if code == 1:
        assert ours["line"] == other["line"], (ours, other)
    return code, other


def line_of(data, at):
    return data.count(b"\n", 0, at) + 1


def test_untouched_export_is_proven(export):
    server, key, whole, part = export
    code, result = both(server, key, whole)
    assert code == 0 and result["records"] >= RECORDS, result
    assert both(server, key, part)[0] == 0
    header = json.loads(whole.split(b"\n", 1)[0])
    assert both(server, key, whole, header["checkpoint"])[0] == 0


def test_another_key_proves_nothing(export):
    server, _, whole, _ = export
    other = base64.b64encode(verifier.sha256(b"x")).decode()
    assert both(server, other, whole)[0] == 1


def test_every_flipped_byte_of_a_record_is_found(export):
    _, key, _, part = export
    start = part.index(b"\n") + 1
    end = part.index(b"\n", start)
    for at in range(start, end + 1):
        changed = bytearray(part)
        changed[at] ^= 1 << at % 7
        code, result = verifier.verify(bytes(changed), [base64.b64decode(key)])
        assert code == 1 and result["line"] == 2, (at, result)


def test_flipped_bytes_anywhere_are_found_by_both(export):
    server, key, whole, _ = export
    draw = random.Random(6)
    for _ in range(FLIPS):
        at = draw.randrange(len(whole))
        changed = bytearray(whole)
        changed[at] ^= 1 << draw.randrange(7)
        code, result = both(server, key, bytes(changed))
        assert code == 1, at
        if line_of(whole, at) > 1:
            assert result["line"] == line_of(whole, at), result


@pytest.mark.parametrize("change", ["delete", "insert", "swap", "cut tail", "cut trailer", "no header"])
def test_structure_is_guarded(export, change):
    server, key, whole, _ = export
    lines = whole.split(b"\n")
    if change == "delete":
        del lines[400]
    elif change == "insert":
        lines.insert(400, lines[399])
    elif change == "swap":
        lines[400], lines[401] = lines[401], lines[400]
    elif change == "cut tail":
        del lines[400:-2]
    elif change == "cut trailer":
        del lines[-2]
    else:
        del lines[0]
    code, result = both(server, key, b"\n".join(lines))
    assert code == 1, change
    if change in ("delete", "insert", "swap"):
        assert result["line"] == 401, result


def test_old_export_does_not_pass_for_the_present(export):
    server, key, whole, _ = export
    server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)},
                headers={"X-AxonFlow-Receipt": "1"})
    present = server.get("/api/v1/audit/log/checkpoint").body.decode()
    code, result = both(server, key, whole, present)
    assert code == 1 and "shorter" in result["reason"], result


def test_witness_goes_along_and_refuses_a_second_history(export):
    server, key, _, _ = export
    state = server.folder / "witness.checkpoint"
    arguments = ["audit", "witness", "--url", server.url, "--key", key, "--state", str(state)]
    server.run(*arguments)
    seen = state.read_text(encoding="utf-8")
    server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)},
                headers={"X-AxonFlow-Receipt": "1"})
    server.run(*arguments)
    assert state.read_text(encoding="utf-8") != seen
    stranger = [*arguments[:5], base64.b64encode(b"x" * 32).decode(), *arguments[6:]]
    assert server.run(*stranger, check=False).returncode == 1
