//! What answers in the place of the images' registry, a page or a redirect, decides nothing.

use serde_json::json;

use crate::support::{SINGLE, Shop, image::Image};

/// A shop with one container app.
fn shop(image: &str, faults: &[&str]) -> Shop {
    let shop = Shop::with(faults).yaml(&format!(
        "{SINGLE}build: {{images: {{web: \"{image}\"}}}}\n"
    ));
    let body = json!({"build_stack": "container"});
    assert_eq!(shop.answer("PATCH", "/apps/shop-staging", &body).0, 200);
    let archive = Image::new("1", "node web.js").docker_archive();
    shop.write("web.tar", &archive);
    shop
}

/// One whose image is in the registry already.
fn shop_with_pushed(fault: &str) -> Shop {
    let shop = shop("docker-archive:web.tar", &[]);
    shop.deploy().run().exits(0);
    shop.somebody_releases_to("shop-staging");
    let place = "docker://registry.heroku.com/shop-staging/web";
    let shop = shop.yaml(&format!(
        "{SINGLE}build: {{images: {{web: \"{place}\"}}}}\n"
    ));
    shop.set_faults(&[fault]);
    shop
}

const REQUESTS: [&str; 3] = [
    "HEAD /v2/*/*/blobs",
    "PUT /v2/*/*/blobs/uploads",
    "PUT /v2/*/*/manifests",
];

#[test]
fn a_page_is_not_taken_for_a_success() {
    for request in REQUESTS {
        let fault = format!("http=html@*:{request}");
        let run = shop("docker-archive:web.tar", &[&fault]).deploy().run();
        assert_eq!(run.code, 69, "{fault}: {}", run.stderr);
        run.says("with a page");
        assert_eq!(run.count("PATCH", "/formation"), 0, "{fault}");
        assert_eq!(run.runs("shop-staging"), 2, "{fault}");
    }
}

#[test]
fn one_page_is_asked_again() {
    for request in REQUESTS {
        let fault = format!("http=html@1:{request}");
        let run = shop("docker-archive:web.tar", &[&fault]).deploy().run();
        assert_eq!(run.code, 0, "{fault}: {}", run.stderr);
        assert_eq!(run.runs("shop-staging"), 3, "{fault}");
    }
}

#[test]
fn the_image_that_is_there_is_looked_up_until_it_can_be_read() {
    for (wrong, code) in [("html", 69), ("missing", 69), ("404", 16)] {
        let shop = shop_with_pushed(&format!("http={wrong}@*:GET /v2/*/*/manifests"));
        let run = shop.deploy().run();
        assert_eq!(run.code, code, "{wrong}: {}", run.stderr);
        run.changed_nothing();
    }
    for wrong in ["html", "missing", "truncated"] {
        let shop = shop_with_pushed(&format!("http={wrong}@1:GET /v2/*/*/manifests"));
        let run = shop.deploy().run();
        assert_eq!(run.code, 0, "{wrong}: {}", run.stderr);
    }
}
