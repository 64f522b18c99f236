#!/usr/bin/env python3
"""Completions in real shells: TAB is pressed in bash and zsh on a terminal, fish is asked. Usage: completions.py BINARY"""

import os
import pty
import select
import subprocess
import sys
import tempfile
import time

binary = os.path.abspath(sys.argv[1])
LONGEST = 60

YAML = """version: 1
platform: heroku
pipeline: acme-shop
stages:
  - {stage: staging, app: shop-staging}
  - {stage: production, apps: [shop-eu, "$(touch pwned)", "`touch pwned`", other-us]}
"""

# What is typed before TAB, and what the line is afterwards.
CASES = [
    ("deploy --to prod", "deploy --to production"),
    ("-c other.yaml deploy --to c", "-c other.yaml deploy --to canary"),
    ("promote --to production --app ot", "promote --to production --app other-us"),
    ("rollback --stage st", "rollback --stage staging"),
    ("pipeline show ac", "pipeline show acme-shop"),
    ("deploy --ignore", "deploy --ignore-window"),
    ("rollb", "rollback"),
]


class Shell:
    """A shell on a terminal."""

    def __init__(self, arguments, directory):
        environment = {
            "PATH": os.path.dirname(binary) + ":/usr/bin:/bin",
            "TERM": "dumb",
            "HOME": directory,
            "PS1": "ready> ",
        }
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(directory)
            os.execvpe(arguments[0], arguments, environment)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def until(self, text):
        seen, end = "", time.monotonic() + LONGEST
        while text not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            if not ready:
                sys.exit(f"{text!r} does not come: {seen!r}")
            seen += os.read(self.terminal, 4096).decode(errors="replace")
        return seen

    def end(self):
        self.send("\x15exit\n")
        os.waitpid(self.process, 0)


def on_a_terminal(name, arguments, set_up, directory):
    shell = Shell(arguments, directory)
    shell.send(set_up + "; echo set''up\n")
    shell.until("setup")
    for typed, expected in CASES:
        shell.send("\x15launchway " + typed + "\t")
        # The rest of the word comes back from the shell; the end of the line then proves that nothing else does.
        rest = expected[len(typed):]
        shell.until(typed + rest)
        print(f"{name}: {typed}|{rest}")
    shell.end()


def in_fish(directory, script):
    for typed, expected in CASES:
        ask = f'source {script}; complete -C "launchway {typed}"'
        done = subprocess.run(
            ["fish", "--no-config", "-c", ask], cwd=directory, capture_output=True, text=True, timeout=LONGEST,
            env={"PATH": os.path.dirname(binary) + ":/usr/bin:/bin", "HOME": directory},
        )
        found = [line.split("\t")[0] for line in done.stdout.splitlines()]
        if found != [expected.split(" ")[-1]]:
            sys.exit(f"fish: {typed}: {found} {done.stderr}")
        print(f"fish: {typed}|{expected[len(typed):]}")


with tempfile.TemporaryDirectory() as directory:
    with open(os.path.join(directory, "deploy.yaml"), "w") as file:
        file.write(YAML)
    with open(os.path.join(directory, "other.yaml"), "w") as file:
        file.write("stages: [{stage: canary, app: x-1}]\n")
    for shell in ["bash", "zsh", "fish"]:
        with open(os.path.join(directory, shell), "wb") as file:
            file.write(subprocess.run([binary, "completions", shell], stdout=subprocess.PIPE, check=True).stdout)
    on_a_terminal("bash", ["bash", "--norc", "--noprofile", "-i"], f"source {directory}/bash", directory)
    zsh = f"autoload -U compinit; compinit -u -D; source {directory}/zsh"
    on_a_terminal("zsh", ["zsh", "-f", "-i"], zsh, directory)
    in_fish(directory, os.path.join(directory, "fish"))
    assert not os.path.exists(os.path.join(directory, "pwned"))
