# shellcheck shell=bash
# The HTML page in a browser: it renders, complains about nothing and asks the network for nothing. Sourced by run.sh;
# skipped where there is no Chromium. PICTURES names a directory to keep the pictures in.
: "${root:?}" "${work:?}"

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
# open_page NAME FILE: the picture is in NAME.png, what the page became in NAME.dom.
open_page() {
  local flags=(--headless --no-sandbox --disable-gpu --hide-scrollbars --force-color-profile=srgb --no-first-run
    --disable-background-networking --disable-component-update --disable-sync --proxy-server=127.0.0.1:9
    "--user-data-dir=$work/chromium" --window-size="1180,${3:-1500}")
  "$chromium" "${flags[@]}" --enable-logging=stderr --log-net-log="$work/$1.net" --screenshot="$work/$1.png" "file://$2" \
    >"$work/$1.console" 2>&1 &&
    "$chromium" "${flags[@]}" --dump-dom "file://$2" >"$work/$1.dom" 2>/dev/null &&
    python3 "$root/tests/ci/browser.py" "$work" "$1" &&
    if [[ -n ${PICTURES:-} ]]; then cp "$work/$1.png" "$PICTURES/"; fi
}
# page NAME ARGUMENT...: a run of the sandbox with a page about it.
page() {
  local name=$1
  shift
  mkdir "$work/page-$name"
  cp -r "$root/tests/ci/shop/." "$work/page-$name"
  (cd "$work/page-$name" && GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/summary.md \
    launchway deploy --sandbox --html page.html "$@") >/dev/null 2>&1 || [[ $name != happy ]]
}

if [[ -n $chromium ]]; then
  for run in "happy" "failed --fault log=hostile --fault build=fail" "check --fault web=503@*:acme-shop-us"; do
    read -ra words <<<"$run"
    check "html: a run: ${words[0]}" page "${words[@]}"
    check "html: the page in a browser: ${words[0]}" open_page "html-${words[0]}" "$work/page-${words[0]}/page.html"
  done
else
  echo "skip  html: no Chromium here"
fi
