#!/usr/bin/env python3
"""Breaks a vault in the ways that happen, and gets out of each with `restore`, by the real programs.

    restore.py --build-dir DIR

1. An old copy of the whole data folder is put over the current one: the vault refuses to open and says
   why; a restore without the current key tree refuses and says why; with the folder that was kept aside
   it opens, and no live document is lost.
2. The data folder is lost but for the key tree: the backup and the tree together are the vault again.
3. A drill plays the restore beside the running vault and leaves nothing, not even when the daemon is killed
   in the middle.
4. The register is lost and the backup is older than the newest document: that document is closed and
   reported, not lost.

Everything in it is invented. Exit 0: all of it held.
"""
import argparse
import datetime
import os
import shutil
import subprocess
import sys

from running_vault import Failed, RunningVault, today


class Restore:
    def __init__(self, vault):
        self.vault = vault
        self.data = vault.at("vault/data")
        self.backup = vault.at("backup")
        self.documents = {}

    def prove(self, condition, words, detail=""):
        if not condition:
            raise Failed(words + (f"\n   {detail}" if detail else ""))
        print(f"proved: {words}", flush=True)

    def file(self, name):
        path = self.vault.at(name)
        with open(path, "w") as out:
            out.write(f"the only words of {name}\n")
        filed = self.vault.client("file", path, "--matter", self.matter, "--class", "REP")[0]
        self.documents[name] = filed["id"]
        os.remove(path)

    def read(self, name):
        output = self.vault.at("read")
        self.vault.client("get", self.documents[name], "--reason", "a test", "-o", output)
        with open(output) as got:
            text = got.read()
        os.remove(output)
        return text == f"the only words of {name}\n"

    def program(self, *arguments):
        return subprocess.run([os.path.join(self.vault.bin, "strongroom"), "--json", *arguments],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=self.vault.environment, cwd=self.vault.folder)

    def restore(self, *arguments):
        return self.program("restore", self.backup, "--data", self.data, "--passphrase-file",
                            self.vault.at("secrets/passphrase"), "--confirm-date",
                            today().isoformat(), *arguments)

    def unseal(self):
        return subprocess.run(
            self.vault.client_words("unseal", "--passphrase-file",
                                    self.vault.at("secrets/passphrase"), "--confirm-date",
                                    today().isoformat()),
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env=self.vault.environment, cwd=self.vault.folder)

    def destroy_something(self):
        """Somebody comes and goes: their key is destroyed, and the epoch moves on."""
        self.vault.post("people", email="guest@unit.example", agency="unit", roles=["DPO"])
        self.vault.post("people/end", email="guest@unit.example")

    def end_a_link(self):
        """A link is made and ended: its key is destroyed, with a certificate."""
        until = (today() + datetime.timedelta(days=7)).isoformat()
        made = self.vault.client("share", "new", "--doc", self.documents["first"], "--to",
                                 "reader@other.example", "--until", until)
        self.vault.client("share", "end", made["id"])

    def old_copy(self):
        vault = self.vault
        vault.stop()
        old = vault.at("old")
        shutil.copytree(self.data, old)
        vault.start()
        vault.sign_in()
        self.file("second")
        self.destroy_something()
        vault.stop()
        aside = vault.at("aside")
        os.rename(self.data, aside)
        shutil.copytree(old, self.data)
        vault.launch()
        refused = self.unseal()
        self.prove(refused.returncode == 1 and "a copy of the data was put back" in refused.stderr,
                   "an old copy of the data folder under a newer cell does not open, and says why",
                   refused.stderr)
        vault.stop()
        hopeless = self.restore()
        self.prove(hopeless.returncode == 1 and "older than its erasure cells" in hopeless.stderr,
                   "without the current key tree a restore refuses, and says why", hopeless.stderr)
        done = self.restore("--tree", aside)
        self.prove(done.returncode == 0, "with the folder kept aside the restore is done", done.stderr)
        vault.start()
        vault.sign_in()
        self.prove(self.read("first") and self.read("second"), "no live document is lost")
        status = vault.client("status")
        self.prove(not status["sealed"] and status["anchored"], "the vault serves again")

    def only_the_tree(self):
        vault = self.vault
        self.back_up()
        vault.stop()
        for name in os.listdir(self.data):
            if name.startswith("keys.db") or name == "unseal":
                continue
            path = os.path.join(self.data, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        done = self.restore()
        self.prove(done.returncode == 0, "a data folder lost but for its key tree is restored",
                   done.stderr)
        vault.start()
        vault.sign_in()
        self.prove(self.read("first") and self.read("second"), "no live document is lost")

    def past_log(self, certificate):
        """The restore began a new log: the one before is read and verified without the data folder."""
        vault = self.vault
        logs = vault.client("log", "list")
        past = [log for log in logs if not log["current"]]
        self.prove(past and logs[-1]["current"], "the log of before the restore is listed", str(logs))
        checker = os.path.join(vault.bin, "strongroom-verify")
        folder = vault.at("past-log")
        vault.client("log", "export", folder, "--origin", past[0]["origin"])
        checked = subprocess.run([checker, "log", folder, "--vkey", past[0]["vkey"]],
                                 capture_output=True, text=True)
        self.prove(checked.returncode == 0, "its export verifies under its own key", checked.stderr)
        file = vault.at("certificate")
        vault.client("disposal", "certificate", certificate, "-o", file)
        checked = [subprocess.run([checker, "certificate", file, "--vkey", log["vkey"]],
                                  capture_output=True, text=True).returncode for log in logs]
        self.prove(checked.count(0) == 1 and checked[-1] == 1,
                   "a certificate of before verifies under the key of the log it stands in", str(checked))

    def older_register(self):
        vault = self.vault
        self.back_up()
        self.file("third")
        vault.stop()
        for name in ("register.db", "register.db-wal", "register.db-shm"):
            path = os.path.join(self.data, name)
            if os.path.exists(path):
                os.remove(path)
        done = self.restore()
        self.prove(done.returncode == 0 and '"orphans":1' in done.stdout.replace(" ", ""),
                   "a document that the older register does not know is reported",
                   done.stderr + done.stdout)
        vault.start()
        vault.sign_in()
        self.prove(self.read("first") and self.read("second"), "the others are read as before")
        warnings = vault.client("status")["warnings"]
        self.prove(any("keys without a row" in words for words in warnings),
                   "status says that a key has no row")
        done = [row for row in vault.client("disposal", "list") if row["certificate"]]
        self.prove(bool(done), "the register knows of destructions before the restore")
        self.past_log(done[-1]["id"])

    def back_up(self):
        made = self.vault.client("backup", self.backup)
        self.prove(made["state"] == "done" and made["missing"] == 0,
                   "a backup is made while the vault serves")

    def drill(self):
        vault = self.vault
        size = vault.client("status")["log_size"]
        report = vault.client("drill", self.backup)
        self.prove(report["passed"] and report["tried"] == 2 and report["revived"] == 0,
                   "a drill opens every live document of the backup", str(report))
        self.prove(vault.client("status")["log_size"] == size + 2,
                   "of it the log has two entries and nothing else")
        left = [self.data + ".drill", os.path.join(self.data, "drill")]
        self.prove(not any(map(os.path.exists, left)), "it leaves nothing behind")
        # Big enough to be caught in the middle.
        big = vault.at("big")
        with open(big, "wb") as out:
            for _ in range(64):
                out.write(os.urandom(1 << 20))
        document = vault.client("file", big, "--matter", self.matter, "--class", "REP")[0]["id"]
        os.remove(big)
        self.back_up()
        vault.post("drill", folder=self.backup)
        while not os.path.exists(left[1]):
            pass
        vault.daemon.kill()
        vault.daemon.wait()
        vault.daemon = None
        self.prove(all(map(os.path.exists, left)), "a daemon that is killed leaves its drill's folder")
        vault.start()
        vault.sign_in()
        self.prove(not any(map(os.path.exists, left)), "the next start takes it away")
        self.prove(self.read("first") and vault.client("show", document)["state"] == "filed",
                   "and the vault is as it was")

    def play(self):
        self.matter = self.vault.matter()
        self.file("first")
        self.end_a_link()
        self.back_up()
        self.old_copy()
        self.only_the_tree()
        self.drill()
        self.older_register()


def main():
    parser = argparse.ArgumentParser(description="Breaks a vault and restores it.")
    parser.add_argument("--build-dir", required=True)
    options = parser.parse_args()
    os.umask(0o077)
    try:
        with RunningVault(options.build_dir) as vault:
            Restore(vault).play()
    except (Failed, OSError, KeyError, ValueError) as failure:
        print(f"restore: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    print("restore: no live document was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
