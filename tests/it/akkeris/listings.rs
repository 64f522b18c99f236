//! What there is on an app of Akkeris, and what there is not.

use super::support::ONE;
use crate::listings::{document, run, text};
use crate::support::Shop;

#[test]
fn akkeris_tells_what_it_has() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let deploy = shop.deploy().run();
    deploy.exits(0);
    let list = document(&shop, &["builds", "--json"], "builds");
    let id = list["builds"][0]["id"].as_str().unwrap();
    let log = text(&run(&shop, &["builds", "output", id], 0).stdout);
    assert_eq!(log.lines().count(), deploy.output().len(), "{log}");
    let releases = document(&shop, &["releases", "--json"], "releases");
    assert_eq!(releases["releases"][0]["artifact"], id);
    assert_eq!(
        document(&shop, &["slug", "show", "--json"], "slug")["id"],
        id
    );
    run(&shop, &["releases", "output", "v1"], 16);
    run(&shop, &["slug", "download", "-o", "x"], 16);
    run(&shop, &["builds", "cancel", id], 16);
}
