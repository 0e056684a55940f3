"""A real vault behind a real daemon, in a folder of its own, under the machine's own date.

Used by the memory test beside this file and by tools/bench/run. Everything in it is invented.
"""
import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

OFFICER = "officer@unit.example"


class Failed(Exception):
    """Something that must work did not."""


def today():
    return datetime.now(ZoneInfo("Europe/London")).date()


class RunningVault:
    """Made, started, unsealed and signed in to by the officer, until it is left."""

    def __init__(self, build):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.folder = tempfile.mkdtemp(prefix="strongroom-running-")
        self.daemon = None
        self.address = 2
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("STRONGROOM_")}
        self.environment.update(TZ="UTC", LC_ALL="C.UTF-8")
        self.daemon_environment = self.environment

    def __enter__(self):
        try:
            self.make()
            self.start()
            self.sign_in()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.folder, name)

    def secret(self, name):
        path = self.at("secrets/" + name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(18) + "\n")
        return path

    def run(self, arguments):
        done = subprocess.run(arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=self.environment, cwd=self.folder)
        if done.returncode != 0:
            words = " ".join(os.path.basename(word) for word in arguments[:2])
            raise Failed(f"{words} failed: {done.stderr.strip()}")
        return done.stdout

    def client(self, *arguments):
        """Runs the command line client as the officer and gives its JSON."""
        printed = self.run(self.client_words(*arguments))
        return json.loads(printed) if printed.strip() else {}

    def client_words(self, *arguments):
        return [os.path.join(self.bin, "strongroom"), "--json", "--server", self.server, "--ca",
                self.at("tls.pem"), "--token-file", self.at("token"), *arguments]

    def make_place(self):
        """Makes the folder in which the data folder and the cell will lie."""
        os.mkdir(self.at("vault"), 0o700)

    def make(self):
        self.make_place()
        os.mkdir(self.at("secrets"), 0o700)
        self.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext",
                  "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.at("secrets/tls.key"),
                  "-out", self.at("tls.pem")])
        os.chmod(self.at("secrets/tls.key"), 0o600)
        made = self.run([os.path.join(self.bin, "strongroom"), "--json", "init", "--data",
                         self.at("vault/data"), "--name", "Example partnership", "--officer",
                         OFFICER, "--password-file", self.secret("officer"), *self.new_unsealing()])
        self.log_key = json.loads(made)["log_vkey"]

    def new_unsealing(self):
        return ["--passphrase-file", self.secret("passphrase")]

    def stop(self):
        """Lets the daemon finish, if it runs."""
        if self.daemon is None:
            return
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        self.daemon = None

    def start(self):
        """Starts the daemon and unseals the vault at today's date."""
        self.launch()
        status = self.client("unseal", "--passphrase-file", self.at("secrets/passphrase"),
                             "--confirm-date", today().isoformat())
        if status["sealed"] or not status["anchored"]:
            raise Failed("the vault is not unsealed at today's date")

    def launch(self):
        """Starts the daemon, on a port of its own, and waits until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = f"https://localhost:{self.port}"
        with open(self.at("strongroomd.ini"), "w") as out:
            out.write(self.settings())
        with open(self.at("daemon.log"), "ab") as log:
            self.daemon = subprocess.Popen(
                [os.path.join(self.bin, "strongroomd"), "--config", self.at("strongroomd.ini")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.daemon_environment,
                cwd=self.folder)
        for _ in range(3000):
            if self.daemon.poll() is not None:
                raise Failed("the daemon ended at its start: " + self.last_words())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.01)
        else:
            raise Failed("the daemon does not answer")

    def settings(self):
        return (f"data = {self.at('vault/data')}\nlisten = 127.0.0.1:{self.port}\n"
                f"public.url = {self.server}\ntls.certificate = {self.at('tls.pem')}\n"
                f"tls.key = {self.at('secrets/tls.key')}\n")

    def last_words(self):
        with open(self.at("daemon.log"), errors="replace") as log:
            return "".join(log.readlines()[-10:])

    def sign_in(self):
        self.client("login", OFFICER, "--password-file", self.at("secrets/officer"))
        with open(self.at("token")) as token:
            self.token = token.read().strip()

    # ---- requests
    def connection(self):
        """A new connection from a loopback address of its own: the daemon allows each only so much."""
        self.address = self.address % 250 + 2
        tls = ssl.create_default_context(cafile=self.at("tls.pem"))
        made = http.client.HTTPSConnection("localhost", self.port, context=tls, timeout=300,
                                           source_address=(f"127.0.0.{self.address}", 0))
        made.connect()
        return made

    def headers(self):
        return {"Authorization": "Bearer " + self.token}

    def post(self, path, **members):
        connection = self.connection()
        try:
            body = json.dumps(members).encode()
            return self.ask(connection, path, body, "application/json")
        finally:
            connection.close()

    def ask(self, connection, path, body, kind):
        connection.request("POST", "/api/v1/" + path, body,
                           {**self.headers(), "Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Failed(f"{path.split('?')[0]} answers {answer.status}: {content.decode()}")
        return json.loads(content)

    @staticmethod
    def filing_path(matter, kind, **more):
        return "documents?" + urllib.parse.urlencode({"matter": matter, "class": kind, **more})

    # ---- what is in it
    def agency(self, name):
        self.post("agencies", id=name, name=f"Agency {name}")

    def matter(self):
        meeting = (today() + timedelta(days=90)).isoformat() + "T09:30"
        return self.post("matters", template="macfa", title="An invented audit", meeting=meeting)["ref"]

    # ---- memory
    def memory(self, field):
        """VmRSS or VmHWM of the daemon, in bytes."""
        with open(f"/proc/{self.daemon.pid}/status") as lines:
            for line in lines:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise Failed(f"the daemon has no {field}")

    def idle(self):
        """Forgets the peak so far, as checking a password takes 256 MiB, and gives what is in use."""
        with open(f"/proc/{self.daemon.pid}/clear_refs", "w") as peak:
            peak.write("5")
        return self.memory("VmRSS")
