#!/usr/bin/env python3
"""Checks an exported audit log with nothing but the Python standard library.

    independent_log_check.py DIR VKEY

It was written from the published specifications (C2SP tlog-tiles, tlog-checkpoint and signed-note,
RFC 6962, RFC 8032) and shares no code with Strongroom: two programs that agree by mistake would
have to make the same one. Prints one line; exit 0 verified, 1 refused.
"""
import base64
import hashlib
import os
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
TILE = 256


class Refused(Exception):
    pass


def need(condition, reason):
    if not condition:
        raise Refused(reason)


# ---- Ed25519, RFC 8032 section 5.1, in extended coordinates
def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(n, p):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, p)
        p = add(p, p)
        n >>= 1
    return total


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def decompress(text):
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    need(y < P, "a point is not reduced")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    need((x * x - square) % P == 0, "a point is not on the curve")
    need(x or not sign, "a point has two spellings")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def base_point():
    return decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verifies(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    return same(multiply(s, base_point()), add(decompress(r), multiply(k, decompress(key))))


# ---- RFC 6962 section 2.1, by levels: a node without a sibling moves up
def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root_of(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        joined = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2])]
        hashes = joined + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


# ---- the files
def tile_name(number):
    name = "%03d" % (number % 1000)
    while number >= 1000:
        number //= 1000
        name = "x%03d/%s" % (number % 1000, name)
    return name


def names_of(prefix, count):
    """The files of one level: (path, hashes in it)."""
    for number in range(count // TILE):
        yield prefix + tile_name(number), TILE
    if count % TILE:
        yield prefix + tile_name(count // TILE) + ".p/%d" % (count % TILE), count % TILE


def read(folder, name):
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except OSError:
        raise Refused(name + " is missing")


def strict_base64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data) == text, "base64 in another spelling")
    return data


def checkpoint_of(note, vkey):
    name, key_id, key = vkey.split(b"+", 2)
    key = strict_base64(key)
    need(len(key) == 33 and key[:1] == b"\1", "the key is no Ed25519 key")
    expected_id = hashlib.sha256(name + b"\n" + key).digest()[:4]
    need(expected_id.hex().encode() == key_id, "the key id is another key's")
    text, _, signatures = note.partition(b"\n\n")
    text += b"\n"
    lead = b"\xe2\x80\x94 " + name + b" "
    need(signatures.startswith(lead) and signatures.endswith(b"\n"), "no signature of this log")
    signature = strict_base64(signatures[len(lead):-1])
    need(signature[:4] == expected_id and len(signature) == 68, "signed by another key")
    need(ed25519_verifies(key[1:], text, signature[4:]), "the signature is wrong")
    origin, size, root, rest = text.split(b"\n", 3)
    need(origin == name and rest == b"", "the checkpoint is not of this log")
    need(str(int(size)).encode() == size, "the size is no number")
    return int(size), strict_base64(root)


def entries_of(folder, size):
    for name, count in names_of("tile/entries/", size):
        data = read(folder, name)
        for _ in range(count):
            length = int.from_bytes(data[:2], "big")
            need(len(data) >= 2 + length, name + " is cut off")
            yield data[2:2 + length]
            data = data[2 + length:]
        need(not data, name + " is too long")


def check(folder, vkey):
    note = read(folder, "checkpoint")
    size, root = checkpoint_of(note, vkey)
    need(read(folder, "vkey") == vkey + b"\n", "vkey is another key")
    expected = {"checkpoint", "vkey"} | {name for name, _ in names_of("tile/entries/", size)}
    hashes = [leaf_hash(entry) for entry in entries_of(folder, size)]
    need(root_of(hashes) == root, "the entries do not lead to the root")
    level = 0
    while hashes:
        at = 0
        for name, count in names_of("tile/%d/" % level, len(hashes)):
            need(read(folder, name) == b"".join(hashes[at:at + count]), name + " is wrong")
            expected.add(name)
            at += count
        full = len(hashes) // TILE
        hashes = [root_of(hashes[i * TILE:(i + 1) * TILE]) for i in range(full)]
        level += 1
    found = {os.path.relpath(os.path.join(base, name), folder)
             for base, _, names in os.walk(folder) for name in names}
    need(found == expected, "files that do not belong here: %s" % sorted(found - expected))
    return size


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        print("verified %d entries" % check(sys.argv[1], sys.argv[2].encode()))
        return 0
    except (Refused, ValueError) as reason:
        print("refused: %s" % reason)
        return 1


if __name__ == "__main__":
    sys.exit(main())
