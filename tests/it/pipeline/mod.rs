//! The pipeline itself, as the `pipeline` commands look at it and change it, on both platforms.

mod apply;
#[cfg(unix)]
mod ended;
#[cfg(unix)]
mod moved;
mod page;
mod show;

use crate::support::{Launchway, Shop, document};

fn pipeline<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    shop.launchway(&["pipeline"]).args(arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was asked since so many requests.
fn asked(shop: &Shop, before: usize) -> Vec<String> {
    let requests = shop.requests().split_off(before);
    let names = requests.iter();
    names
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}
