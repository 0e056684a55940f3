#!/usr/bin/env python3
"""Lets the clock under a real daemon jump ten years, both ways, while it runs and across restarts.

    clock_jumps.py --build-dir DIR

A form is lent to another agency. Whatever the clock says, nothing may be destroyed before its time
and nothing read after it; and when the clock is right again, everything is as it should be. Every
claim that is proved is printed; the first that fails ends the run. Everything is invented.

Exit 0: all was proved. The folder used lies under TMPDIR and is removed.
"""
import argparse
import glob
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta

sys.dont_write_bytecode = True
from running_vault import Failed, RunningVault, today

OWNER = "co-ordinator@asc.example"
BORROWER = "co-ordinator@hsg.example"
GOVERNANCE = "governance@unit.example"
TEN_YEARS = 3652


class ShiftedVault(RunningVault):
    """Its daemon alone sees another time; the file that says which is read at every look."""

    def __init__(self, build):
        super().__init__(build)
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            raise Failed("libfaketime is not installed")
        self.daemon_environment = dict(
            self.environment, LD_PRELOAD=library[0], FAKETIME_TIMESTAMP_FILE=self.at("shift"),
            FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_FORCE_MONOTONIC_FIX="0")
        self.shift(0)

    def shift(self, days):
        with open(self.at("shift.new"), "w") as out:
            out.write(f"{days * 86400:+d}\n")
        os.rename(self.at("shift.new"), self.at("shift"))

    def restart(self, days):
        self.daemon.send_signal(signal.SIGTERM)
        if self.daemon.wait(30) != 0:
            raise Failed("the daemon does not end cleanly")
        self.shift(days)
        self.launch()

    def unseal(self, *more):
        return self.attempt("unseal", "--passphrase-file", self.at("secrets/passphrase"), *more)

    def attempt(self, *arguments, who="token"):
        """The kind of refusal, or nothing when it was done, and what was printed."""
        words = [self.at(who) if word == self.at("token") else word
                 for word in self.client_words(*arguments)]
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=self.environment, cwd=self.folder)
        if done.returncode == 0:
            return "", done.stdout
        return done.stderr.split(":")[1].strip(), done.stderr

    def person(self, email, agency, role):
        self.post("people", email=email, agency=agency, roles=[role], password="an invented password")

    def log_in(self, email, name):
        with open(self.at("password"), "w") as out:
            out.write("an invented password\n")
        kind, said = self.attempt("login", email, "--password-file", self.at("password"), who=name)
        if kind:
            raise Failed(f"sign-in fails: {said}")


class Proof:
    def __init__(self, vault):
        self.vault = vault
        self.count = 0

    def that(self, condition, words, detail=""):
        if not condition:
            raise Failed(f"{words} {detail}")
        self.count += 1
        print(f"   proved: {words}", flush=True)

    def read(self, who):
        """What a read gives: the kind of refusal, or "read"."""
        kind, said = self.vault.attempt("get", self.document, "-o", self.vault.at("out"), who=who)
        if kind:
            return kind
        with open(self.vault.at("out"), "rb") as got:
            content = got.read()
        os.remove(self.vault.at("out"))
        return "read" if content == self.content else "other bytes"

    def reads(self, owner, borrower, words):
        found = (self.read("owner"), self.read("borrower"))
        self.that(found == (owner, borrower), words, f"(owner {found[0]}, borrower {found[1]})")

    def destroyed(self):
        return sum(item["objects"] for item in self.vault.client("disposal", "list"))


def prepare(vault, proof):
    for agency in ("ASC", "HSG"):
        vault.agency(agency)
    vault.person(OWNER, "ASC", "AAC")
    vault.person(BORROWER, "HSG", "AAC")
    matter = vault.matter()
    vault.post(f"matters/{matter}/subjects", pseudonym="Adult Alder")
    for agency, email in (("ASC", OWNER), ("HSG", BORROWER)):
        vault.post(f"matters/{matter}/involvements", subject="Adult Alder", agency=agency)
        vault.post(f"matters/{matter}/members", email=email)
    vault.client("matter", "event", matter, "FORMS_ISSUED")
    vault.log_in(OWNER, "owner")
    vault.log_in(BORROWER, "borrower")
    proof.content = b"an invented form " * 1000
    with open(vault.at("form"), "wb") as out:
        out.write(proof.content)
    kind, said = vault.attempt("file", vault.at("form"), "--matter", matter, "--class", "FRM",
                               "--subject", "Adult Alder", who="owner")
    if kind:
        raise Failed("the form is not filed: " + said)
    proof.document = json.loads(said)[0]["id"]
    vault.client("matter", "event", matter, "PACK_RELEASED", "--reason", "brought forward")
    return matter


