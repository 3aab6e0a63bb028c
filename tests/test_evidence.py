"""Chains, signatures and the tenant's log over HTTP, checked with the independent verifier."""

import base64
import json
import uuid

import pytest

from support import HARMLESS, HEX64, JWT_SECRET, RFC3339, UUID, jwt, unique
from verifier import axonflow_verify as verifier

RECEIPT = {"X-AxonFlow-Receipt": "1"}
SEED = base64.b64encode(bytes(range(32))).decode()


def report(server, context, auth=None):
    answer = server.post("/api/audit/llm-call", {
        "context_id": context, "provider": "openai", "model": "gpt-4", "response_summary": "Paris",
        "token_usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}, auth=auth)
    assert answer.status == 200, answer
    return answer.json()


@pytest.fixture(scope="module")
def server(make_module_server):
    return make_module_server({})


@pytest.fixture(scope="module")
def chain(server):
    """A decision and two calls reported about it."""
    decision = server.pre_check(unique(HARMLESS))
    for _ in range(2):
        report(server, decision["context_id"])
    return decision["decision_id"]


def get(server, path, **options):
    answer = server.get(path, **options)
    assert answer.status == 200, answer
    return answer.json()


def public_key(server):
    return base64.b64decode(get(server, "/api/v1/audit/signing-key")["public_key"])


def check_record(record, key):
    """The contract's exact bytes, computed here."""
    preimage = base64.b64decode(record["digest_preimage_b64"])
    assert verifier.hashlib.sha256(preimage).hexdigest() == record["record_digest"]
    assert verifier.chain_hash(record["record_digest"], record["prev_hash"]) == record["chain_hash"]
    assert verifier.verify_ed25519(key, record["chain_hash"].encode(),
                                   base64.b64decode(record["record_signature"]))
    assert record["signing_key_id"] == verifier.key_id(key)
    fields = preimage.split(b"\x1e")
    assert fields[0] == b"id:36:" + record["record_id"].encode()
    assert fields[1] == b"chain_id:36:" + record["chain_id"].encode()
    return fields


def test_chain_lists_its_records_and_proves_them(server, chain):
    answer = get(server, f"/api/v1/audit/chains/{chain}/verify")
    assert answer["chain_id"] == chain
    assert answer["total_records"] == answer["signed_records"] == 3
    for name in ("valid", "authorship_proven", "linkage_valid", "signatures_valid"):
        assert answer[name] is True, answer
    assert answer["unsigned_records"] == 0
    assert "first_broken_seq" not in answer and "break_reason" not in answer
    assert RFC3339.match(answer["verified_at"])
    assert [record["chain_seq"] for record in answer["records"]] == [1, 2, 3]
    assert answer["records"][0]["id"] == chain
    assert answer["public_key"] == get(server, "/api/v1/audit/signing-key")["public_key"]
    prev = verifier.GENESIS
    for listed in answer["records"]:
        record = get(server, f"/api/v1/audit/records/{listed['id']}/verify")
        assert record["valid"] and record["signed"] and record["signature_valid"], record
        assert record["chain_id"] == chain and record["chain_seq"] == listed["chain_seq"]
        assert record["prev_hash"] == prev
        check_record(record, public_key(server))
        prev = record["chain_hash"]


def test_preimage_says_what_was_decided(server, chain):
    record = get(server, f"/api/v1/audit/records/{chain}/verify")
    fields = dict(field.split(b":", 1) for field in check_record(record, public_key(server))
                  if b"#" not in field and field)
    assert fields[b"decision_outcome"].endswith(b":approved")
    assert fields[b"decision_type"].endswith(b":policy_enforcement")
    assert fields[b"requires_human_review"] == b"5:false"


def test_signing_key_field_by_field(server):
    key = get(server, "/api/v1/audit/signing-key")
    assert key["algorithm"] == "ed25519" and key["configured"] is True
    assert len(base64.b64decode(key["public_key"])) == 32
    assert key["signing_key_id"] == verifier.key_id(base64.b64decode(key["public_key"]))
    assert key["verification_note"]


@pytest.mark.parametrize("path", ["chains/{}/verify", "records/{}/verify", "records/{}/receipt"])
@pytest.mark.parametrize("thing, status", [("x", 400), ("%20", 400), (str(uuid.uuid4()), 404)])
def test_what_is_not_there(server, path, thing, status):
    answer = server.get("/api/v1/audit/" + path.format(thing))
    assert answer.status == status, answer
    assert isinstance(answer.json()["error"], str)


def test_own_rows_readers_may_not_verify(enterprise):
    decision = enterprise.decide(unique(HARMLESS), auth=enterprise.acme.basic)["decision_id"]
    token = jwt({"tenant_id": "acme", "email": "ann@acme.example", "role": "member",
                 "exp": 4102444800}, JWT_SECRET)
    answer = enterprise.get(f"/api/v1/audit/chains/{decision}/verify", auth=enterprise.acme.basic,
                            headers={"X-User-Token": token})
    assert answer.status == 403, answer


def test_receipt_on_request_leads_to_the_signed_head(server):
    answer = server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)}, headers=RECEIPT)
    assert answer.status == 200 and "x-axonflow-receipt" in answer.headers, answer
    text = answer.headers["x-axonflow-receipt"]
    receipt = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert receipt["record_id"] == answer.json()["decision_id"]
    key = public_key(server)
    _, size, root, signed = verifier.read_checkpoint(receipt["checkpoint"], {"": key})
    assert signed
    leaf = verifier.leaf_hash(receipt["record_digest"], receipt["chain_hash"])
    proof = [bytes.fromhex(part) for part in receipt["inclusion_proof"]]
    assert verifier.root_from_proof(leaf, receipt["leaf_index"], size, proof) == root
    again = get(server, f"/api/v1/audit/records/{receipt['record_id']}/receipt")
    assert again["chain_hash"] == receipt["chain_hash"] and HEX64.match(again["chain_hash"])


