#!/usr/bin/env python3
"""Files and reads a document far larger than the memory the daemon may take for it.

    memory.py --build-dir DIR [--size MEGABYTES]

300 MB (or as many as are asked for) of random bytes are filed and read back through a real daemon, once as a report and once as
an audit form, which goes through the document reader as well. What comes back must be the same
bytes, and the daemon's peak memory may lie at most 64 MiB above what it uses at rest.

Exit 0: both hold. The folder used lies under TMPDIR and is removed.
"""
import argparse
import filecmp
import os
import sys

sys.dont_write_bytecode = True
from running_vault import Failed, RunningVault

MOST = 64 << 20


def mib(size):
    return f"{size / (1 << 20):.1f} MiB"


def passage(vault, words, finding, source, *filing):
    idle = vault.idle()
    filed = vault.client("file", source, *filing)[0]
    if not any(finding in said for said in filed["findings"] or [""]):
        raise Failed(f"{words}: the reader says {filed['findings']}")
    after_filing = vault.memory("VmHWM")
    output = vault.at("read")
    vault.client("get", filed["id"], "--reason", "memory test", "-o", output)
    peak = vault.memory("VmHWM")
    same = filecmp.cmp(source, output, shallow=False)
    os.remove(output)
    print(f"{words}: at rest {mib(idle)}; peak while filing {mib(after_filing)}, after reading "
          f"{mib(peak)}; that is {mib(peak - idle)} more, {mib(MOST)} are allowed", flush=True)
    if not same:
        raise Failed(f"{words}: other bytes come back than were filed")
    if peak - idle > MOST:
        raise Failed(f"{words}: the daemon takes too much memory")


def main():
    parser = argparse.ArgumentParser(description="Measures the daemon's memory for a large document.")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--size", type=int, default=300, help="MB of 10^6 bytes (300)")
    options = parser.parse_args()
    size = options.size * 1_000_000
    os.umask(0o077)
    try:
        with RunningVault(options.build_dir) as vault:
            vault.agency("ASC")
            matter = vault.matter()
            vault.post(f"matters/{matter}/subjects", pseudonym="Adult Alder")
            vault.post(f"matters/{matter}/involvements", subject="Adult Alder", agency="ASC")
            source = vault.at("large")
            with open(source, "wb") as out:
                for start in range(0, size, 1 << 20):
                    out.write(os.urandom(min(1 << 20, size - start)))
            passage(vault, "report", "", source, "--matter", matter, "--class", "REP")
            passage(vault, "form", "too large", source, "--matter", matter, "--class", "FRM", "--subject",
                    "Adult Alder", "--agency", "ASC")
    except (Failed, OSError, KeyError, ValueError) as failure:
        print(f"memory: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return 1
    print("memory: the bytes are the same and the memory is bounded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
