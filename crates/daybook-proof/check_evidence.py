#!/usr/bin/env python3
"""Checks an evidence file of Daybook's, with nothing but Python's standard library:

    check_evidence.py FILE --key KEY [--key KEY ...]

KEY is a public key, or a file of such keys, one a line (`#` begins a comment), from somebody who is trusted. Exit code 0:
all of it holds, and the report is printed; 1: it does not convince.

Written from the standards (RFC 6962, RFC 8032, C2SP signed-note and tlog-checkpoint), from the layout of a leaf in
src/leaf.rs and from the lines of a report in src/evidence/report.rs, and from nothing else of Daybook's: that it agrees is
the proof that a stranger can check the file. It refuses whatever `daybook evidence check` refuses; a test compares them.
"""
import base64
import datetime
import hashlib
import json
import re
import sys

NOT_SHOWN = """Not shown by this file: whether its streams have later events; when it was made and whose key it names, which
nothing vouches for; what stands behind [sealed]; that what was recorded is true."""

class Refused(Exception):
    pass

def require(holds, why):
    if not holds:
        raise Refused(why)

# -- Ed25519 (RFC 8032, sections 5.1 and 6) ------------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)

def point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    require(y < P and (x * x - square) % P == 0 and (x or not sign), "not a point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(number, p):
    result = NEUTRAL
    while number:
        if number & 1:
            result = add(result, p)
        p, number = add(p, p), number >> 1
    return result

def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def is_signed(key, message, signature):
    if len(signature) != 64:
        return False
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    is_small = same(times(8, a), NEUTRAL) or same(times(8, r), NEUTRAL)
    return not is_small and s < L and same(times(s, BASE), add(r, times(h, a)))

# -- Texts: strictly what the formats allow ------------------------------------------------------------------
def unbase64(text, size=None):
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text and size in (None, len(data)), "not canonical base64")
    return data

def unjson(text):
    """JSON as RFC 8259 has it: no name twice, no NaN, no lone surrogate."""
    def whole(digits):
        require(digits != "-0", "-0 is not an integer")
        return int(digits)
    def fields(pairs):
        require(len(dict(pairs)) == len(pairs), "a name stands twice in one object")
        return dict(pairs)
    def constant(name):
        raise Refused(f"{name} is not JSON")
    value = json.loads(text, parse_int=whole, parse_constant=constant, object_pairs_hook=fields)
    json.dumps(value, ensure_ascii=False).encode()
    return value