def test_without_the_header_there_is_no_receipt(server):
    answer = server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)})
    assert "x-axonflow-receipt" not in answer.headers


def test_heads_grow_consistently(server):
    first = get_receipt_head(server)
    second = get_receipt_head(server)
    assert second["tree_size"] > first["tree_size"]
    answer = get(server, f"/api/v1/audit/log/consistency?first={first['tree_size']}"
                         f"&second={second['tree_size']}")
    assert answer["first_root"] == first["root_hash"] and answer["second_root"] == second["root_hash"]
    assert len(answer["proof"]) > 0
    note = server.get("/api/v1/audit/log/checkpoint")
    assert note.headers["content-type"].startswith("text/plain")
    _, size, _, signed = verifier.read_checkpoint(note.body.decode(), {"": public_key(server)})
    assert signed and size >= second["tree_size"]


def get_receipt_head(server):
    answer = server.post("/api/v1/decide", {"stage": "llm", "query": unique(HARMLESS)}, headers=RECEIPT)
    assert answer.status == 200
    return get(server, "/api/v1/audit/log")


@pytest.mark.parametrize("query", ["first=0", "first=x", "first=999999999", "first=2&second=1"])
def test_bad_consistency_is_refused(server, chain, query):
    assert server.get(f"/api/v1/audit/log/consistency?{query}").status == 400


def test_chain_goes_on_after_a_restart(make_server):
    server = make_server({"AXONFLOW_AUDIT_SIGNING_KEY": SEED})
    server.start()
    decision = server.pre_check(unique(HARMLESS))
    report(server, decision["context_id"])
    before = get(server, f"/api/v1/audit/records/{decision['decision_id']}/verify")
    server.stop()
    server.start()
    report(server, decision["context_id"])
    answer = get(server, f"/api/v1/audit/chains/{decision['decision_id']}/verify")
    assert answer["authorship_proven"] and answer["total_records"] == 3, answer
    after = get(server, f"/api/v1/audit/records/{decision['decision_id']}/verify")
    assert after["record_signature"] == before["record_signature"]


def test_rotated_key_counts_only_when_listed(make_server):
    settings = {"AXONFLOW_AUDIT_SIGNING_KEY": SEED, "AXONFLOW_AUDIT_SIGNATURES": "each_record"}
    server = make_server(settings)
    server.start()
    decision = server.pre_check(unique(HARMLESS))["decision_id"]
    old = get(server, "/api/v1/audit/signing-key")["public_key"]
    server.stop()
    server.environment["AXONFLOW_AUDIT_SIGNING_KEY"] = base64.b64encode(b"x" * 32).decode()
    server.start()
    path = f"/api/v1/audit/chains/{decision}/verify"
    broken = get(server, path)
    assert broken["valid"] is False and broken["first_broken_seq"] == 1, broken
    assert broken["first_broken_record_id"] == decision and broken["break_reason"]
    server.stop()
    server.environment["AXONFLOW_AUDIT_VERIFY_KEYS"] = old
    server.start()
    assert get(server, path)["authorship_proven"] is True


def test_unsigned_mode_chains_and_says_so(make_server):
    server = make_server({"AXONFLOW_AUDIT_SIGNATURES": "off"})
    server.start()
    decision = server.pre_check(unique(HARMLESS))["decision_id"]
    answer = get(server, f"/api/v1/audit/chains/{decision}/verify")
    assert answer["valid"] is True and answer["authorship_proven"] is False
    assert answer["unsigned_records"] == 1
    record = get(server, f"/api/v1/audit/records/{decision}/verify")
    assert record["valid"] is False and record["signed"] is False and record["reason"]
    key = get(server, "/api/v1/audit/signing-key")
    assert (key["configured"], key["signing_key_id"], key["public_key"]) == (False, "", "")


@pytest.mark.parametrize("key", ["x", "AAAA", base64.b64encode(b"x" * 31).decode()])
def test_malformed_key_stops_the_start(make_server, key):
    server = make_server({"AXONFLOW_AUDIT_SIGNING_KEY": key})
    done = server.run("serve", check=False)
    assert done.returncode == 2 and "AXONFLOW_AUDIT_SIGNING_KEY" in done.stderr
    assert key not in done.stderr.replace("AXONFLOW_AUDIT_SIGNING_KEY", "") or key == "x"


def test_decision_ids_are_uuids(chain):
    assert UUID.match(chain)
