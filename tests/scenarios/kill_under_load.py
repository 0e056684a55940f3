#!/usr/bin/env python3
"""Kills the daemon at random moments under load, and looks at what is left.

    kill_under_load.py --build-dir DIR [--kills N] [--seed S]

Clients file and read documents, play whole audits up to the closed meeting, make links and end them,
and collect checkpoints of the log, all at once; after a random time the daemon gets SIGKILL. Then it
is started again, and:

  every document whose filing was answered is there, byte for byte;
  who lost access (a meeting closed, a link ended, and the answer had come) has none;
  who had access in an audit that runs on still has it;
  every checkpoint that was ever answered is a part of the log as it now stands.

What was asked and not answered may have happened or not, but not by half: a document that is there
opens. The time from the start of the program to the unsealed vault is measured and printed, not
judged. --kills 10 by default.

Exit 0: all of it holds after every kill.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from running_vault import Failed, OFFICER, RunningVault, today

READER = "coordinator@hsg.example"
FILERS, READERS = 3, 2
LOST = (OSError, http.client.HTTPException)


class Vault(RunningVault):
    """A vault that is unsealed with a credential: no password is stretched at its start."""

    def __init__(self, build):
        super().__init__(build)
        self.tokens = {}
        self.recoveries = []

    def new_unsealing(self):
        return ["--credential-out", self.at("secrets/credential")]

    def start(self):
        began = time.perf_counter()
        self.launch()
        with open(self.at("secrets/credential")) as file:
            credential = file.read().strip()
        connection = self.connection()
        status, body = self.call(connection, None, "POST", "unseal",
                                 {"credential": credential, "confirm_date": today().isoformat()})
        connection.close()
        if status != 200:
            raise Failed(f"the vault is not unsealed: {body}")
        self.recoveries.append(time.perf_counter() - began)

    def sign_in(self):
        for who, name in ((OFFICER, "officer"), (READER, "reader")):
            if not os.path.exists(self.at("secrets/" + name)):
                continue
            token = self.at("token" if who == OFFICER else "token-" + name)
            words = self.client_words("login", who, "--password-file", self.at("secrets/" + name))
            words[words.index("--token-file") + 1] = token
            self.run(words)
            with open(token) as file:
                self.tokens[who] = file.read().strip()
        self.token = self.tokens[OFFICER]

    def call(self, connection, who, method, path, members=None, raw=None):
        """One request as this person: status and body. Members go as JSON, raw bytes as they are."""
        headers = {"Authorization": "Bearer " + self.tokens[who]} if who else {}
        body = raw
        if members is not None:
            body = json.dumps(members).encode()
            headers["Content-Type"] = "application/json"
        elif raw is not None:
            headers["Content-Type"] = "application/octet-stream"
        place = path if path.startswith("/") else "/api/v1/" + path
        connection.request(method, place, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 200 and answer.getheader("Content-Type", "").startswith("application/json"):
            return 200, json.loads(content)
        return answer.status, content

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()


class Truth:
    """What the daemon has answered, by which it is held."""

    def __init__(self):
        self.lock = threading.Lock()
        self.documents = {}    # id -> SHA-256
        self.audits = []       # of one meeting each: {"document", "state"}
        self.links = []        # {"id", "link", "secret", "pin", "state"}
        self.checkpoints = []  # of this round, as answered
        self.faults = []

    def fault(self, words):
        with self.lock:
            self.faults.append(words)


class Load:
    """The clients of one round. Each works until its connection breaks or the round ends."""

    def __init__(self, vault, truth, matter, seed):
        self.vault, self.truth, self.matter = vault, truth, matter
        self.random = random.Random(seed)
        self.over = threading.Event()
        works = [self.file] * FILERS + [self.read] * READERS + [self.audit, self.link, self.watch]
        self.threads = [threading.Thread(target=self.run, args=(work, self.random.random()))
                        for work in works]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            if thread.is_alive():
                self.truth.fault("a client hangs")

    def run(self, work, seed):
        dice = random.Random(seed)
        try:
            connection = self.vault.connection()
            requests = 0
            while not self.over.is_set():
                work(connection, dice)
                requests += 1
                # The daemon allows an address only so many requests at once.
                if requests % 30 == 0:
                    connection.close()
                    connection = self.vault.connection()
        except LOST:
            pass
        except Failed as failure:
            self.truth.fault(str(failure))

    def must(self, connection, path, **members):
        status, body = self.vault.call(connection, OFFICER, "POST", path, members)
        if status != 200:
            raise Failed(f"{path.split('?')[0]} answers {status}: {body}")
        return body

    def store(self, connection, path, content):
        status, body = self.vault.call(connection, OFFICER, "POST", path, raw=content)
        if status != 200:
            raise Failed(f"a filing answers {status}: {body}")
        with self.truth.lock:
            self.truth.documents[body["id"]] = hashlib.sha256(content).hexdigest()
        return body["id"]

    # ---- one act of each kind of client
    def file(self, connection, dice):
        content = os.urandom(dice.choice((100, 5_000, 50_000, 400_000)))
        self.store(connection, self.vault.filing_path(self.matter, "REP", name="report"), content)

    def read(self, connection, dice):
        with self.truth.lock:
            known = list(self.truth.documents.items())
        if not known:
            time.sleep(0.01)
            return
        document, digest = dice.choice(known[-200:])
        status, body = self.vault.call(connection, OFFICER, "GET", f"documents/{document}/content")
        if status != 200 or hashlib.sha256(body).hexdigest() != digest:
            raise Failed(f"a document reads as {status}, {len(body)} bytes")

    def audit(self, connection, dice):
        matter = self.must(connection, "matters", template="macfa", title="An invented audit")["ref"]
        self.must(connection, f"matters/{matter}/subjects", pseudonym="Adult Alder")
        for agency in ("POL", "HSG"):
            self.must(connection, f"matters/{matter}/involvements", subject="Adult Alder",
                      agency=agency)
        self.must(connection, f"matters/{matter}/members", email=READER)
        self.must(connection, f"matters/{matter}/events", event="FORMS_ISSUED")
        form = self.store(connection, self.vault.filing_path(
            matter, "FRM", subject="Adult Alder", agency="POL", name="form"), os.urandom(20_000))
        self.must(connection, f"matters/{matter}/events", event="PACK_RELEASED")
        audit = {"document": form, "state": "open"}
        with self.truth.lock:
            self.truth.audits.append(audit)
        if dice.random() < 0.7:
            audit["state"] = "asked to end"
            self.must(connection, f"matters/{matter}/events", event="MEETING_CLOSED")
            audit["state"] = "ended"

    def link(self, connection, dice):
        content = os.urandom(1000)
        document = self.store(connection, self.vault.filing_path(self.matter, "REP", name="r"), content)
        made = self.must(connection, "shares", documents=[document], to="somebody@else.example",
                         until=today().replace(year=today().year + 1).isoformat(), uses=100)
        address, secret = made["url"].split("#")
        link = {"id": made["id"], "link": address.rsplit("/", 1)[1], "secret": secret,
                "pin": made["pin"], "state": "open"}
        with self.truth.lock:
            self.truth.links.append(link)
        if dice.random() < 0.7:
            link["state"] = "asked to end"
            self.must(connection, f"shares/{made['id']}/end")
            link["state"] = "ended"

    def watch(self, connection, dice):
        status, body = self.vault.call(connection, OFFICER, "GET", "/log/checkpoint")
        if status != 200:
            raise Failed(f"the checkpoint answers {status}")
        with self.truth.lock:
            self.truth.checkpoints.append(body)
        time.sleep(0.002)


class Examiner:
    """Looks at the vault after a kill."""

    def __init__(self, vault, truth, dice):
        self.vault, self.truth, self.dice = vault, truth, dice
        self.seen = {"documents": 0, "audits": 0, "links": 0}
        self.exports = 0

    def examine(self, everything):
        connection = self.vault.connection()
        for count, (document, digest) in enumerate(self.some("documents", everything)):
            if count % 30 == 29:
                connection = self.vault.connection()
            status, body = self.vault.call(connection, OFFICER, "GET", f"documents/{document}/content")
            if status != 200:
                raise Failed(f"a document that was filed answers {status}: {body}")
            if hashlib.sha256(body).hexdigest() != digest:
                raise Failed("a document that was filed has other bytes")
        for count, audit in enumerate(self.some("audits", everything)):
            if count % 30 == 0:
                connection = self.vault.connection()
            self.audit(connection, audit)
        for link in self.some("links", everything)[-12:]:
            self.link(link)
        self.log()

    def some(self, kind, everything):
        """All that is new since the last kill, and some of what was there before."""
        held = getattr(self.truth, kind)
        items = list(held.items() if isinstance(held, dict) else held)
        before, new = items[:self.seen[kind]], items[self.seen[kind]:]
        self.seen[kind] = len(items)
        return items if everything else self.dice.sample(before, min(10, len(before))) + new

    def audit(self, connection, audit):
        document = audit["document"]
        status, body = self.vault.call(connection, READER, "GET", f"documents/{document}/content")
        if audit["state"] == "ended" and status != 410:
            raise Failed(f"a loan that had ended answers {status}")
        if audit["state"] == "open" and status != 200:
            raise Failed(f"a loan that runs on answers {status}: {body}")
        if status == 200 and hashlib.sha256(body).hexdigest() != self.truth.documents[document]:
            raise Failed("a loan opens other bytes")

    def link(self, link):
        connection = self.vault.connection()
        status, body = self.vault.call(connection, None, "POST", f"links/{link['link']}/open",
                                       {"secret": link["secret"], "pin": link["pin"]})
        if link["state"] == "ended" and status in (200, 429):
            raise Failed(f"a link that had ended answers {status}")
        if link["state"] == "open" and status != 200:
            raise Failed(f"a link that runs on answers {status}: {body}")

    def log(self):
        self.exports += 1
        folder = self.vault.at(f"log-{self.exports % 2}")
        self.vault.run(["rm", "-rf", folder])
        self.vault.client("log", "export", folder)
        answered = self.truth.checkpoints
        # The newest is the one a lost commit would contradict; the others come before it.
        for checkpoint in {answered[-1], self.dice.choice(answered)} if answered else ():
            with open(self.vault.at("since"), "wb") as file:
                file.write(checkpoint)
            self.vault.run([os.path.join(self.vault.bin, "strongroom-verify"), "log", folder, "--vkey",
                            self.vault.log_key, "--since", self.vault.at("since")])
        with open(os.path.join(folder, "checkpoint"), "rb") as file:
            self.truth.checkpoints = [file.read()]


def prepare(vault):
    for agency in ("POL", "HSG"):
        vault.agency(agency)
    vault.client("person", "add", READER, "--agency", "HSG", "--role", "AAC", "--password-file",
                 vault.secret("reader"))
    vault.sign_in()
    return vault.matter()


def play(options, vault):
    dice = random.Random(options.seed)
    truth = Truth()
    matter = prepare(vault)
    examiner = Examiner(vault, truth, dice)
    vault.recoveries.clear()
    for kill in range(1, options.kills + 1):
        with Load(vault, truth, matter, dice.random()):
            time.sleep(dice.uniform(0.02, 2.0))
            vault.kill()
        if truth.faults:
            raise Failed("; ".join(truth.faults))
        vault.start()
        vault.sign_in()
        examiner.examine(kill == options.kills)
        print(f"kill {kill}: {len(truth.documents)} documents, {len(truth.audits)} audits and "
              f"{len(truth.links)} links answered so far; started again in "
              f"{vault.recoveries[-1]:.2f} s", flush=True)
    ended = sum(a["state"] == "ended" for a in truth.audits + truth.links)
    size = truth.checkpoints[-1].split(b"\n")[1].decode()
    print(f"{options.kills} kills: none of {len(truth.documents)} documents lost or changed, none of "
          f"{ended} ended loans and links revived, {size} log entries in agreement with every "
          f"checkpoint;\nfrom start to unsealed: median {statistics.median(vault.recoveries):.2f} s, "
          f"longest {max(vault.recoveries):.2f} s")


def main():
    parser = argparse.ArgumentParser(description="Kills the daemon under load and examines the rest.")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    options = parser.parse_args()
    os.umask(0o077)
    print(f"kill_under_load: seed {options.seed}", flush=True)
    vault = Vault(options.build_dir)
    try:
        with vault:
            try:
                play(options, vault)
            except (Failed, OSError, KeyError, ValueError):
                print(vault.last_words(), file=sys.stderr)
                raise
    except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as failure:
        print(f"kill_under_load: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
