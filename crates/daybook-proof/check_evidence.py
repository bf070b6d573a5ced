#!/usr/bin/env python3
"""Checks an evidence file of Daybook's, with nothing but Python's standard library: check_evidence.py FILE PUBLIC-KEY

Written from the standards (RFC 6962, RFC 8032, C2SP signed-note and tlog-checkpoint) and from the layout of a leaf in
src/leaf.rs, and from nothing else of Daybook's: that it agrees is the proof that a stranger can check the file.
"""
import base64
import hashlib
import json
import sys
import uuid

# -- Ed25519 (RFC 8032, section 6, in affine coordinates: slow and short) ----------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

def point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    return (P - x if x & 1 != sign else x), y

def add(p, q):
    t = D * p[0] * q[0] * p[1] * q[1] % P
    return ((p[0] * q[1] + q[0] * p[1]) * pow(1 + t, P - 2, P) % P,
            (p[1] * q[1] + p[0] * q[0]) * pow(1 - t, P - 2, P) % P)

def times(number, p):
    result = (0, 1)
    while number:
        if number & 1:
            result = add(result, p)
        p, number = add(p, p), number >> 1
    return result

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def is_signed(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return len(signature) == 64 and s < L and times(s, BASE) == add(point(signature[:32]), times(h, point(key)))

# -- Merkle tree (RFC 6962; RFC 9162, section 2.1.3.2) and the leaf of an event ----------------------------
def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def leaf(event):
    whole = lambda name, size: event[name].to_bytes(size, "big", signed=True)
    text = lambda name: len(event[name].encode()).to_bytes(4, "big") + event[name].encode()
    return (b"daybook-event-v1" + whole("position", 8) + whole("prev_position", 8) + whole("version", 8)
            + whole("recorded_at_micros", 8) + uuid.UUID(event["event_id"]).bytes + whole("schema_version", 4)
            + whole("partition", 2) + sha256(event["data"].encode()) + sha256(event["metadata"].encode())
            + text("stream_id") + text("stream_type") + text("event_type"))

def root_of(index, size, value, proof):
    last = size - 1
    for sibling in proof:
        assert last, "the proof is too long"
        if index & 1 or index == last:
            value = sha256(b"\1", sibling, value)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            value = sha256(b"\1", value, sibling)
        index, last = index >> 1, last >> 1
    assert last == 0, "the proof is too short"
    return value

# -- The file ----------------------------------------------------------------------------------------------
def check(evidence, public_key):
    name, key_id, key = public_key.split("+", 2)
    key = base64.b64decode(key)
    assert key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "not an Ed25519 key"
    text, signatures = evidence["checkpoint"].rsplit("\n\n", 1)
    signatures = [line.split(" ") for line in signatures.splitlines()]
    mine = [base64.b64decode(s) for dash, who, s in signatures if dash == "\u2014" and who == name]
    mine = [s[4:] for s in mine if s[:4].hex() == key_id]
    assert mine and all(is_signed(key[1:], (text + "\n").encode(), s) for s in mine), "not signed by the key"
    origin, size, root = text.split("\n")[:3]
    assert origin == name, "a checkpoint of another log"
    for event in evidence["events"]:
        proof, index = [base64.b64decode(h) for h in event["proof"]], event["position"] - 1
        assert 0 <= index < int(size), f"position {event['position']} is not in the tree"
        proven = root_of(index, int(size), sha256(b"\0", leaf(event)), proof) == base64.b64decode(root)
        assert proven, f"the event at position {event['position']} is not proven"
    return f"{len(evidence['events'])} events proven in {origin} of {size}"

if __name__ == "__main__":
    try:
        print(check(json.load(open(sys.argv[1], encoding="utf-8")), sys.argv[2]))
    except (AssertionError, ValueError, KeyError) as error:
        sys.exit(f"does NOT convince: {error}")
