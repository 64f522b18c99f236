"""What a browser made of a page: no complaint, no request but for the page itself, the content is there, no script ran."""

import json
import os
import re
import sys

directory, name = sys.argv[1:]
path = os.path.join(directory, name)
with open(path + ".console", errors="replace") as file:
    complaints = [line for line in file if "CONSOLE" in line]
assert not complaints, complaints
with open(path + ".net") as file:
    text = file.read()
try:
    log = json.loads(text)
except json.JSONDecodeError:
    # The browser was ended before it wrote the end of the list.
    log = json.loads(text.rstrip().rstrip(",") + "]}")
kinds = {number: kind for kind, number in log["constants"]["logEventTypes"].items()}
asked = [
    event["params"]["url"]
    for event in log["events"]
    if kinds.get(event["type"]) == "URL_REQUEST_START_JOB" and "url" in event.get("params", {})
]
# What the browser asks for by itself is none of the page's.
asked = [url for url in asked if not re.match(r"(https?://[\w.-]+\.(google|googleapis|gvt1)\.com|chrome|data:|file:)", url)]
assert not asked, asked
with open(path + ".dom") as file:
    dom = file.read()
assert "<h2>Pipeline</h2>" in dom and "<footer>" in dom, dom[:2000]
assert "<script" not in dom and "onerror" not in dom, "a script in the page"
assert os.path.getsize(path + ".png") > 20_000, "an empty picture"
