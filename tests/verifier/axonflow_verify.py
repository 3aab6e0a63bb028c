#!/usr/bin/env python3
"""Checks an evidence export without any code of the server: docs/evidence.md is all it was written from.

    axonflow_verify.py export.jsonl --key BASE64 [--key BASE64 ...] [--known-head checkpoint.txt]

Needs the standard library and `cryptography` or `PyNaCl`. Prints one JSON object and exits with 0 when
everything holds and is signed, 1 when something is broken, 2 when nothing is broken but not all is signed.
"""

import argparse
import base64
import datetime
import hashlib
import json
import re
import struct
import sys

GENESIS = "0" * 64
FORMAT = "axonflow-evidence/1"


class Broken(Exception):
    """What is wrong; `where` is the number of the line, from 1."""

    def __init__(self, reason, line=0, record_id=""):
        super().__init__(reason)
        self.reason, self.line, self.record_id = reason, line, record_id


def need(condition, reason):
    if not condition:
        raise Broken(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


def verify_ed25519(public_key, message, signature):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey
        try:
            VerifyKey(public_key).verify(message, signature)
            return True
        except (BadSignatureError, ValueError):
            return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def decode64(text):
    """Strict: one text for one value."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Broken("bad base64") from error
    need(base64.b64encode(data).decode() == text, "bad base64")
    return data


def key_id(public_key):
    return hashlib.sha256(public_key).hexdigest()[:16]


# --- the bytes of a record ---------------------------------------------------------------------

class Reader:
    """The journal's encoding: varints, zigzag for signed ones, texts with their length."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def signed(self):
        raw = self.unsigned()
        return (raw >> 1) ^ -(raw & 1)

    def text(self):
        size = self.unsigned()
        need(self.at + size <= len(self.data), "the payload ends early")
        self.at += size
        return self.data[self.at - size:self.at]

    def byte(self):
        need(self.at < len(self.data), "the payload ends early")
        self.at += 1
        return self.data[self.at - 1]

    def double(self):
        need(self.at + 8 <= len(self.data), "the payload ends early")
        self.at += 8
        return struct.unpack("<d", self.data[self.at - 8:self.at])[0]

    def many(self, read):
        count = self.unsigned()
        need(count <= len(self.data) - self.at, "the payload ends early")
        return [read() for _ in range(count)]


def read_match(r):
    names = ("policy_id", "policy_name", "description", "category", "action", "severity", "risk_level")
    match = {name: r.text() for name in names}
    match["version"] = r.signed()
    match["allow_override"] = r.byte()
    match["count"] = r.unsigned()
    return match


def read_record(payload):
    """The fields of a record that an export shows; the others are read over."""
    need(payload and payload[0] in (1, 2), "unknown format of the payload")
    version = payload[0]
    r = Reader(payload)
    r.at = 1
    record = {}

    def texts(*names):
        for name in names:
            record[name] = r.text()

    texts("id", "decision_id")
    record["timestamp"] = r.signed()
    texts("org", "tenant", "client", "user_email", "user_role", "session_id", "plane", "request_type",
          "stage", "verdict", "reason", "risk_level", "query", "query_hash")
    record["query_bytes"] = r.unsigned()
    record["matches"] = r.many(lambda: read_match(r))
    record["obligations"] = r.many(r.text)
    record["redacted_fields"] = r.many(r.text)
    texts("policy_set_version", "trace", "correlation_id", "tool_signature", "provider", "model",
          "response_sample")
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        record[name] = r.signed()
    record["cost_usd"] = r.double()
    record["latency_us"] = r.signed()
    record["upstream_latency_ms"] = r.signed()
    texts("error_message", "attempted_user_email")
    record["expires_at"] = r.signed()
    record["context"] = r.many(lambda: (r.text(), r.text()))
    record["context_truncated"] = r.byte()
    texts("metadata_json", "node")
    if version >= 2:
        r.many(lambda: read_match(r))
        r.unsigned()
    need(r.at == len(payload), "bytes behind the payload")
    record["id"] = record["id"] or record["decision_id"]
    record["correlation_id"] = record["correlation_id"] or record["trace"]
    return record


# --- the chain entry ---------------------------------------------------------------------------

OUTCOMES = {"allow": "approved", "allowed": "approved", "approve": "approved", "approved": "approved",
            "permit": "approved", "permitted": "approved",
            "block": "blocked", "blocked": "blocked", "deny": "blocked", "denied": "blocked",
            "reject": "blocked", "rejected": "blocked",
            "redact": "modified", "redacted": "modified", "modified": "modified",
            "needs_approval": "pending_review", "pending_approval": "pending_review",
            "require_approval": "pending_review", "pending": "pending_review"}
RISKS = {"": "minimal", "low": "minimal", "minimal": "minimal", "medium": "limited",
         "limited": "limited", "high": "high"}


def decision_type(request_type, plane):
    if request_type == "llm-call":
        return "llm_generation"
    if request_type.startswith("hitl"):
        return "human_review"
    return "system_action" if plane == "admin" else "policy_enforcement"


def shown(data):
    return data.decode("utf-8", errors="replace")


def entry_of(payload, chain_seq):
    """The fields of the preimage, in its order, as an export shows them."""
    record = {name: shown(value) if isinstance(value, bytes) else value
              for name, value in read_record(payload).items()}
    chain = record["decision_id"] or record["id"]
    policies = [shown(match["policy_id"]) for match in record["matches"]]
    outcome = OUTCOMES.get(record["verdict"].lower(), "error")
    entry = {
        "id": record["id"], "chain_id": chain, "request_id": record["trace"],
        "parent_request_id": "" if record["id"] == chain else chain,
        "step_number": chain_seq, "chain_seq": chain_seq,
        "org_id": record["org"], "tenant_id": record["tenant"], "client_id": record["client"],
        "user_id": record["user_email"],
        "decision_type": decision_type(record["request_type"], record["plane"]),
        "decision_outcome": outcome, "system_id": record["node"],
        "model_provider": record["provider"], "model_id": record["model"],
        "policies_evaluated": policies, "policy_triggered": policies[0] if policies else "",
        "risk_level": RISKS.get(record["risk_level"], "unacceptable"),
        "requires_human_review": outcome == "pending_review",
        "processing_time_ms": max(record["latency_us"], 0) // 1000,
        "input_hash": record["query_hash"],
        "output_hash": hashlib.sha256(record["response_sample"].encode()).hexdigest()
        if record["response_sample"] else "",
        "audit_hash": "", "data_sources": ["sha256:" + hashlib.sha256(payload).hexdigest()],
        "created_at_unixmicro": record["timestamp"],
    }
    entry["audit_hash"] = audit_hash(entry)
    return entry, record


def audit_hash(entry):
    names = ("chain_id", "request_id", "org_id", "tenant_id", "decision_type")
    text = "|".join(f"{len(entry[name].encode())}:{entry[name]}" for name in names)
    text += "|{}|{}|{}|{}".format(entry["decision_outcome"], entry["risk_level"],
                                  str(entry["requires_human_review"]).lower(),
                                  entry["processing_time_ms"])
    return hashlib.sha256(text.encode()).hexdigest()


def preimage(entry):
    out = b""
    for label, value in entry.items():
        if isinstance(value, list):
            joined = "\x1f".join(value).encode()
            out += f"{label}#{len(value)}:{len(joined)}:".encode() + joined + b"\x1e"
            continue
        text = (str(value).lower() if isinstance(value, bool) else str(value)).encode()
        out += f"{label}:{len(text)}:".encode() + text + b"\x1e"
    return out


def record_digest(entry):
    return hashlib.sha256(preimage(entry)).hexdigest()


def chain_hash(digest, prev):
    return hashlib.sha256(f"{digest}|{prev}".encode()).hexdigest()


# --- the tree (RFC 9162) -----------------------------------------------------------------------

def leaf_hash(digest, chain):
    return sha256(b"\x00" + bytes.fromhex(digest) + bytes.fromhex(chain))


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def root_from_proof(leaf, index, size, proof):
    need(0 <= index < size, "the leaf is not in the tree")
    fn, sn, value = index, size - 1, leaf
    for sibling in proof:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            value = node_hash(sibling, value)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            value = node_hash(value, sibling)
        fn >>= 1
        sn >>= 1
    need(sn == 0, "the proof is too short")
    return value


class Peaks:
    """The roots of the complete subtrees over the leaves so far."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def add(self, leaf):
        rest, self.size = self.size, self.size + 1
        while rest & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            rest >>= 1
        self.peaks.append(leaf)

    def root(self):
        value = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            value = node_hash(peak, value)
        return value


# --- checkpoints (C2SP tlog-checkpoint and signed-note) ------------------------------------------

TIME = re.compile(r"^time \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


def read_checkpoint(note, keys):
    """(origin, size, root, whether one of the keys signed it)."""
    text, separator, signatures = note.partition("\n\n")
    if separator:
        text += "\n"
    lines = text.split("\n")
    need(len(lines) == 5 and lines[4] == "" and lines[0], "bad checkpoint")
    origin, size, root, time = lines[:4]
    need(size.isascii() and size.isdigit() and str(int(size)) == size, "bad size in the checkpoint")
    need(TIME.match(time), "bad time in the checkpoint")
    try:
        datetime.datetime.strptime(time, "time %Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError as error:
        raise Broken("bad time in the checkpoint") from error
    root = decode64(root)
    need(len(root) == 32, "bad root in the checkpoint")
    if not separator:
        return origin, int(size), root, False
    prefix = f"\u2014 {origin} "
    need(signatures.startswith(prefix) and signatures.endswith("\n"), "bad signature line")
    raw = decode64(signatures[len(prefix):-1])
    need(len(raw) == 68, "bad signature line")
    for key in keys.values():
        if sha256(origin.encode() + b"\n\x01" + key)[:4] != raw[:4]:
            continue
        if verify_ed25519(key, text.encode(), raw[4:]):
            return origin, int(size), root, True
    raise Broken("the signature of the checkpoint does not verify")


# --- the export ----------------------------------------------------------------------------------

HEADER = ["type", "format", "org_id", "tenant_id", "exported_at", "first_leaf", "end_leaf",
          "signing_key_id", "public_key", "checkpoint"]
RECORD = ["type", "leaf_index", "entry", "details", "payload", "record_digest", "prev_hash",
          "chain_hash", "record_signature", "signing_key_id", "inclusion_proof"]
TRAILER = ["type", "records", "sha256", "signing_key_id", "signature"]
DETAILS = ["plane", "request_type", "stage", "verdict", "reason", "session_id", "user_role",
           "tool_signature", "query", "correlation_id", "policy_set_version"]
HEX = re.compile(r"^[0-9a-f]{64}$")


def parse_line(line, members):
    try:
        value = json.loads(line)
    except ValueError as error:
        raise Broken("not a line of an export") from error
    need(isinstance(value, dict) and list(value) == members, "not a line of an export")
    need(json.dumps(value, ensure_ascii=False, separators=(",", ":")) == line,
         "the line is not written as the server writes it")
    return value


class Export:
    def __init__(self, keys, known=None):
        self.keys, self.known = dict(keys), known
        self.unsigned, self.chains, self.ids = 0, {}, {}
        self.records = 0

    def check(self, data):
        self.hash = hashlib.sha256()
        lines = data.split(b"\n")
        number, record_id = 0, ""
        try:
            need(len(lines) >= 3 and lines[-1] == b"", "the export is cut off")
            for number, raw in enumerate(lines[:-1], 1):
                record_id = ""
                try:
                    line = raw.decode()
                except UnicodeDecodeError as error:
                    raise Broken("not UTF-8") from error
                if number == 1:
                    self.header(parse_line(line, HEADER))
                elif number == len(lines) - 1:
                    self.trailer(parse_line(line, TRAILER))
                else:
                    value = parse_line(line, RECORD)
                    self.record(value)
                self.hash.update(raw + b"\n")
        except Broken as broken:
            broken.line = number
            raise
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            # A member of another type than it must have.
            raise Broken("not a line of an export", number) from error

    def header(self, header):
        need(header["type"] == "header" and header["format"] == FORMAT, "unknown format")
        key = decode64(header["public_key"])
        if key:
            need(len(key) == 32, "bad public key")
            need(not self.keys or key in self.keys.values(), "the key of the export is not trusted")
            # The operator may have given the key a name of its own.
            need(self.keys.setdefault(header["signing_key_id"], key) == key,
                 "the key of the export is not trusted")
        else:
            need(header["signing_key_id"] == "", "a key id without a key")
        self.origin, self.size, self.root, signed = read_checkpoint(header["checkpoint"], self.keys)
        self.unsigned += not signed
        expected = "axonflow/" + "/".join(escape(header[name]) for name in ("org_id", "tenant_id"))
        need(self.origin == expected, "the checkpoint is of another log")
        need(isinstance(header["first_leaf"], int) and isinstance(header["end_leaf"], int)
             and 0 <= header["first_leaf"] <= header["end_leaf"] <= self.size, "bad range")
        self.head = header
        self.next = header["first_leaf"]
        self.peaks = Peaks() if self.next == 0 else None
        if self.known:
            need(self.known[0] == self.origin, "the known head is of another log")
            need(self.known[1] <= self.size, "the log is shorter than the known head")
            need(self.peaks and self.known[1] <= header["end_leaf"],
                 "the export does not reach over the known head")

    def record(self, line):
        need(line["type"] == "record", "not a record")
        need(line["leaf_index"] == self.next and type(line["leaf_index"]) is int,
             f"record {self.next} of the log is missing")
        need(self.next < self.head["end_leaf"], "more records than the range has")
        seq = line["entry"].get("chain_seq") if isinstance(line["entry"], dict) else None
        need(type(seq) is int and seq >= 1, "bad chain_seq")
        entry, record = entry_of(decode64(line["payload"]), seq)
        need(list(line["entry"].items()) == list(entry.items()), "the entry is not that of the payload")
        details = {name: record[name] for name in DETAILS}
        need(line["details"] == details and list(line["details"]) == DETAILS,
             "the details are not those of the payload")
        need(entry["org_id"] == self.head["org_id"] and entry["tenant_id"] == self.head["tenant_id"],
             "a record of another tenant")
        digest = record_digest(entry)
        need(line["record_digest"] == digest, "the record does not have its digest")
        need(isinstance(line["prev_hash"], str) and HEX.match(line["prev_hash"]), "bad prev_hash")
        chained = chain_hash(digest, line["prev_hash"])
        need(line["chain_hash"] == chained, "the chain hash is not that of the record")
        self.link(entry, line["prev_hash"], chained)
        self.signature(line, chained)
        need(all(isinstance(h, str) and HEX.match(h) for h in line["inclusion_proof"]), "bad proof")
        leaf = leaf_hash(digest, chained)
        proof = [bytes.fromhex(h) for h in line["inclusion_proof"]]
        need(root_from_proof(leaf, self.next, self.size, proof) == self.root,
             "the record is not in the signed tree")
        self.next += 1
        self.records += 1
        if self.peaks:
            self.peaks.add(leaf)
            if self.known and self.known[1] == self.peaks.size:
                need(self.known[2] == self.peaks.root(), "the log is not the one of the known head")

    def link(self, entry, prev, chained):
        last = self.chains.get(entry["chain_id"])
        if last:
            need(entry["chain_seq"] == last[0] + 1 and prev == last[1],
                 "it does not follow the record before it in its chain")
        elif entry["chain_seq"] == 1:
            need(prev == GENESIS, "the first record of a chain has a predecessor")
        else:
            need(self.head["first_leaf"] > 0, "the beginning of its chain is missing")
        self.chains[entry["chain_id"]] = (entry["chain_seq"], chained)

    def signature(self, line, chained):
        if line["record_signature"] == "":
            need(line["signing_key_id"] == "", "a key id without a signature")
            self.unsigned += 1
            return
        key = self.keys.get(line["signing_key_id"])
        need(key, "the record was signed with an unknown key")
        need(verify_ed25519(key, chained.encode(), decode64(line["record_signature"])),
             "the signature does not verify")

    def trailer(self, line):
        need(line["type"] == "trailer", "the export is cut off")
        need(self.next == self.head["end_leaf"], f"record {self.next} of the log is missing")
        need(line["records"] == self.records and type(line["records"]) is int, "bad count")
        need(line["sha256"] == self.hash.hexdigest(), "bytes of the export were changed")
        if line["signature"] == "":
            need(line["signing_key_id"] == "", "a key id without a signature")
            self.unsigned += 1
        else:
            key = self.keys.get(line["signing_key_id"])
            need(key and verify_ed25519(key, f"{FORMAT}\n{line['sha256']}\n".encode(),
                                        decode64(line["signature"])),
                 "the signature of the export does not verify")


def escape(text):
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
    return "".join(chr(c) if c in plain else f"%{c:02X}" for c in text.encode())


def verify(data, keys=(), known_head=None):
    """(exit code, result) for the bytes of an export and raw public keys."""
    ring = {key_id(key): key for key in keys}
    try:
        known = read_checkpoint(known_head, ring) if known_head else None
        export = Export(ring, known)
        export.check(data)
    except Broken as broken:
        return 1, {"ok": False, "line": broken.line, "reason": broken.reason}
    code = 2 if export.unsigned else 0
    return code, {"ok": True, "records": export.records, "tree_size": export.size,
                  "root_hash": export.root.hex(), "unsigned": export.unsigned}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--known-head")
    options = parser.parse_args()
    with open(options.export, "rb") as file:
        data = file.read()
    known = open(options.known_head, encoding="utf-8").read() if options.known_head else None
    code, result = verify(data, [base64.b64decode(key) for key in options.key], known)
    print(json.dumps(result))
    sys.exit(code)


if __name__ == "__main__":
    main()
