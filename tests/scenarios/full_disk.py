#!/usr/bin/env python3
"""Fills the disk under a real daemon to the last byte, and frees it again.

    full_disk.py --build-dir DIR

The vault lies on a small file system of its own (tmpfs; mounting it needs root or a user namespace).
While it is full, filing is refused in plain words, reading and destroying go on for as long as the
reserve lasts, nothing that was acknowledged is lost, and the operator is told. Everything is invented.

Exit 0: all was proved. 77: no file system can be mounted here, so nothing was shown.
"""
import argparse
import errno
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from running_vault import Failed, RunningVault

SIZE = 64 << 20
LEAVING = "leaving@unit.example"


class CrampedVault(RunningVault):
    """Its data folder and cell lie on a file system of 64 MiB."""

    def make_place(self):
        super().make_place()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs",
                        self.at("vault")], check=True)

    def __exit__(self, kind, error, trace):
        place = self.at("vault")
        super().__exit__(kind, error, trace)
        subprocess.run(["umount", place], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def attempt(self, *arguments):
        """The kind of refusal, or nothing when it was done, and what was printed."""
        done = subprocess.run(self.client_words(*arguments), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env=self.environment, cwd=self.folder)
        if done.returncode == 0:
            return "", done.stdout
        return done.stderr.split(":")[1].strip(), done.stderr

    def fill(self, name):
        """Another program writes until nothing more goes in."""
        with open(self.at("vault/" + name), "wb", buffering=0) as out:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        out.write(b"x" * size)
                except OSError as full:
                    if full.errno != errno.ENOSPC:
                        raise

    def free(self, name):
        os.remove(self.at("vault/" + name))

    def room(self):
        about = os.statvfs(self.at("vault"))
        return about.f_bavail * about.f_frsize

    def source(self, name, size):
        with open(self.at(name), "wb") as out:
            out.write(os.urandom(size))
        return self.at(name)


class Proof:
    def __init__(self, vault):
        self.vault = vault
        self.count = 0

    def that(self, condition, words, detail=""):
        if not condition:
            raise Failed(f"{words} {detail}\n{self.vault.last_words()}")
        self.count += 1
        print(f"   proved: {words}", flush=True)

    def alive(self):
        return self.vault.daemon.poll() is None

    def reads(self, document, source, words):
        kind, said = self.vault.attempt("get", document, "--reason", "a test", "-o", self.vault.at("out"))
        self.that(not kind, words, said)
        with open(self.vault.at("out"), "rb") as got, open(source, "rb") as wanted:
            self.that(got.read() == wanted.read(), "and every byte is right")
        os.remove(self.vault.at("out"))


def play(vault):
    proof = Proof(vault)
    vault.agency("ASC")
    vault.client("person", "add", LEAVING, "--agency", "unit", "--role", "BUO", "--password-file",
                 vault.secret("leaving"))
    matter = vault.matter()

    def file(source):
        return vault.attempt("file", source, "--matter", matter, "--class", "REP")

    small = vault.source("small", 300_000)
    kind, said = file(small)
    proof.that(not kind, "a document is filed and acknowledged", said)
    first = json.loads(said)[0]["id"]

    print("1. A document larger than the room that is left", flush=True)
    before = vault.room()
    kind, said = file(vault.source("large", SIZE))
    proof.that(kind == "unavailable" and "full" in said, "it is refused in plain words", said)
    proof.that(proof.alive(), "the daemon serves on")
    proof.that(vault.room() > before - (4 << 20), "what was written of it is gone",
               f"{before} before, {vault.room()} after")

    print("2. Another program fills the disk to the last byte", flush=True)
    vault.fill("filler")
    proof.that(vault.room() == 0, "there is no room")
    kind, said = file(small)
    proof.that(kind == "unavailable" and "full" in said, "filing is refused in plain words", said)
    proof.reads(first, small, "reading goes on, on the reserve")
    kind, said = vault.attempt("person", "end", LEAVING)
    proof.that(not kind, "a key is destroyed on the full disk", said)
    status = vault.client("status")
    proof.that(any("disk of the data folder is full" in said for said in status["warnings"]),
               "status tells the operator", status["warnings"])
    proof.that("the reserve was given up" in vault.last_words(), "so does the log")
    kind, said = file(small)
    proof.that(kind == "unavailable", "filing stays refused: the reserve is for the log and disposals", said)

    print("3. The reserve is filled as well", flush=True)
    vault.fill("second")
    acknowledged = 0
    for _ in range(40):
        kind, said = vault.attempt("get", first, "--reason", "a test", "-o", vault.at("out"))
        if not kind:
            acknowledged += 1
            continue
        proof.that(kind == "unavailable", "what cannot be logged is not opened", said)
        break
    if not proof.alive():
        last = vault.last_words().strip().splitlines()[-1]
        proof.that(last.startswith("strongroom: "), "the daemon ended with one clear line", last)
        print(f"   it ended: {last}", flush=True)
    else:
        proof.that(True, "the daemon serves on")

    print("4. Space is freed", flush=True)
    vault.free("filler")
    vault.free("second")
    if not proof.alive():
        vault.start()
        vault.sign_in()
    kind, said = file(small)
    proof.that(not kind, "filing goes on", said)
    proof.reads(first, small, "the first document opens")
    status = vault.client("status")
    proof.that(not any("full" in said for said in status["warnings"]), "the warning is gone")
    proof.that(status["deletion_debt"] == 0, "nothing is owed")

    print("5. A restart on a full disk", flush=True)
    vault.fill("filler")
    vault.daemon.terminate()
    proof.that(vault.daemon.wait(30) == 0, "the daemon ends cleanly on a full disk")
    vault.free("filler")
    vault.start()
    vault.sign_in()
    proof.reads(first, small, "after the restart the first document opens")
    vault.client("log", "export", vault.at("log"))
    vault.run([os.path.join(vault.bin, "strongroom-verify"), "log", vault.at("log"), "--vkey",
               vault.at("log/vkey")])
    proof.that(True, "the log is whole and consistent")
    return proof.count


def main():
    parser = argparse.ArgumentParser(description="Fills the disk under a real daemon.")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.umask(0o077)
    if not options.inside:
        # A mount namespace of its own: nothing is left mounted whatever happens.
        for namespace in (["--mount"], ["--user", "--map-root-user", "--mount"]):
            if subprocess.run(["unshare", *namespace, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                              capture_output=True).returncode == 0:
                return subprocess.run(["unshare", *namespace, sys.executable, __file__, "--inside",
                                       "--build-dir", options.build_dir]).returncode
        print("full_disk: no file system can be mounted here: nothing was shown", file=sys.stderr)
        return 77
    try:
        with CrampedVault(options.build_dir) as vault:
            proofs = play(vault)
    except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as failure:
        print(f"full_disk: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    print(f"full_disk: {proofs} claims proved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
