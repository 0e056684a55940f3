#!/usr/bin/env python3
"""Plays a whole multi-agency audit against the real daemon, with real Word files, and then attacks it.

    story.py --build-dir DIR [--keep]

Seven agencies, three people, eighteen forms, from the contact check to the approved report, each day
under its own date. Every claim that is proved is printed; the first that fails ends the story. After
every step the data folder is copied; at the end an attacker with all copies, the unseal key, the
erasure cell of the moment and the borrowers' passwords tries to open what has ended.

Everything is invented. Exit 0: everything was proved. --keep leaves the folder for a look.
"""
import argparse
import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import http.client
from datetime import datetime, timedelta

AGENCIES = {
    "ASC": ("Marlshire Council Adult Social Care", "r.okafor@asc.marlshire.example", "l.hughes@asc.marlshire.example"),
    "POL": ("Marl Constabulary", "d.singh@police.example", "d.singh@police.example"),
    "PCN": ("Marl Primary Care Network", "m.evans@pcn.example", "dr.bell@pcn.example"),
    "MHT": ("Marl Mental Health NHS Foundation Trust", "s.kaur@mht.example", "j.price@mht.example"),
    "ACU": ("Marl Acute Hospitals NHS Trust", "f.moran@acute.example", "f.moran@acute.example"),
    "HSG": ("Fenbrook Housing Association", "t.lowe@fenbrook.example", "a.ward@fenbrook.example"),
    "FRS": ("Marlshire Fire and Rescue Service", "g.pike@frs.example", "g.pike@frs.example"),
}
SUBJECTS = {"P01": ("Adult Alder", "Alan Invented", "1951-03-11"),
            "P03": ("Adult Beech", "Beate Invented", "1947-07-02"),
            "P06": ("Adult Elm", "Elmar Invented", "1955-05-23")}
INVOLVED = {"P01": ["ASC", "POL", "PCN", "MHT", "ACU", "HSG", "FRS"],
            "P03": ["ASC", "POL", "PCN", "MHT", "HSG", "FRS"],
            "P06": ["ASC", "POL", "PCN", "MHT", "FRS"]}
FORMS = [  # day, agency, subject, grades; in the order of filing
    ("2026-03-18", "PCN", "P06", "G,G,G,G,G,G,G,G"),
    ("2026-03-19", "FRS", "P01", "G,O,G,G,G,G,O,G"),
    ("2026-03-19", "FRS", "P03", "O,O,G,O,G,G,O,O"),
    ("2026-03-19", "FRS", "P06", "G,G,G,G,G,G,G,G"),
    ("2026-03-20", "POL", "P01", "G,RI,NA,G,RI,G,NA,G"),
    ("2026-03-20", "POL", "P03", "G,G,NA,G,G,G,NA,G"),
    ("2026-03-20", "POL", "P06", "G,NA,NA,RI,RI,G,NA,G"),
    ("2026-03-23", "HSG", "P01", "O,G,G,G,O,G,G,G"),
    ("2026-03-23", "PCN", "P06", "G,G,G,G,G,G,G,G"),
    ("2026-03-24", "ASC", "P01", "RI,G,RI,G,G,RI,RI,RI"),
    ("2026-03-24", "ASC", "P03", "G,G,G,G,G,G,G,G"),
    ("2026-03-24", "ASC", "P06", "RI,RI,RI,RI,I,RI,RI,RI"),
    ("2026-03-25", "MHT", "P01", "G,G,RI,RI,G,G,RI,G"),
    ("2026-03-25", "MHT", "P03", "G,RI,RI,G,G,RI,RI,RI"),
    ("2026-03-25", "MHT", "P06", "RI,I,RI,RI,RI,RI,I,RI"),
    ("2026-03-26", "PCN", "P01", "RI,RI,RI,I,RI,RI,RI,RI"),
    ("2026-03-26", "PCN", "P03", "RI,RI,G,RI,G,G,RI,RI"),
    ("2026-03-30", "HSG", "P03", "RI,RI,RI,G,RI,I,RI,RI"),
    ("2026-04-07", "ACU", "P01", "I,I,RI,I,RI,RI,I,I"),
]
MEETING = "2026-04-09T09:30"
TEMPORARY = sorted({"/tmp", "/var/tmp", tempfile.gettempdir()})
OFFICER = "n.shah@unit.marlshire.example"
SECOND = "o.quinn@unit.marlshire.example"
GOVERNANCE = "governance@unit.marlshire.example"


class Failed(Exception):
    pass


def utc(london):
    """A time in London of 2025 to 2027 as the same moment in UTC, in faketime's words."""
    local = datetime.strptime(london, "%Y-%m-%dT%H:%M")
    spring = datetime(local.year, 3, 31) - timedelta(days=(datetime(local.year, 3, 31).weekday() + 1) % 7)
    autumn = datetime(local.year, 10, 31) - timedelta(days=(datetime(local.year, 10, 31).weekday() + 1) % 7)
    if spring + timedelta(hours=2) <= local < autumn + timedelta(hours=2):
        local -= timedelta(hours=1)
    return local.strftime("%Y-%m-%d %H:%M:%S")


