#!/usr/bin/python3
"""Lets a real daemon send its reminders to a real mail server.

    mail.py --build-dir DIR

The server is Debian's aiosmtpd, with an account and its own certificate. A reminder is due while the
server is down; then it stands there with a certificate that nobody vouches for, then with another
password, and then as it should. The letter waits, is delivered once, and says nothing of a case.
Every claim that is proved is printed; the first that fails ends the run. Everything is invented.

Exit 0: all was proved. The folder used lies under TMPDIR and is removed.
"""
import argparse
import email
import email.policy
import logging
import os
import socket
import ssl
import sys
import time
import warnings
from datetime import date, timedelta

sys.dont_write_bytecode = True
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from clock_jumps import Proof, ShiftedVault
from running_vault import Failed, today

OWNER = "co-ordinator@asc.example"
USER = "strongroom"
# Whatever of these stands in a letter tells somebody about a case.
PERSONAL = ("Alder", "Alice", "Example", "Neglect", "ASC", "officer", "Agency", "SUBMISSION")
TRIES = 200


class MailServer:
    """Takes letters on a port of its own, over TLS and from our account alone, until it is left."""

    def __init__(self, vault, certificate, port, at_once=False):
        self.letters, self.refused = [], 0
        with open(vault.at("secrets/mail")) as secret:
            self.password = secret.read().strip().encode()
        # The controller connects to itself once, with the same context: it must serve both ways.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(vault.at(certificate + ".pem"), vault.at(certificate + ".key"))
        how = {"ssl_context": context, "auth_require_tls": False} if at_once else {
            "tls_context": context, "require_starttls": True, "auth_require_tls": True}
        self.controller = Controller(self, hostname="127.0.0.1", port=port, auth_required=True,
                                     authenticator=self.admit, **how)

    def admit(self, server, session, envelope, mechanism, data):
        good = data.login == USER.encode() and data.password == self.password
        self.refused += 0 if good else 1
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server, session, envelope):
        if session.ssl is None and self.controller.ssl_context is None:
            return "530 in clear"
        self.letters.append(envelope)
        return "250 taken"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, kind, error, trace):
        self.controller.stop()


class MailingVault(ShiftedVault):
    """Unsealed with a credential at its start, so that its first look at the letters is then."""

    def __init__(self, build):
        super().__init__(build)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.mail_port = probe.getsockname()[1]
        self.security, self.hours = "starttls", 0

    def new_unsealing(self):
        return ["--credential-out", self.at("secrets/credential")]

    def make(self):
        super().make()
        self.secret("mail")
        for name in ("mail", "stranger"):
            self.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                      "-addext", "subjectAltName=DNS:localhost", "-keyout", self.at(name + ".key"),
                      "-out", self.at(name + ".pem")])

    def start(self):
        self.launch()

    def settings(self):
        return super().settings() + (
            f"unseal.credential = {self.at('secrets/credential')}\nclock.trust = system\n"
            f"smtp.host = localhost\nsmtp.port = {self.mail_port}\n"
            f"smtp.security = {self.security}\nsmtp.user = {USER}\n"
            f"smtp.password.file = {self.at('secrets/mail')}\nsmtp.from = vault@unit.example\n"
            f"smtp.ca = {self.at('mail.pem')}\n")

    def later(self, hours):
        """Starts the daemon again, some hours later than it was, and waits for its first look."""
        self.hours += hours
        self.log_from = os.path.getsize(self.at("daemon.log"))
        self.restart(self.hours / 24)
        self.sign_in()

    def shift(self, days):
        with open(self.at("shift.new"), "w") as out:
            out.write(f"{round(days * 86400):+d}\n")
        os.rename(self.at("shift.new"), self.at("shift"))

    def sign_in(self):
        """Once the daemon has unsealed the vault, soon after it listens."""
        for _ in range(TRIES):
            try:
                return super().sign_in()
            except Failed as failure:
                said = failure
                time.sleep(0.05)
        raise said

    def letters(self):
        return self.client("mail", "list")

    def told(self):
        with open(self.at("daemon.log"), errors="replace") as log:
            log.seek(self.log_from)
            return log.read()

    def until(self, condition, words):
        """Waits for what the daemon does by itself after its start."""
        for _ in range(TRIES):
            if condition():
                return
            time.sleep(0.05)
        raise Failed(f"{words}: {self.letters()} {self.told()}")


def prepare(vault):
    vault.agency("ASC")
    vault.person(OWNER, "ASC", "AAC")
    return audit(vault, "Neglect of Alice Example")