def of_event(text):
    """What an event's text holds; its own names may stand twice, and the last one counts. Nothing where it is not JSON."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        return value
    except (ValueError, RecursionError):
        return None

def is_whole(value, bits):
    return type(value) is int and -2 ** (bits - 1) <= value < 2 ** (bits - 1)

def is_text(value):
    return type(value) is str

def has_fields(value, names):
    require(type(value) is dict and set(value) == set(names), f"an object with exactly {', '.join(names)}")

def is_key_name(name):
    plain = lambda c: not (c.isspace() or c == "+" or ord(c) < 32 or 127 <= ord(c) < 160)
    return 0 < len(name.encode()) <= 200 and all(map(plain, name))

# -- Merkle tree (RFC 6962; RFC 9162, section 2.1.3.2) and the leaf of an event ------------------------------
WHOLE = {"position": 64, "prev_position": 64, "version": 64, "recorded_at_micros": 64, "schema_version": 32, "partition": 16}
TEXTS = ["stream_id", "stream_type", "event_type", "event_id", "data", "metadata"]
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def leaf(event):
    whole = lambda name: event[name].to_bytes(WHOLE[name] // 8, "big", signed=True)
    text = lambda name: len(event[name].encode()).to_bytes(4, "big") + event[name].encode()
    return (b"daybook-event-v1" + whole("position") + whole("prev_position") + whole("version")
            + whole("recorded_at_micros") + bytes.fromhex(event["event_id"].replace("-", "")) + whole("schema_version")
            + whole("partition") + sha256(event["data"].encode()) + sha256(event["metadata"].encode())
            + text("stream_id") + text("stream_type") + text("event_type"))

def root_of(index, size, value, proof):
    last = size - 1
    for sibling in proof:
        require(last, "a proof is too long")
        if index & 1 or index == last:
            value = sha256(b"\1", sibling, value)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            value = sha256(b"\1", value, sibling)
        index, last = index >> 1, last >> 1
    require(last == 0, "a proof is too short")
    return value

# -- The checkpoint ------------------------------------------------------------------------------------------
def public_key(text):
    name, key_id, key = text.split("+", 2)
    key = unbase64(key, 33)
    require(is_key_name(name) and key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == key_id,
            "not an Ed25519 key")
    point(key[1:])
    return name, bytes.fromhex(key_id), key[1:]

def public_keys(argument):
    """The keys of a --key: one, or those of a file."""
    try:
        return [public_key(argument)]
    except (Refused, ValueError):
        with open(argument, encoding="utf-8") as file:
            lines = [line.strip() for line in file.read().split("\n")]
        keys = [public_key(line) for line in lines if line and not line.startswith("#")]
        require(keys, "the file holds no key")
        return keys

def checkpoint(note, keys):
    """Origin, size and root of a note that one of the keys signed at least; none may be named falsely."""
    require(all(c >= " " or c == "\n" for c in note) and "\n\n" in note and note.endswith("\n"), "not a signed note")
    text, lines = note.rsplit("\n\n", 1)
    text, lines, signers = text + "\n", lines.split("\n")[:-1], set()
    require(0 < len(lines) <= 100, "not a signed note")
    for line in lines:
        dash, name, signature = line.split(" ", 2)
        signature = unbase64(signature)
        require(dash == "\u2014" and is_key_name(name) and len(signature) > 4, "not a signed note")
        known = [key for of, key_id, key in keys if (of, key_id) == (name, signature[:4])]
        if known:
            require(is_signed(known[0], text.encode(), signature[4:]), "a signature on the checkpoint is forged")
            signers.add(name)
    require(signers, "the checkpoint is not signed by a known key")
    origin, size, root, *others = text[:-1].split("\n")
    require(origin and "" not in others and re.fullmatch("0|[1-9][0-9]{0,19}", size) and int(size) < 2**64,
            "not a checkpoint")
    require(origin in signers, "the checkpoint is of another log than the key that signed it")
    return origin, int(size), unbase64(root, 32)

# -- What the events are about, and what the report says of them ---------------------------------------------
def command_of(event):
    metadata = of_event(event["metadata"])
    command = metadata.get("command_id") if type(metadata) is dict else None
    return command if is_text(command) else None

def check_subject(kind, about, events):
    positions = [event["position"] for event in events]
    require(all(a < b for a, b in zip(positions, positions[1:])), "the events are not in the order of the log")
    if kind == "range":
        whole = about["to"] - about["from"] + 1 == len(events) > 0 and positions[0] == about["from"]
        require(whole and positions[-1] == about["to"], "the events are not all of the range")
        return
    own = [event for event in events if event["stream_id"] == f"{kind}-{about}"]
    require(own, "no event is of the subject")
    require([event["version"] for event in own] == list(range(1, len(own) + 1)), "an event of the subject is missing")
    commands = {command_of(event) for event in own} - {None} if kind == "transfer" else set()
    others = [event for event in events if event["stream_id"] != f"{kind}-{about}"]
    require(all(command_of(event) in commands for event in others), "an event is of something else")

def is_sealed(value):
    return type(value) is dict and list(value) == ["sealed"]

def shown_data(text):
    """The exact text; where something in it is sealed, its fields in the order of their names, and that left out."""
    value = of_event(text)
    if type(value) is not dict or not any(map(is_sealed, value.values())):
        return text
    decoder, at, exact, gap = json.JSONDecoder(), text.index("{") + 1, {}, re.compile(r"[ \t\n\r,:]*")
    while text[at := gap.match(text, at).end()] != "}":
        name, at = decoder.raw_decode(text, at)
        start = gap.match(text, at).end()
        _, at = decoder.raw_decode(text, start)
        exact[name] = text[start:at]
    shown = lambda name: "[sealed]" if is_sealed(value[name]) else exact[name]
    return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{shown(name)}" for name in sorted(exact)) + "}"

def event_lines(event):
    metadata = of_event(event["metadata"])
    metadata = metadata if type(metadata) is dict else {}
    time = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=event["recorded_at_micros"])
    actor = metadata["actor"] if is_text(metadata.get("actor")) else ""
    line = (f"{time.isoformat(timespec='microseconds')}Z  position {event['position']}  {event['stream_id']}"
            f" version {event['version']}  {event['event_type']}  by {actor}")
    if "reason" in metadata:
        reason = metadata["reason"]
        plain = reason.get("plain") if type(reason) is dict else None
        as_json = json.dumps(reason, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        line += "  because: " + (plain if is_text(plain) else "[sealed]" if is_sealed(reason) else as_json)
    return [line, "    " + shown_data(event["data"])]

def report_lines(kind, about, origin, size, root, events):
    what = (f"the events from position {about['from']} to {about['to']}." if kind == "range"
            else f"{kind} {about}: {len(events)} events.")
    return [f"Evidence about {what}",
            f"Each is proven to be in the log `{origin}` of {size} events whose tree has the root"
            f" {base64.b64encode(root).decode()}.",
            "Whether there are later events on the same streams, this file cannot tell.", "",
            *(line for event in events for line in event_lines(event))]

# -- The file ------------------------------------------------------------------------------------------------
def check(text, keys):
    """The report of an evidence file that holds."""
    evidence = unjson(text)
    has_fields(evidence, ["format", "subject", "made_at", "public_key", "checkpoint", "events", "report"])
    require(all(is_text(evidence[name]) for name in ["format", "made_at", "public_key", "checkpoint"]), "not a text")
    require(evidence["format"] == "daybook-evidence-v1", "another format")
    require(type(evidence["events"]) is list and type(evidence["report"]) is list, "not a list")
    require(type(evidence["subject"]) is dict and len(evidence["subject"]) == 1, "not a subject")
    (kind, about), = evidence["subject"].items()
    require(kind in ("account", "transfer", "range"), "a subject of another kind")
    if kind == "range":
        has_fields(about, ["from", "to"])
    require(is_text(about) if kind != "range" else all(is_whole(bound, 64) for bound in about.values()), "not a subject")
    origin, size, root = checkpoint(evidence["checkpoint"], keys)
    for event in evidence["events"]:
        has_fields(event, [*WHOLE, *TEXTS, "proof"])
        require(all(is_whole(event[name], bits) for name, bits in WHOLE.items()), "not an integer of its size")
        require(all(is_text(event[name]) for name in TEXTS) and UUID.fullmatch(event["event_id"]), "not a text")
        require(type(event["proof"]) is list, "not a list")
        proof, index = [unbase64(sibling, 32) for sibling in event["proof"]], event["position"] - 1
        require(0 <= index < size, f"position {event['position']} is not in the tree")
        proven = root_of(index, size, sha256(b"\0", leaf(event)), proof) == root
        require(proven, f"the event at position {event['position']} is not proven")
    check_subject(kind, about, evidence["events"])
    expected = report_lines(kind, about, origin, size, root, evidence["events"])
    require(evidence["report"] == expected, "the report does not follow from the events")
    return expected

def main(arguments):
    if len(arguments) < 3 or len(arguments) % 2 == 0 or any(flag != "--key" for flag in arguments[1::2]):
        sys.exit(__doc__)
    try:
        keys = [key for argument in arguments[2::2] for key in public_keys(argument)]
        with open(arguments[0], "rb") as file:
            report = check(file.read().decode(), keys)
    except Exception as error:  # Whatever it is, it is no reason to be convinced.
        sys.exit(f"does NOT convince: {type(error).__name__}: {error}")
    # Control characters in a text must not move the cursor of who reads it.
    print("\n".join("".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line) for line in report))
    print(f"\nAll of it holds. {NOT_SHOWN}")

if __name__ == "__main__":
    main(sys.argv[1:])