def coordinator(agency):
    return AGENCIES[agency][1]


def auditor(agency):
    return AGENCIES[agency][2]


class Story:
    def __init__(self, build, folder):
        self.bin = os.path.join(build, "bin")
        self.folder = folder
        self.data = self.at("vault/data")
        self.cell = self.data + ".cell"
        self.wrapper = None
        self.daemon = None
        self.steps = 0
        self.proofs = 0
        self.moments = []
        self.log_size = 0
        self.files = {}      # (agency, subject) -> path of the newest Word file
        self.documents = {}  # (agency, subject) -> id
        self.links = []
        self.marker = "Strelitzia-" + secrets.token_hex(12)
        for name in ("vault", "secrets", "forms", "copies", "cells", "out", "tokens"):
            os.makedirs(self.at(name), mode=0o700)
        for path in ("vault/tmp",):
            os.makedirs(self.at(path), mode=0o700)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("STRONGROOM_")}
        self.environment.update(TZ="UTC", LC_ALL="C.UTF-8")

    # ---- words
    def at(self, name):
        return os.path.join(self.folder, name)

    def step(self, words):
        self.steps += 1
        print(f"\n{self.steps}. {words}", flush=True)

    def prove(self, condition, words, detail=""):
        if not condition:
            raise Failed(words + (f"\n   {detail}" if detail else ""))
        self.proofs += 1
        print(f"   proved: {words}", flush=True)

    def secret(self, name, value=None):
        path = self.at("secrets/" + name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write((value or secrets.token_urlsafe(18)) + "\n")
        return path

    # ---- programs
    def run(self, arguments, environment=None):
        return subprocess.run(arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=300, env=environment or self.environment, cwd=self.folder)

    def client(self, who, *arguments):
        token = self.at("tokens/" + (who or "nobody"))
        return self.run([os.path.join(self.bin, "strongroom"), "--json", "--server", self.server,
                         "--ca", self.at("tls.pem"), "--token-file", token, *arguments])

    def do(self, who, *arguments):
        """Runs a command that must succeed and gives its JSON."""
        done = self.client(who, *arguments)
        if done.returncode != 0:
            raise Failed(f"strongroom {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def refused(self, who, kind, *arguments):
        done = self.client(who, *arguments)
        return done.returncode == 1 and done.stderr.startswith(f"strongroom: {kind}: "), \
            f"exit {done.returncode}: {done.stderr.strip()}"

    def faked(self, when):
        return dict(self.environment, FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_FORCE_MONOTONIC_FIX="0"), \
            ["faketime", "-m", "-f", "@" + utc(when)]

    def certificate_for_tls(self):
        environment, fake = self.faked("2025-01-01T12:00")
        done = self.run(fake + ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj",
                                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                                "-keyout", self.at("secrets/tls.key"), "-out", self.at("tls.pem")],
                        environment)
        if done.returncode != 0:
            raise Failed("openssl made no certificate: " + done.stderr)
        os.chmod(self.at("secrets/tls.key"), 0o600)

    def start(self, when):
        """Starts the daemon under a date and unseals it, confirming that date."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = f"https://localhost:{self.port}"
        with open(self.at("strongroomd.ini"), "w") as out:
            out.write(f"data = {self.data}\nlisten = 127.0.0.1:{self.port}\n"
                      f"public.url = {self.server}\n"
                      f"tls.certificate = {self.at('tls.pem')}\ntls.key = {self.at('secrets/tls.key')}\n")
        environment, fake = self.faked(when)
        with open(self.at("daemon.log"), "ab") as log:
            self.wrapper = subprocess.Popen(
                fake + [os.path.join(self.bin, "strongroomd"), "--config", self.at("strongroomd.ini")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=self.folder)
        for _ in range(600):
            if self.wrapper.poll() is not None:
                raise Failed("the daemon ended at its start")
            if self.client(None, "status").returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise Failed("the daemon does not answer")
        self.daemon = self.find_daemon()
        status = self.do(None, "unseal", "--passphrase-file", self.at("secrets/passphrase"),
                         "--confirm-date", when[:10])
        if status["sealed"] or not status["anchored"]:
            raise Failed("the vault is not unsealed at the confirmed date")
        if status["log_size"] < self.log_size:
            raise Failed("the log is shorter than before the restart")
        self.signed_in = set()

    def find_daemon(self):
        """The daemon is the wrapper itself or its child."""
        for pid in [str(self.wrapper.pid)] + self.children(self.wrapper.pid):
            try:
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "strongroomd":
                    return int(pid)
            except OSError:
                continue
        raise Failed("the daemon's process is not found")

    @staticmethod
    def children(pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as names:
                return names.read().split()
        except OSError:
            return []

    def stop(self, how=signal.SIGTERM):
        """Stops the daemon itself, not the wrapper that faketime may have put before it."""
        if self.wrapper is None:
            return None
        pid = self.daemon or (self.children(self.wrapper.pid) or [self.wrapper.pid])[0]
        code = None
        try:
            os.kill(int(pid), how)
            code = self.wrapper.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            for left in self.children(self.wrapper.pid) + [self.wrapper.pid]:
                try:
                    os.kill(int(left), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.wrapper.wait()
        self.wrapper = self.daemon = None
        return code

    def day(self, when, how=signal.SIGTERM):
        """Ends one day and begins another: stop, start under the new date, unseal."""
        if self.wrapper is not None:
            self.log_size = self.do(None, "status")["log_size"]
            code = self.stop(how)
            if how == signal.SIGTERM and code != 0:
                raise Failed(f"the daemon did not end cleanly: exit {code}")
        self.start(when)

    def sign_in(self, *people):
        for person in people:
            if person in self.signed_in:
                continue
            self.do(person, "login", person, "--password-file", self.at("secrets/" + person))
            self.signed_in.add(person)

    def copy(self, name):
        """Copies the data folder as a backup would, and keeps the cell's bytes of this moment apart."""
        number = f"{len(self.moments):02d}"
        shutil.copytree(self.data, self.at("copies/" + number))
        shutil.copyfile(self.cell, self.at("cells/" + number))
        self.moments.append((name, self.at("copies/" + number), self.at("cells/" + number)))

    # ---- what people do
    def word_form(self, agency, subject, grades, note=None):
        path = self.at(f"forms/{agency}-{subject}{'-2' if note else ''}.docx")
        arguments = [os.path.join(self.bin, "make_word_form"), "--agency", AGENCIES[agency][0],
                     "--agency-id", agency, "--subject", SUBJECTS[subject][0], "--ref", self.matter,
                     "--grades", grades, "--marker", self.marker, "-o", path]
        done = self.run(arguments + (["--version-note", note] if note else []))
        if done.returncode != 0:
            raise Failed("make_word_form failed: " + done.stderr)
        return path

    def file_forms(self, day):
        for date, agency, subject, grades in FORMS:
            if date != day:
                continue
            again = (agency, subject) in self.files
            path = self.word_form(agency, subject, grades, "returned and corrected" if again else None)
            person = auditor(agency)
            self.sign_in(person)
            filed = self.do(person, "file", path, "--matter", self.matter, "--class", "FRM", "--subject",
                            SUBJECTS[subject][0])[0]
            wanted = 2 if again else 1
            if int(filed["version"]) != wanted or filed["form"] is None:
                raise Failed(f"{agency} on {subject}: filed as {filed}")
            if again and filed["id"] != self.documents[agency, subject]:
                raise Failed("a resubmission is another document")
            self.documents[agency, subject] = filed["id"]
            self.files[agency, subject] = path

    def docs(self, who):
        return self.do(who, "docs", "--matter", self.matter, "--class", "FRM")

    def readable(self, who):
        return {d["id"] for d in self.docs(who) if d["may_open"]}

    def same_bytes(self, who, agency, subject):
        path = self.at("out/read.docx")
        done = self.client(who, "get", self.documents[agency, subject], "-o", path)
        if done.returncode != 0:
            raise Failed(f"{who} cannot read {agency} on {subject}: {done.stderr.strip()}")
        with open(path, "rb") as got, open(self.files[agency, subject], "rb") as filed:
            same = got.read() == filed.read()
        os.remove(path)
        return same

    def problem(self, who, path):
        """One raw answer: status, headers and body, without what is allowed to differ."""
        with open(self.at("tokens/" + who)) as token:
            bearer = token.read().strip()
        tls = ssl.create_default_context(cafile=self.at("tls.pem"))
        connection = http.client.HTTPSConnection("localhost", self.port, context=tls, timeout=60)
        connection.request("GET", path, headers={"Authorization": "Bearer " + bearer})
        answer = connection.getresponse()
        body = answer.read()
        headers = sorted((k.lower(), v) for k, v in answer.getheaders() if k.lower() != "date")
        connection.close()
        return answer.status, headers, body

    def of(self, subjects):
        return {self.documents[a, s] for a, s in self.documents if s in subjects}


def begin(story):
    story.step("26 January 2026: a vault is made; agencies, people and the audit begin")
    story.secret("passphrase")
    story.secret(OFFICER)
    story.certificate_for_tls()
    environment, fake = story.faked("2026-01-26T09:00")
    made = story.run(fake + [os.path.join(story.bin, "strongroom"), "--json", "init", "--data", story.data,
                             "--name", "Marlshire Safeguarding Community Partnership", "--officer", OFFICER,
                             "--password-file", story.at("secrets/" + OFFICER), "--passphrase-file",
                             story.at("secrets/passphrase")], environment)
    if made.returncode != 0:
        raise Failed("init failed: " + made.stderr)
    story.vkey = json.loads(made.stdout)["log_vkey"]
    story.prove(os.path.getsize(story.cell) == 8192 and not story.cell.startswith(story.data + "/"),
                "the erasure cell lies beside the data folder, not in it")
    story.start("2026-01-26T09:30")
    story.sign_in(OFFICER)
    for who, role in ((SECOND, "BUO"), (GOVERNANCE, "IGO")):
        story.do(OFFICER, "person", "add", who, "--agency", "unit", "--role", role, "--password-file",
                 story.secret(who))
    for agency, (name, first, second) in AGENCIES.items():
        story.do(OFFICER, "agency", "add", agency, name)
        for who, roles in ((first, ["AAC"] + (["AUD"] if first == second else [])), (second, ["AUD"])):
            if not os.path.exists(story.at("secrets/" + who)):
                story.do(OFFICER, "person", "add", who, "--agency", agency,
                         *[word for role in roles for word in ("--role", role)],
                         "--password-file", story.secret(who))
    made = story.do(OFFICER, "matter", "new", "--template", "macfa", "--title", "Self-neglect and hoarding",
                    "--meeting", MEETING, "--group", "Adult Safeguarding and Protection Practice Oversight")
    story.matter = made["ref"]
    for event, at in (("THEME_AGREED", "2026-01-15"), ("LONGLIST_RECEIVED", "2026-01-22"),
                      ("CONTACT_CHECK_SENT", "2026-01-26")):
        story.do(OFFICER, "matter", "event", story.matter, event, "--at", at)
    story.copy("begun")


def select(story):
    story.step("12 February: three people are selected; seven agencies join, each for the people it knows")
    story.day("2026-02-12T10:00")
    story.sign_in(OFFICER)
    story.do(OFFICER, "matter", "event", story.matter, "SELECTION_DECIDED")
    for subject, (pseudonym, name, born) in SUBJECTS.items():
        story.do(OFFICER, "matter", "subject", story.matter, pseudonym, "--name", name, "--born", born)
        for agency in INVOLVED[subject]:
            story.do(OFFICER, "matter", "involve", story.matter, "--subject", pseudonym, "--agency", agency)
    for name, first, second in AGENCIES.values():
        for who in dict.fromkeys((first, second)):
            story.do(OFFICER, "matter", "member", story.matter, "--person", who)
    shown = story.do(OFFICER, "matter", "show", story.matter)
    story.prove(sum(len(s["agencies"]) for s in shown["subjects"]) == 18, "18 forms are expected: 7 + 6 + 5")
    story.copy("selected")
    due = {d["id"]: d["due"] for d in story.do(OFFICER, "matter", "due", story.matter)}
    story.prove(due.get("pack-released") == "2026-04-02",
                "the pack is due on Thursday 2 April: Good Friday and Easter Monday are no working days",
                str(due))
    story.day("2026-02-27T10:00")
    story.sign_in(OFFICER)
    story.do(OFFICER, "matter", "event", story.matter, "FORMS_ISSUED")
    story.copy("issued")


def collect(story):
    story.step("18 to 30 March: the forms come in as Word files, one returned and corrected, one late")
    for day in sorted({form[0] for form in FORMS if form[0] < "2026-04"}):
        story.day(day + "T11:00")
        story.file_forms(day)
        story.copy("filed " + day)
    story.prove(len(story.documents) == 17, "17 forms are filed, each read out of its Word file")
    story.sign_in(OFFICER, "j.price@mht.example")
    corrected = story.do(OFFICER, "show", story.documents["PCN", "P06"])
    story.prove([int(v["version"]) for v in corrected["versions"]] in ([1, 2], [2, 1]),
                "the corrected form of PCN is version 2 of the same document")
    form = story.do("j.price@mht.example", "form", "show", story.documents["MHT", "P06"])
    story.prove([g["grade"] for g in form["grades"]] != [] and story.marker in json.dumps(form),
                "MHT reads its own form back, grades and text, as the reader took it out of Word")


def before_the_pack(story):
    story.step("1 April, an hour before midnight: everybody reads their own and nobody another's")
    story.day("2026-04-01T23:00")
    hughes, hsg = auditor("ASC"), coordinator("HSG")
    story.sign_in(hughes, hsg)
    own = {story.documents["ASC", s] for s in SUBJECTS}
    story.prove(story.readable(hughes) == own, "the auditor of ASC reads three forms, all of ASC")
    ok, detail = story.refused(hughes, "not-found", "get", story.documents["POL", "P01"], "-o",
                               story.at("out/x"))
    story.prove(ok, "to the auditor of ASC the form of POL does not exist before the pack date", detail)
    ok, detail = story.refused(hsg, "not-found", "get", story.documents["FRS", "P01"], "-o",
                               story.at("out/x"))
    story.prove(ok, "nor is there anything of FRS for the co-ordinator of HSG", detail)
    story.sign_in(OFFICER)
    story.copy("before the pack")


def pack(story):
    story.step("2 April, just after midnight: nobody is signed in and the pack opens by itself")
    before = story.docs(OFFICER)
    story.day("2026-04-02T00:01")
    began = time.monotonic()
    hsg, frs = coordinator("HSG"), coordinator("FRS")
    # The job runs once a minute; its entries in the log are seen without anybody signing in.
    size = story.do(None, "status")["log_size"]
    while time.monotonic() - began < 130:
        if story.do(None, "status")["log_size"] > size:
            break
        time.sleep(0.5)
    time.sleep(2)
    story.sign_in(OFFICER, hsg, frs, coordinator("ACU"))
    events = {e["event"]: e["at"] for e in story.do(OFFICER, "matter", "show", story.matter)["events"]}
    story.prove(events.get("PACK_RELEASED", "").startswith("2026-04-02T00:00"),
                "PACK_RELEASED happened by itself at 00:00 on 2 April", str(events))
    story.prove("SUBMISSION_DEADLINE" in events, "so did SUBMISSION_DEADLINE before it")
    now = story.docs(OFFICER)
    story.prove([d["id"] for d in now] == [d["id"] for d in before] and len(now) == 17,
                "the restart lost nothing: 17 of 18 forms are in the pack")
    status, _, story.checkpoint = story.problem(OFFICER, "/log/checkpoint")
    if status != 200:
        raise Failed("there is no checkpoint")
    story.prove(story.readable(hsg) == story.of(("P01", "P03")),
                "the co-ordinator of HSG reads the forms of P01 and P03, and knows of none on P06",
                f"{len(story.readable(hsg))} readable")
    story.prove(story.readable(frs) == story.of(tuple(SUBJECTS)), "FRS reads all three people's forms")
    story.prove(story.readable(coordinator("ACU")) == story.of(("P01",)), "ACU reads P01 only")
    for subject in ("P01", "P03"):
        for agency in INVOLVED[subject]:
            if (agency, subject) in story.documents and not story.same_bytes(hsg, agency, subject):
                raise Failed(f"HSG reads other bytes of {agency} on {subject} than were filed")
    story.prove(True, "what HSG reads is byte for byte what the agencies filed, 12 Word files")
    story.prove(story.same_bytes(frs, "PCN", "P06"), "of the corrected form FRS reads version 2")
    forbidden, unknown = story.documents["ASC", "P06"], secrets.token_hex(16)
    for command in (["get", "{}", "-o", story.at("out/x")], ["show", "{}"], ["form", "show", "{}"]):
        a, b = (story.client(hsg, *[w.replace("{}", d) for w in command]) for d in (forbidden, unknown))
        story.prove((a.returncode, a.stderr, a.stdout) == (b.returncode, b.stderr, b.stdout) and a.returncode == 1,
                    f"'strongroom {command[0]}' answers a forbidden and an unknown id alike",
                    a.stderr + b.stderr)
    for tail in ("", "/content", "/form"):
        a, b = (story.problem(hsg, f"/api/v1/documents/{d}{tail}") for d in (forbidden, unknown))
        story.prove(a == b and a[0] == 404, f"so does the server, byte for byte ({tail or 'document'})",
                    f"{a}\n{b}")
    story.copy("released")


def late_and_links(story):
    story.step("7 April: ACU's form comes late and joins the running packs; a link goes to an outsider")
    story.day("2026-04-07T10:00")
    story.file_forms("2026-04-07")
    frs = coordinator("FRS")
    story.sign_in(OFFICER, GOVERNANCE, frs, coordinator("HSG"))
    story.prove(story.same_bytes(frs, "ACU", "P01"), "FRS reads ACU's late form at once")
    story.prove(len(story.readable(coordinator("HSG"))) == 13, "HSG now reads 13 forms")
    story.prove(len(story.docs(OFFICER)) == 18, "18 of 18 forms are in the pack")
    document = story.documents["FRS", "P01"]
    share = story.do(OFFICER, "share", "new", "--doc", document, "--to", "reader@outside.example", "--until",
                     "2026-04-08T12:00", "--uses", "2")
    later = story.do(OFFICER, "share", "new", "--doc", document, "--to", "second@outside.example", "--until",
                     "2026-04-20T12:00", "--uses", "3")
    for number, link in enumerate((share, later)):
        story.links.append((link["id"], link["url"], story.secret(f"pin-{number}", link["pin"])))
    wrong = story.secret("wrong-pin", f"{(int(share['pin']) + 1) % 10**8:08d}")
    url, pin = story.links[0][1:]
    output = story.at("out/shared.docx")
    ok, detail = story.refused(None, "denied", "share", "open", url, "--pin-file", wrong, "-o", output)
    story.prove(ok, "the link does not open with a wrong PIN", detail)
    opened = story.client(None, "share", "open", url, "--pin-file", pin, "-o", output)
    if opened.returncode != 0:
        raise Failed("the link does not open: " + opened.stderr)
    with open(output, "rb") as got, open(story.files["FRS", "P01"], "rb") as filed:
        story.prove(got.read() == filed.read(), "with its PIN it gives the Word file, without an account")
    os.remove(output)
    row = next(s for s in story.do(OFFICER, "share", "list") if s["id"] == share["id"])
    story.prove((int(row["used"]), int(row["failures"])) == (1, 1), "one use and one failure are counted")
    story.hold = story.do(GOVERNANCE, "hold", "place", "--subject", "Adult Alder", "--reason",
                          "subject access request expected", "--review", "2026-06-30")["id"]
    story.copy("late form, links, hold")


def link_ends(story):
    story.step("8 April, after noon: the daemon was killed in the night; the first link's time is over")
    story.day("2026-04-08T12:01", signal.SIGKILL)
    story.sign_in(OFFICER, coordinator("FRS"))
    story.prove(len(story.docs(OFFICER)) == 18 and story.same_bytes(coordinator("FRS"), "ACU", "P01"),
                "the crash lost nothing: 18 forms, and the late one reads as it was filed")
    output = story.at("out/shared.docx")
    ok, detail = story.refused(None, "expired", "share", "open", story.links[0][1], "--pin-file",
                               story.links[0][2], "-o", output)
    story.prove(ok, "the link with the right PIN answers: expired", detail)
    story.do(OFFICER, "sweep")
    ok, detail = story.refused(None, "expired", "share", "open", story.links[0][1], "--pin-file",
                               story.links[0][2], "-o", output)
    story.prove(ok and not os.path.exists(output), "and still so after its key is destroyed", detail)
    story.copy("first link ended")


def meeting(story):
    story.step("9 April: the meeting; at 12:30 every pack and brief ends at once, hold or no hold")
    story.day("2026-04-09T09:31")
    story.sign_in(OFFICER)
    story.do(OFFICER, "matter", "event", story.matter, "MEETING_STARTED", "--at", MEETING)
    story.copy("meeting")
    story.day("2026-04-09T12:31")
    hsg, frs = coordinator("HSG"), coordinator("FRS")
    story.sign_in(OFFICER, hsg, frs)
    story.prove(story.same_bytes(hsg, "POL", "P01"), "until that moment HSG reads the form of POL")
    brief = story.do(hsg, "matter", "show", story.matter)
    story.prove(brief["title"] == "Self-neglect and hoarding", "and, by its brief, what the audit is called")
    story.do(OFFICER, "matter", "event", story.matter, "MEETING_CLOSED", "--at", "2026-04-09T12:30")
    for who, document in ((hsg, ("POL", "P01")), (hsg, ("ACU", "P01")), (frs, ("ASC", "P06"))):
        ok, detail = story.refused(who, "expired", "get", story.documents[document], "-o", story.at("out/x"))
        story.prove(ok, f"the form of {document[0]} on {document[1]} is expired to {who}", detail)
    ok, detail = story.refused(hsg, "expired", "matter", "show", story.matter)
    story.prove(ok, "the brief is expired to HSG as well", detail)
    ok, detail = story.refused(hsg, "not-found", "get", story.documents["ASC", "P06"], "-o", story.at("out/x"))
    story.prove(ok, "what HSG never had is still not-found, not expired", detail)
    shown = story.do(OFFICER, "matter", "show", story.matter)
    states = [loan["state"] for loan in shown["loans"] if loan["kind"] in ("pack", "brief")]
    story.prove(len(states) >= 18 + 7 and set(states) == {"ended"},
                f"all {len(states)} packs and briefs are ended, those on the held person too", str(states))
    ok, detail = story.refused(None, "expired", "share", "open", story.links[1][1], "--pin-file",
                               story.links[1][2], "-o", story.at("out/x"))
    story.prove(ok, "the second link, good until 20 April, ended with the meeting", detail)
    story.copy("meeting closed")


def afterwards(story):
    story.step("10 April: what is left, and the proof of what is gone")
    story.day("2026-04-10T09:00")
    hsg, frs, pol = coordinator("HSG"), coordinator("FRS"), coordinator("POL")
    story.sign_in(OFFICER, GOVERNANCE, hsg, frs, pol)
    own = {story.documents["FRS", s] for s in SUBJECTS}
    story.prove({d["id"] for d in story.docs(frs)} == own, "FRS sees its own three forms only")
    story.prove(all(story.same_bytes(frs, "FRS", s) for s in SUBJECTS), "and reads them, bytes as filed")
    story.prove(story.same_bytes(pol, "POL", "P01"),
                "the form of POL on the held person stays readable to POL")
    done = [d for d in story.do(GOVERNANCE, "disposal", "list") if d["trigger"] == "MEETING_CLOSED"]
    story.prove(len(done) == 1 and done[0]["state"] == "done" and done[0]["certificate"] is True,
                "the disposal at the meeting's close is done and certified", str(done))
    path = story.at("out/certificate")
    story.do(GOVERNANCE, "disposal", "certificate", done[0]["id"], "-o", path)
    verify = [os.path.join(story.bin, "strongroom-verify"), "certificate"]
    checked = story.run(verify + [path, "--vkey", story.vkey])
    story.prove(checked.returncode == 0, "its certificate verifies offline with the key that init gave",
                checked.stderr)
    with open(path, "rb") as file:
        certificate = file.read()
    names = [v for pair in SUBJECTS.values() for v in pair[:2]] + [story.marker]
    story.prove(not any(name.encode() in certificate for name in names), "it names no person")
    for at in range(0, len(certificate), max(1, len(certificate) // 24)):
        with open(path + ".changed", "wb") as file:
            file.write(certificate[:at] + bytes([certificate[at] ^ 1]) + certificate[at + 1:])
        if story.run(verify + [path + ".changed", "--vkey", story.vkey]).returncode != 1:
            raise Failed(f"a certificate with byte {at} changed is accepted")
    story.prove(True, "with one byte changed, wherever, it is refused")
    folder = story.at("out/log")
    story.do(GOVERNANCE, "log", "export", folder)
    since = story.at("out/checkpoint")
    with open(since, "wb") as file:
        file.write(story.checkpoint)
    checked = story.run([os.path.join(story.bin, "strongroom-verify"), "log", folder, "--vkey", story.vkey,
                         "--since", since])
    story.prove(checked.returncode == 0, "the exported log verifies with strongroom-verify, and continues the "
                "checkpoint kept from 2 April", checked.stderr)
    second = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "independent_log_check.py")
    checked = story.run([sys.executable, second, folder, story.vkey])
    story.prove(checked.returncode == 0, "and with a second program that shares no code with it",
                checked.stdout + checked.stderr)
    story.do(GOVERNANCE, "hold", "release", story.hold, "--reason", "request answered")
    story.copy("afterwards")


def report(story):
    story.step("22 May: the report is filed and approved; the unit's reading of the forms ends")
    story.day("2026-05-22T10:00")
    frs = coordinator("FRS")
    story.sign_in(OFFICER, frs)
    path = story.at("forms/report.txt")
    with open(path, "w") as out:
        out.write("Summary report\nThemes: capacity for specific decisions not recorded.\n")
    filed = story.do(OFFICER, "file", path, "--matter", story.matter, "--class", "REP")[0]
    story.do(OFFICER, "matter", "event", story.matter, "REPORT_APPROVED")
    ok, detail = story.refused(OFFICER, "denied", "get", story.documents["FRS", "P01"], "--reason",
                               "to check a quotation", "-o", story.at("out/x"))
    story.prove(ok, "the unit, which knows that the forms are there, may no longer open them", detail)
    output = story.at("out/report.txt")
    done = story.client(frs, "get", filed["id"], "-o", output)
    story.prove(done.returncode == 0 and open(output).read() == open(path).read(),
                "FRS, which took part, reads the report", done.stderr)
    story.copy("report approved")
    story.stop()
    story.copy("stopped")


def search(story, earlier):
    story.step("The text of the forms, people's names and the secrets are looked for where they must not be")
    # In shared folders only what no other program could have written counts; in the vault's own also
    # what every form has, and the people's names.
    own = [name.encode() for _, name, _ in SUBJECTS.values()]
    needles = [story.marker.encode(), story.marker.encode("utf-16-le"), base64.b64encode(story.marker.encode())[:24]]
    for path in story.files.values():
        with open(path, "rb") as file:
            content = file.read()
        middle = len(content) // 2
        own.append(content[middle:middle + 32])
        needles.append(content)
    needles += [url.split("#")[1].encode() for _, url, _ in story.links]
    for name in os.listdir(story.at("secrets")):
        if "@" in name or name == "passphrase":
            with open(story.at("secrets/" + name), "rb") as file:
                needles.append(file.read().strip())

    def hits(folder, needles, skip=()):
        count = seen = 0
        for place, folders, names in os.walk(folder):
            folders[:] = [f for f in folders if os.path.join(place, f) not in skip]
            for name in names:
                path = os.path.join(place, name)
                if path in skip or path in earlier or not os.path.isfile(path) or os.path.islink(path):
                    continue
                try:
                    with open(path, "rb") as file:
                        content = file.read(64 << 20)
                except OSError:
                    continue
                seen += 1
                count += any(needle in content for needle in needles)
        return count, seen

    count, seen = hits(story.at("forms"), needles)
    story.prove(count >= 17, f"control: they are found in the Word files themselves ({count} of {seen})")
    count, seen = hits(story.at("vault"), needles + own)
    story.prove(count == 0 and seen > 20, f"they are found 0 times in {seen} files of the data folder and the cell")
    count, seen = hits(story.at("copies"), needles + own)
    story.prove(count == 0, f"nor in any of the {seen} files of the copies")
    with open(story.at("daemon.log"), "rb") as log:
        text = log.read()
    story.prove(not any(needle in text for needle in needles + own), "nor in what the daemon said")
    count = sum(hits(folder, needles, skip=(story.folder,))[0] for folder in TEMPORARY)
    story.prove(count == 0, "nor in any file that appeared in a temporary folder meanwhile")


def attack(story):
    story.step(f"The attack: {len(story.moments)} copies of the data folder, the unseal key, the cell of each "
               "moment, every borrower's password, the links and PINs")
    orders = story.at("orders")
    with open(os.open(orders, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(f"unseal\t{story.at('secrets/passphrase')}\n")
        for agency, (_, first, second) in AGENCIES.items():
            for who in dict.fromkeys((first, second)):
                out.write(f"password\t{agency}\t{who}\t{story.at('secrets/' + who)}\n")
        for _, url, pin in story.links:
            out.write(f"link\t{url}\t{pin}\n")
        for name, folder, cell in story.moments:
            out.write(f"copy\t{name}\t{folder}\t{cell}\n")
        kept = next(cell for name, _, cell in story.moments if name == "meeting")
        out.write(f"older-cell\tthe cell kept from the meeting\t{kept}\n")
    done = story.run([os.path.join(story.bin, "attack_copies"), orders])
    if done.returncode != 0:
        raise Failed("the attack did not run: " + done.stderr)
    result = json.loads(done.stdout)
    moments = {m["name"]: m for m in result["moments"]}
    for name, moment in moments.items():
        nobody, everybody, now = moment["nobody"], moment["everybody"], moment["register"]
        if any(nobody[what] for what in ("documents", "forms", "details", "loans", "links", "boxes")):
            raise Failed(f"'{name}': something opens without a password")
        if nobody["keys"] < 4:
            raise Failed(f"'{name}': the attack does not even open the key tree")
        if sorted(everybody["boxes"]) != sorted(now["boxes"]):
            raise Failed(f"'{name}': {len(everybody['boxes'])} boxes in loans open, "
                         f"{len(now['boxes'])} are in running loans")
        if sorted(everybody["links"]) != sorted(now["links"]):
            raise Failed(f"'{name}': links {everybody['links']} open, {now['links']} run")
    story.prove(True, f"without a password nothing opens at any of {len(moments)} moments: no document, form, "
                "detail, loan or link")
    story.prove(True, "with the borrowers' passwords, at every moment, exactly the loans open that the register "
                "lists as not ended")
    running = len(moments["meeting"]["everybody"]["loans"])
    story.prove(running >= 18, f"control: during the meeting that is {running} loans")
    later = list(moments)[list(moments).index("meeting closed"):]
    kinds = lambda m: {l["kind"] for l in m["register"]["loans"] if l["id"] in m["everybody"]["loans"]}
    story.prove(all(not ({"pack", "brief"} & kinds(moments[m])) for m in later),
                "from the meeting's close on, no pack and no brief opens")
    first, second = (base64.urlsafe_b64decode(u.split("/s/")[1][:22] + "==").hex() for _, u, _ in story.links)
    story.prove(first in moments["late form, links, hold"]["everybody"]["links"] and
                all(first not in moments[m]["everybody"]["links"]
                    for m in list(moments)[list(moments).index("first link ended"):]),
                "the first link opens while it runs and not after noon on 8 April, with secret and PIN in hand")
    story.prove(second in moments["meeting"]["everybody"]["links"] and
                all(second not in moments[m]["everybody"]["links"] for m in later),
                "the second link opens until the meeting closes and not after")
    for agency, subjects in (("HSG", ("P01", "P03")), ("FRS", tuple(SUBJECTS)), ("ACU", ("P01",))):
        got = {d.split("@")[0] for d in moments["meeting"]["groups"][agency]["documents"]}
        if got != story.of(subjects):
            raise Failed(f"{agency}'s passwords open {len(got)} documents during the meeting")
        for name in later:
            got = {d.split("@")[0] for d in moments[name]["groups"][agency]["documents"]}
            own = {i for (a, _), i in story.documents.items() if a == agency}
            if got & set(story.documents.values()) != own:
                raise Failed(f"'{name}': {agency}'s passwords open {len(got)} documents")
    story.prove(True, "HSG, FRS and ACU alone: their packs during the meeting, afterwards their own forms only, "
                "whatever backups they hold")
    digests = {hashlib.sha256(open(p, "rb").read()).hexdigest() for p in story.files.values()}
    stolen = set(moments["meeting"]["groups"]["FRS"]["documents"].values())
    story.prove(digests <= stolen, "control: what the attack reads are the Word files themselves")
    older = result["older_cells"][0]["everybody"]
    story.prove(len(older["loans"]) == running,
                f"control: with a cell kept from the meeting, all {running} loans would open from the same copies: "
                "only the erased secret keeps them shut")


def main():
    parser = argparse.ArgumentParser(description="Plays the whole story.")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for program in ("strongroomd", "strongroom", "strongroom-reader", "strongroom-verify", "make_word_form",
                    "attack_copies"):
        if not os.path.exists(os.path.join(options.build_dir, "bin", program)):
            parser.error(f"{program} is not in {options.build_dir}/bin")
    for program in ("faketime", "openssl"):
        if shutil.which(program) is None:
            parser.error(f"{program} is missing: run tools/setup --with-tests")
    os.umask(0o077)
    folder = tempfile.mkdtemp(prefix="strongroom-story-")
    earlier = {os.path.join(p, n) for top in TEMPORARY for p, _, names in os.walk(top) for n in names}
    story = Story(os.path.abspath(options.build_dir), folder)
    code = 1
    try:
        for chapter in (begin, select, collect, before_the_pack, pack, late_and_links, link_ends, meeting,
                        afterwards, report):
            chapter(story)
        search(story, earlier)
        attack(story)
        code = 0
    except (Failed, OSError, subprocess.SubprocessError, KeyError, ValueError, StopIteration) as failure:
        print(f"\nstory: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        try:
            with open(story.at("daemon.log"), errors="replace") as log:
                print("the daemon's last words:\n" + "".join(log.readlines()[-20:]), file=sys.stderr)
        except OSError:
            pass
    finally:
        story.stop()
        if options.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\nstory: {story.steps} steps, {story.proofs} things proved")
    return code


if __name__ == "__main__":
    sys.exit(main())