def audit(vault, title):
    """An audit whose forms are due within days."""
    meeting = today() + timedelta(days=60)
    matter = vault.post("matters", template="macfa", title=title,
                        meeting=meeting.isoformat() + "T09:30")["ref"]
    # One letter alone is to be due: what else could be is done.
    for event in ("THEME_AGREED", "FORMS_ISSUED"):
        vault.client("matter", "event", matter, event)
    vault.post(f"matters/{matter}/subjects", pseudonym="Adult Alder", name="Alice Example")
    vault.post(f"matters/{matter}/involvements", subject="Adult Alder", agency="ASC")
    vault.post(f"matters/{matter}/members", email=OWNER)
    for days in range(8, 40):
        meeting = today() + timedelta(days=days)
        vault.post(f"matters/{matter}/meeting", at=meeting.isoformat() + "T09:30", reason="moved")
        due = {item["id"]: item["due"] for item in vault.client("matter", "due", matter)}
        if today() + timedelta(days=2) <= date.fromisoformat(due["submission-deadline"]):
            return matter
    raise Failed("no meeting gives a deadline within days")


def states(vault):
    return sorted(letter["state"] for letter in vault.letters() if letter["kind"] == "reminder")


def attempts(vault):
    return max((letter["attempts"] for letter in vault.letters()), default=0)


def nothing_of_the_case(envelope, matter, vault):
    letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
    text = letter["Subject"] + "\n" + letter.get_content()
    found = [word for word in PERSONAL if word.lower() in text.lower()]
    return not found and matter in text and vault.server + "/" in text


def prove(vault, proof):
    matter = prepare(vault)
    vault.later(1)
    vault.until(lambda: attempts(vault) == 1, "the first try is not made")
    proof.that(states(vault) == ["queued"], "while the server is down the letter waits")
    proof.that("the mail server is not reached" in vault.told(), "and the operator is told why",
               vault.told())

    with MailServer(vault, "stranger", vault.mail_port) as server:
        vault.later(1)
        vault.until(lambda: attempts(vault) == 2, "the second try is not made")
        proof.that(not server.letters and states(vault) == ["queued"],
                   "a certificate that nobody vouches for gets no letter")
        proof.that("certificate is not trusted" in vault.told(), "and the operator is told of it",
                   vault.told())

    with MailServer(vault, "mail", vault.mail_port) as server:
        server.password = b"another"
        vault.later(1)
        vault.until(lambda: attempts(vault) == 3, "the third try is not made")
        proof.that(not server.letters and server.refused > 0 and states(vault) == ["queued"],
                   "an account that is not taken sends nothing")
        proof.that("does not take our account" in vault.told(), "and the operator is told of that",
                   vault.told())

    with MailServer(vault, "mail", vault.mail_port) as server:
        vault.later(2)
        vault.until(lambda: states(vault) == ["sent"], "the letter is not sent")
        sent = [letter for letter in server.letters if letter.rcpt_tos == [OWNER]]
        proof.that(len(sent) == 1, "a right server gets the letter, over STARTTLS and by account")
        proof.that(nothing_of_the_case(sent[0], matter, vault),
                   "it says a reference and a link, and nothing of the case", sent[0].content)
        vault.later(2)
        vault.until(lambda: states(vault) == ["sent"], "the letter changed its state")
        proof.that(len([one for one in server.letters if one.rcpt_tos == [OWNER]]) == 1,
                   "and never again")

    vault.security = "tls"
    with MailServer(vault, "mail", vault.mail_port, at_once=True) as server:
        second = audit(vault, "Another")
        vault.later(1)
        vault.until(lambda: states(vault) == ["sent", "sent"], "the second letter is not sent")
        proof.that(any(nothing_of_the_case(one, second, vault) for one in server.letters),
                   "TLS from the first byte delivers as well")
    with open(vault.at("secrets/mail")) as secret:
        password = secret.read().strip()
    with open(vault.at("daemon.log"), errors="replace") as log:
        proof.that(password not in log.read(), "the password of the account is in no log")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog="\n\n".join(
        __doc__.split("\n\n")[2:]), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", required=True, help="where bin/strongroomd lies")
    options = parser.parse_args()
    os.umask(0o077)
    # The server tells of every handshake that is refused, which is what is wanted here.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        with MailingVault(options.build_dir) as vault:
            proof = Proof(vault)
            prove(vault, proof)
            print(f"{proof.count} claims proved")
    except (Failed, OSError, KeyError, ValueError) as failure:
        print(f"strongroom: mail: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
