//! A person before a terminal is asked.

use super::{another_pipeline, init, planned, shop, yaml};
use crate::support::Terminal;

#[test]
fn a_person_chooses_the_pipeline() {
    for answer in ["2", "other-shop"] {
        let shop = shop();
        another_pipeline(&shop, "other-shop", &[("shop-elsewhere", "production")]);
        let mut terminal = Terminal::start(init(&shop, &[]));
        terminal.until("which pipeline is it?");
        terminal.until("a number or a name [none of them]: ");
        terminal.types("7");
        terminal.until("that is none of them");
        terminal.types(answer);
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown}");
        assert!(yaml(&shop).contains("pipeline: other-shop"), "{shown}");
    }
}

#[test]
fn an_empty_answer_is_none_of_them() {
    let shop = shop();
    another_pipeline(&shop, "other-shop", &[]);
    let mut terminal = Terminal::start(init(&shop, &[]));
    terminal.until("which pipeline is it?");
    terminal.types("");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(yaml(&shop).contains("# pipeline: NAME"), "{shown}");
    let output = init(&shop, &["--stdout", "--offline"]).output();
    planned(&shop, &output);
}

#[test]
fn control_c_ends_it_with_nothing_written() {
    let shop = shop();
    another_pipeline(&shop, "other-shop", &[]);
    let terminal = Terminal::start(init(&shop, &[]));
    terminal.until("which pipeline is it?");
    let (code, shown) = terminal.interrupted();
    assert_eq!(code, Some(130), "{shown}");
    assert!(!shop.workspace().join("deploy.yaml").exists());
}