def play(vault):
    proof = Proof(vault)
    matter = prepare(vault, proof)
    day = today().isoformat()
    before = proof.destroyed()
    proof.reads("read", "read", "the owner and the borrower read the form")

    print("1. Ten years forward, while the daemon runs", flush=True)
    vault.shift(TEN_YEARS)
    proof.reads("read", "expired", "the loan is locked and the owner reads on")
    swept = vault.client("sweep")
    proof.that(not swept["destroyed"] and not swept["failed"], "the sweep destroys nothing", swept)
    status = vault.client("status")
    proof.that(any("ahead of the vault's time" in said for said in status["warnings"]),
               "status says that the clock is ahead", status["warnings"])
    kind, said = vault.attempt("anchor", "--confirm-date", day)
    proof.that(kind == "invalid", "the true date is not confirmed while the clock shows another", said)
    vault.shift(0)
    proof.reads("read", "read", "with the clock put right everything opens as before")
    proof.that(proof.destroyed() == before, "nothing was destroyed")

    print("2. Ten years back, while the daemon runs", flush=True)
    vault.shift(-TEN_YEARS)
    kind, said = vault.attempt("anchor", "--confirm-date",
                               (today() - timedelta(days=TEN_YEARS)).isoformat())
    proof.that(kind == "invalid", "the past is not confirmed", said)
    vault.client("matter", "event", matter, "MEETING_CLOSED")
    proof.reads("read", "expired", "the meeting's end ends the loan whatever the clock says")
    after = proof.destroyed()
    vault.client("sweep")
    proof.that(proof.destroyed() == after, "the sweep destroys nothing more")
    vault.shift(0)
    proof.reads("read", "expired", "with the clock put right the loan stays ended")

    for words, days in (("forward", TEN_YEARS), ("back", -TEN_YEARS)):
        print(f"{3 if days > 0 else 4}. Ten years {words}, across a restart", flush=True)
        vault.restart(days)
        kind, said = vault.unseal("--confirm-date", day)
        proof.that(kind == "invalid" and vault.client("status")["sealed"],
                   "the true date is refused and the vault stays sealed", said)
        if days < 0:
            kind, said = vault.unseal("--confirm-date", (today() + timedelta(days=days)).isoformat())
            proof.that(kind == "invalid" and vault.client("status")["sealed"],
                       "the clock's own date is refused: the vault has seen a later one", said)
        kind, said = vault.unseal()
        proof.that(not kind and not vault.client("status")["anchored"], "unsealed without a date", said)
        vault.sign_in()
        vault.log_in(OWNER, "owner")
        vault.log_in(BORROWER, "borrower")
        proof.reads("unavailable", "unavailable", "nothing opens")
        kind, said = vault.attempt("sweep")
        proof.that(kind == "unavailable", "nothing is swept", said)

    print("5. The clock is right again", flush=True)
    vault.restart(0)
    kind, said = vault.unseal("--confirm-date", day)
    proof.that(not kind, "the true date is confirmed", said)
    vault.sign_in()
    vault.log_in(OWNER, "owner")
    vault.log_in(BORROWER, "borrower")
    proof.reads("read", "expired", "the owner reads, the ended loan stays ended")
    proof.that(proof.destroyed() == after, "nothing was destroyed in between")
    proof.that(vault.client("status")["deletion_debt"] == 0, "nothing is owed")
    return proof.count


def main():
    parser = argparse.ArgumentParser(description="Lets the clock jump under a real daemon.")
    parser.add_argument("--build-dir", required=True)
    options = parser.parse_args()
    os.umask(0o077)
    try:
        with ShiftedVault(options.build_dir) as vault:
            proofs = play(vault)
    except (Failed, OSError, KeyError, ValueError, subprocess.TimeoutExpired) as failure:
        print(f"clock_jumps: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    print(f"clock_jumps: {proofs} claims proved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
