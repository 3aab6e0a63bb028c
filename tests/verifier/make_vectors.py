#!/usr/bin/env python3
"""Prints golden vectors of the chain format, computed by the independent verifier's code."""

import base64
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import axonflow_verify as verifier

SEED = bytes(range(32))


def entries():
    chain = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
    base = {
        "id": chain, "chain_id": chain, "request_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "parent_request_id": "", "step_number": 1, "chain_seq": 1, "org_id": "acme", "tenant_id": "shop",
        "client_id": "client-1", "user_id": "ann@example.com", "decision_type": "policy_enforcement",
        "decision_outcome": "approved", "system_id": "node-1", "model_provider": "", "model_id": "",
        "policies_evaluated": [], "policy_triggered": "", "risk_level": "minimal",
        "requires_human_review": False, "processing_time_ms": 0, "input_hash": "ab" * 32,
        "output_hash": "", "audit_hash": "", "data_sources": ["sha256:" + "cd" * 32],
        "created_at_unixmicro": 1700000000123456}
    yield dict(base)
    yield {**base, "id": "6f9619ff-8b86-4d01-b42d-00c04fc96500", "parent_request_id": chain,
           "step_number": 2, "chain_seq": 2, "decision_type": "llm_generation",
           "decision_outcome": "modified", "model_provider": "openai", "model_id": "gpt-4",
           "policies_evaluated": ["sys_pii_email", "caf\u00e9", ""], "policy_triggered": "sys_pii_email",
           "risk_level": "unacceptable", "processing_time_ms": 12345678901, "output_hash": "ef" * 32}
    yield {**base, "id": "6f9619ff-8b86-4d01-b42d-00c04fc96501", "parent_request_id": chain,
           "step_number": 3, "chain_seq": 3, "decision_outcome": "pending_review",
           "requires_human_review": True, "risk_level": "high",
           "user_id": "a:b|c\x1e d:4:\u65e5\u672c", "client_id": "", "input_hash": "",
           "created_at_unixmicro": 0}


def main():
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    public = key.public_key().public_bytes_raw()
    prev, vectors = verifier.GENESIS, []
    for entry in entries():
        entry["audit_hash"] = verifier.audit_hash(entry)
        digest = verifier.record_digest(entry)
        chained = verifier.chain_hash(digest, prev)
        vectors.append({
            "entry": entry, "preimage_b64": base64.b64encode(verifier.preimage(entry)).decode(),
            "record_digest": digest, "prev_hash": prev, "chain_hash": chained,
            "record_signature": base64.b64encode(key.sign(chained.encode())).decode()})
        prev = chained
    json.dump({"seed": base64.b64encode(SEED).decode(), "public_key": base64.b64encode(public).decode(),
               "signing_key_id": verifier.key_id(public), "vectors": vectors},
              sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
