#!/usr/bin/env bash
# Makes the pictures of the README from real runs against the embedded platform: run.svg (the output), page.png (--html)
# and summary.png (the step summary, rendered with Mermaid as GitHub does). Needs Chromium, Node.js and Python.
# Usage: docs/pictures/make.sh LAUNCHWAY
set -euo pipefail
launchway=$(realpath "${1:?usage: make.sh LAUNCHWAY}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)

cp -r "$root/tests/ci/shop/." "$work"
cd "$work"
git init --quiet --initial-branch=main
git add --all
git -c user.name=demo -c user.email=demo@example.com commit --quiet --message "The shop"

GITHUB_ACTIONS=true GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch GITHUB_STEP_SUMMARY=$work/summary.md \
  "$launchway" deploy --sandbox --html page.html --fault web=503@*:acme-shop-us >/dev/null 2>&1 || true
FORCE_COLOR=1 COLUMNS=118 "$launchway" deploy --sandbox 2>run.log
python3 "$here/svg.py" "launchway deploy --sandbox" <run.log >"$here/run.svg"

npm install --silent --no-fund --no-audit --prefix "$work/npm" mermaid@11 marked@16
node --input-type=module - "$work" <<'END'
import { readFileSync, writeFileSync } from "node:fs";
const work = process.argv[2];
const { marked } = await import(`${work}/npm/node_modules/marked/lib/marked.esm.js`);
const body = marked(readFileSync(`${work}/summary.md`, "utf8"), { gfm: true })
  .replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>')
  .replace("<details>", "<details open>");
writeFileSync(`${work}/summary.html`, `<!DOCTYPE html><meta charset="utf-8"><style>
body { font: 16px/1.5 system-ui, "Noto Sans", sans-serif; color: #1f2328; margin: 24px; }
table { border-collapse: collapse; margin: 16px 0; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) td { background: #f6f8fa; } a { color: #0969da; }
code { background: #eff1f3; padding: .15em .35em; border-radius: 5px; }
pre { background: #f6f8fa; padding: 14px; border-radius: 6px; font-size: 85%; } pre code { background: none; padding: 0; }
</style>${body}<script src="npm/node_modules/mermaid/dist/mermaid.min.js"></script>
<script>mermaid.initialize({ startOnLoad: true, securityLevel: "strict" });</script>`);
END
shot() {
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-color-profile=srgb --force-device-scale-factor=1.5 \
    --user-data-dir="$work/chromium" --virtual-time-budget=10000 --window-size="$3" --screenshot="$here/$1" "file://$work/$2" \
    2>/dev/null
}
shot page.png page.html 1000,1560
shot summary.png summary.html 1000,1180
