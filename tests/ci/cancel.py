"""Starts the run step of action.yml as GitHub's runner starts it, signals it in the middle of a build, and checks what is
left: the exit code in time, the outputs, no process. Usage: cancel.py ROOT DIRECTORY INT|TERM shell|group"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

root, directory, name, to = sys.argv[1:]
number = getattr(signal, "SIG" + name)
shutil.copytree(os.path.join(root, "tests/ci/shop"), directory)
outputs, summary = (os.path.join(directory, n) for n in ("outputs", "summary"))
script = os.path.join(directory, "step.sh")
with open(os.path.join(root, "action.yml")) as action:
    last = [line for line in action if "run:" in line][-1]
with open(script, "w") as step:
    step.write(last.split("run:", 1)[1].strip() + "\n")

env = dict(
    os.environ,
    GITHUB_ACTIONS="true",
    GITHUB_ACTION_PATH=root,
    GITHUB_OUTPUT=outputs,
    GITHUB_STEP_SUMMARY=summary,
    RUNNER_TEMP=directory,
    LAUNCHWAY_BINARY=shutil.which("launchway"),
    INPUT_COMMAND="deploy",
    INPUT_CONFIG="deploy.yaml",
    INPUT_ARGS="--sandbox\n--fault\nbuild=never\n",
)
process = subprocess.Popen(
    ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
    cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
)
log = []
for line in process.stdout:
    log.append(line)
    if "build log of" in line:
        break
began = time.monotonic()
if to == "group":
    os.killpg(process.pid, number)
else:
    os.kill(process.pid, number)
rest, _ = process.communicate(timeout=30)
took = time.monotonic() - began
print("".join(log) + rest)
print(f"ended with {process.returncode} after {took:.1f} s")
assert process.returncode == 128 + number, process.returncode
assert took < 7, took
with open(outputs) as file:
    values = dict(re.findall(r"^([\w-]+)<<(?:launchway_\w+)\n(.*)\nlaunchway_\w+$", file.read(), re.M))
print(values)
assert values["outcome"] == "cancelled" and values["exit-code"] == str(128 + number), values
assert values["build-id"], values
with open(summary) as file:
    page = file.read()
assert "cancelled" in page and "did not finish" not in page, page
left = subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, text=True).stdout
assert not left, left
