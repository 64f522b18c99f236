"""What heroku3.sh runs: apps, releases, builds, config vars, dynos, formation, add-ons and features, through heroku3.

One sandbox, one app after another in the way of a user of the library. It ends with 1 if anything is not as the platform's.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

import heroku3
import heroku3.api
import requests

TOKEN = "conformance-token"
DEPLOY = """\
version: 1
platform: heroku
pipeline: acme-shop
source: {dir: app}
stages:
  - {stage: staging, app: shop-staging}
  - {stage: production, apps: [shop-eu, shop-us]}
"""
checks = []


def check(what, found, wanted):
    """Notes whether what was found is what was wanted."""
    checks.append(found == wanted)
    print(f"{'ok' if found == wanted else 'FAILED':<7} {what}")
    if found != wanted:
        print(f"    found:  {found!r}\n    wanted: {wanted!r}", file=sys.stderr)


def refused(what, status, call):
    """Notes whether a call is refused with a status."""
    try:
        call()
    except requests.exceptions.HTTPError as error:
        check(what, error.response.status_code, status)
    else:
        check(what, "no error", status)


def archive():
    """A small app, packed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in [("package.json", b"{}"), ("Procfile", b"web: node .\nworker: node work.js\n")]:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    return packed.getvalue()


def walk(url):
    """Every call, in the order in which a user comes to them."""
    heroku3.api.HEROKU_URL = url
    cloud = heroku3.from_key(TOKEN)
    check("the key is taken", cloud.is_authenticated, True)
    check("a wrong key is not", heroku3.from_key("wrong").is_authenticated, False)
    check("account", cloud.account().email, "sandbox@example.com")
    check("apps", sorted(app.name for app in cloud.apps()), ["shop-eu", "shop-staging", "shop-us"])
    refused("an app that is not there", 404, lambda: cloud.app("no-such-app"))
    app = cloud.app("shop-staging")
    check("maintenance on", app.enable_maintenance_mode().maintenance, True)
    check("maintenance off", app.update(maintenance=False).maintenance, False)

    # heroku3 has no call for a source: that it does by hand, as its users do.
    source = cloud._http_resource("POST", "sources").json()["source_blob"]
    packed = archive()
    requests.put(source["put_url"], data=packed, timeout=30).raise_for_status()
    checksum = "SHA256:" + hashlib.sha256(packed).hexdigest()
    build = app.create_build(source["get_url"], checksum=checksum, version="one")
    check("a new build is pending", build.status, "pending")
    for _ in range(150):
        found = next(one for one in app.builds() if one.id == build.id)
        if found.status != "pending":
            break
        time.sleep(0.1)
    check("the build", (found.status, found.source_blob.version), ("succeeded", "one"))
    # Before the build has begun, there is no log yet.
    log = b"\n".join(found.stream(timeout=30))
    check("its log", [text in log for text in (b"Building on the", b"app detected (package.json)")], [True, True])
    check("its slug", app.slug(found.slug.id).id, found.slug.id)
    latest = app.releases(order_by="version", limit=1, sort="desc")[0]
    check("its release", (latest.description, latest.status, latest.slug.id), ("Deploy one", "succeeded", found.slug.id))
    check("releases come by version", [one.version for one in app.releases()], list(range(1, latest.version + 1)))

    config = app.config()
    config["GREETING"] = "hello"
    check("a config var is set", app.config().to_dict()["GREETING"], "hello")
    check("that makes a release", app.releases()[-1].description, "Set GREETING config vars")
    check("update_config", app.update_config({"GREETING": None, "MODE": "x"}).to_dict(), {"MODE": "x"})
    refused("a config var that is a number", 422, lambda: app.update_config({"MODE": 1}))

    shape = {one.type: one.quantity for one in app.process_formation()}
    check("formation", shape, {"web": 1, "worker": 0})
    check("one is scaled", app.process_formation()["worker"].scale(2).quantity, 2)
    scaled = app.batch_scale_formation_processes({"web": 2, "worker": 1})
    check("all are scaled", {one.type: one.quantity for one in scaled}, {"web": 2, "worker": 1})
    refused("scaling what is not there", 404, lambda: app.scale_formation_process("clock", 1))
    dynos = app.dynos()
    check("dynos", sorted(one.name for one in dynos), ["web.1", "web.2", "worker.1"])
    check("they run the current release", {one.release.version for one in dynos}, {app.releases()[-1].version})
    check("and are up", {one.state for one in dynos}, {"up"})

    addon = app.install_addon("heroku-postgresql:essential-0")
    check("an add-on is made", addon.plan.name, "heroku-postgresql:essential-0")
    check("add-ons", [one.id for one in app.addons()], [addon.id])
    check("of the account, too", [one.id for one in cloud.addons("shop-staging")], [addon.id])
    check("it is removed", app.remove_addon(addon.id).id, addon.id)
    check("and gone", len(app.addons()), 0)

    check("features", {one.name: one.enabled for one in app.features()}, {"preboot": False})
    check("a feature is switched on", app.enable_feature("preboot").enabled, True)
    check("and stays so", app.features()["preboot"].enabled, True)
    refused("a feature that is not there", 404, lambda: app.enable_feature("no-such-feature"))

    app.rollback(latest.id)
    check("a rollback", app.releases()[-1].description, f"Rollback to v{latest.version}")
    other = cloud.app("shop-us")
    check("the slug on another app", other.create_release(found.slug.id).slug.id, found.slug.id)
    app.update_buildpacks(["heroku/nodejs"])
    check("buildpacks", [one.ordinal for one in app.buildpacks()], [0])
    check("calls are counted", int(cloud.ratelimit_remaining()) < 4500, True)


def main(binary):
    """Serves a sandbox, and walks."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(f"{work}/app")
        with open(f"{work}/deploy.yaml", "w", encoding="utf-8") as file:
            file.write(DEPLOY)
        command = [binary, "sandbox", "--config", f"{work}/deploy.yaml", "--port", "0", "--token", TOKEN]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
            try:
                walk(json.loads(server.stdout.readline())["api_url"])
            finally:
                server.terminate()
    failed = checks.count(False)
    print(f"\nheroku3: {len(checks)} checks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
