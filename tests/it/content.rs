//! A version is a name: what is only called the same is built.

use launchway::sandbox::Change;

use crate::support::{SINGLE, Shop};

#[test]
fn a_release_that_is_only_called_like_this_commit_is_no_proof() {
    let shop = Shop::new().yaml(SINGLE);
    let version = shop.commit();
    shop.change(Change::Release {
        app: "shop-staging".to_owned(),
        version: version.clone(),
    });
    let run = shop.deploy().run();
    run.exits(0)
        .says("nothing proves that its content is the same, so it is built");
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.runs("shop-staging"), 4);
    // The build that was made now has the checksum.
    let again = shop.deploy().run();
    again.exits(0).does_not_say("nothing proves");
    assert_eq!(again.count("POST", "/builds"), 0);
}
