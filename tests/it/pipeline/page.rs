//! `docs/pipelines.md`: each of its examples, in the order of the page.

use std::fs;

use crate::support::Shop;

/// The blocks of a kind in a page.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let begin = format!("```{kind}\n");
    let parts = page.split(&begin).skip(1);
    let block = |part: &str| part.split("```").next().unwrap().to_owned();
    parts.map(block).collect()
}

#[test]
fn every_example_of_the_page_does_what_it_says() {
    let page = fs::read_to_string("docs/pipelines.md").unwrap();
    let shop = Shop::new().yaml(&blocks(&page, "yaml")[0]);
    let lines = blocks(&page, "sh").concat();
    assert!(lines.lines().count() > 8);
    for line in lines.lines() {
        let (line, code) = match line.split_once("# exit ") {
            Some((line, code)) => (line, code.parse().unwrap()),
            None => (line, 0),
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = shop.launchway(&words[1..]).output();
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
    }
}
