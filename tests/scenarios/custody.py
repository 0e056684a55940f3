#!/usr/bin/env python3
"""A vault whose erasure cell lies with a custodian across a network, in two network namespaces.

    custody.py --build-dir BUILD

The vault and its daemon run in one namespace, strongroom-custodian in another, with a pair of
virtual wires between them that is pulled out and put back. Needs root, or user namespaces: where
neither is allowed the script says so and exits 77 (not run), for nothing else shows two hosts.

Last line: "custody: N proved".
"""
import argparse
import json
import os
import signal
import subprocess
import sys

from running_vault import Failed, RunningVault

HERE = "10.77.0.1"
THERE = "10.77.0.2"
INNER = "STRONGROOM_CUSTODY_INNER"
NOT_RUN = 77


def quiet(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def enter_own_namespaces():
    """Runs this script again where its networks and mounts are nobody else's, gone when it ends."""
    ways = [["unshare", "--net", "--mount"], ["unshare", "--user", "--map-root-user", "--net", "--mount"]]
    for way in ways if os.geteuid() == 0 else ways[1:]:
        if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            os.environ[INNER] = "1"
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
    print("custody: not run: two hosts cannot be shown: network namespaces are not allowed here "
          "(run as root, or allow user namespaces)")
    sys.exit(NOT_RUN)


class Custodian:
    """strongroom-custodian in a network namespace of its own."""

    def __init__(self, vault):
        self.vault = vault
        self.program = os.path.join(vault.bin, "strongroom-custodian")
        self.cell = "file:" + vault.at("custodian.cell")
        self.process = None
        self.port = 0

    def wires(self):
        quiet("mount", "-t", "tmpfs", "tmpfs", "/run")
        quiet("ip", "link", "set", "lo", "up")
        quiet("ip", "netns", "add", "custodian")
        quiet("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns",
              "custodian")
        quiet("ip", "address", "add", HERE + "/30", "dev", "wire")
        quiet("ip", "link", "set", "wire", "up")
        for words in (["link", "set", "lo", "up"], ["address", "add", THERE + "/30", "dev", "wire"],
                      ["link", "set", "wire", "up"]):
            quiet("ip", "-n", "custodian", *words)

    def prepare(self):
        self.pin = self.identity("custodian.pem")
        self.vault_pin = self.identity("vault.pem")
        made = json.loads(self.vault.run([self.program, "init", "--json", "--cell", self.cell]))
        if made["class"] != "file":
            raise Failed("the custodian's file is called " + made["class"])

    def identity(self, name):
        printed = self.vault.run([self.program, "identity", "--json", "--out", self.vault.at(name)])
        return json.loads(printed)["pin"]

    def start(self, vault_pin):
        log = open(self.vault.at("custodian.log"), "ab")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", "custodian", self.program, "serve", "--json", "--cell",
             self.cell, "--identity", self.vault.at("custodian.pem"), "--vault", vault_pin,
             "--listen", f"{THERE}:{self.port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            env=self.vault.environment, cwd=self.vault.folder)
        log.close()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the custodian ended at its start: " + self.words())
        self.port = json.loads(line)["port"]

    def stop(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process.stdout.close()
            self.process = None

    def epochs(self):
        return json.loads(self.vault.run([self.program, "status", "--json", "--cell",
                                          self.cell]))["epochs"]

    def words(self):
        with open(self.vault.at("custodian.log"), errors="replace") as log:
            return log.read()


class CustodyVault(RunningVault):
    """A running vault whose one cell is remote."""

    def __init__(self, build):
        super().__init__(build)
        self.custodian = Custodian(self)

    def make(self):
        os.mkdir(self.at("vault"), 0o700)
        os.mkdir(self.at("secrets"), 0o700)
        self.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext",
                  "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                  self.at("secrets/tls.key"), "-out", self.at("tls.pem")])
        os.chmod(self.at("secrets/tls.key"), 0o600)
        self.custodian.wires()
        self.custodian.prepare()
        self.custodian.start(self.custodian.vault_pin)
        self.cell = (f"remote:{THERE}:{self.custodian.port}/{self.custodian.pin}"
                     f"@{self.at('vault.pem')}")
        self.made = json.loads(self.run(
            [os.path.join(self.bin, "strongroom"), "--json", "init", "--data",
             self.at("vault/data"), "--name", "Example partnership", "--officer",
             "officer@unit.example", "--password-file", self.secret("officer"),
             "--passphrase-file", self.secret("passphrase"), "--cell", self.cell]))

    def settings(self):
        return super().settings() + f"cells = {self.cell}\n"

    def __exit__(self, kind, error, trace):
        try:
            self.custodian.stop(signal.SIGKILL)
        finally:
            super().__exit__(kind, error, trace)

    def status(self):
        return self.client("status")

    def add_person(self, name):
        return self.client("person", "add", name + "@unit.example", "--agency", "unit", "--role",
                           "BUO", "--password-file", self.secret(name))

    def try_to_end(self, name):
        done = subprocess.run(self.client_words("person", "end", name + "@unit.example"),
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=self.environment, cwd=self.folder)
        self.last_words = done.stderr.strip()
        return done.returncode == 0


class Play:
    def __init__(self):
        self.count = 0

    def prove(self, true, what, detail=""):
        if not true:
            raise Failed("not shown: " + what + (f" ({detail})" if detail else ""))
        self.count += 1
        print("  proved: " + what, flush=True)


def play(build):
    stage = Play()
    with CustodyVault(build) as vault:
        custodian = vault.custodian
        status = vault.status()
        stage.prove(vault.made["cell_classes"] == ["file"] and status["cell_classes"] == ["file"],
                    "two programs under one kernel are seen through: the cell is called a file")
        stage.prove("same machine" in status["cells"][0]["reason"], "and the reason is given")
        stage.prove(not os.path.exists(vault.at("vault/data.cell")), "no cell lies beside the data")
        stage.prove(custodian.epochs() == "1", "the custodian holds the secret of epoch 1")

        for name in ("ash", "birch", "cedar", "dogwood"):
            vault.add_person(name)
        before = vault.status()["epoch"]
        ended = vault.try_to_end("ash")
        epoch = vault.status()["epoch"]
        stage.prove(ended and epoch > before, "a person's end destroys a key across the network")
        stage.prove(custodian.epochs() == str(epoch),
                    "the old secret is gone from the custodian's cell, the new one is there")

        quiet("ip", "link", "set", "wire", "down")
        vault.try_to_end("birch")
        stage.prove(vault.status()["epoch"] == epoch and vault.daemon.poll() is None,
                    "with the wire pulled out nothing is destroyed, and the daemon goes on")
        quiet("ip", "link", "set", "wire", "up")
        vault.client("sweep")
        vault.try_to_end("birch")
        status = vault.status()
        stage.prove(status["epoch"] > epoch and status["deletion_debt"] == 0,
                    "with the wire put back, what was due is destroyed")

        custodian.stop(signal.SIGKILL)
        custodian.start(custodian.vault_pin)
        epoch = vault.status()["epoch"]
        stage.prove(vault.try_to_end("cedar") and vault.status()["epoch"] > epoch,
                    "a custodian that was killed and started is found again", vault.last_words)

        epoch = vault.status()["epoch"]
        custodian.stop(signal.SIGTERM)
        custodian.start(custodian.pin)
        vault.try_to_end("dogwood")
        stage.prove(vault.status()["epoch"] == epoch and "a connection was refused" in
                    custodian.words(), "a vault with another key than the pinned one is not answered")
        custodian.stop(signal.SIGTERM)
        stage.prove(custodian.epochs() == str(epoch), "and the custodian's cell is as it was")
        custodian.start(custodian.vault_pin)
        vault.client("sweep")
        vault.try_to_end("dogwood")
        stage.prove(vault.status()["deletion_debt"] == 0, "with the right key the rest is destroyed")
    print(f"custody: {stage.count} proved")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", required=True)
    options = parser.parse_args()
    if INNER not in os.environ:
        enter_own_namespaces()
    try:
        play(options.build_dir)
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"custody: FAILED: {failure}")


if __name__ == "__main__":
    main()
