//! YAML text to a tree of [`Node`]s. The only file that names the YAML crate: its events go into a [`Tree`], its errors
//! into terms that help the file's author to fix it.

use std::ops::ControlFlow;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError};

use super::{
    findings::Findings,
    mask,
    node::{Node, Scalar, Span},
    tree::{MAX_DEPTH, Tree, too_deep},
};

/// Reads `source`; `None` if it is not YAML, has too much in it, or nothing at all. What is wrong goes to `out`.
pub(super) fn parse(source: &str, out: &mut Findings<'_>) -> Option<Node> {
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.emit_unresolved_aliases = true;
    options.set_emit_comments(false);
    let mut tree = Tree::default();
    let mut documents = 0;
    for item in Parser::new_from_str_with_options(source, options) {
        let (event, span) = match item {
            Ok(item) => item,
            Err(error) => {
                syntax_error(source, &error, out);
                return None;
            }
        };
        let at = span.byte_range().unwrap_or_default();
        if let Some(tag) = event.tag() {
            let quoted = mask::quote(&tag.original());
            let tag = span.tag_span().and_then(|span| span.byte_range());
            out.add(
                tag.as_ref().unwrap_or(&at),
                format!("the tag `{quoted}` is not supported"),
            )
            .help("`deploy.yaml` is plain data: leave the tag out");
        }
        documents += usize::from(matches!(event, Event::DocumentStart(..)));
        if documents > 1 {
            out.add(&at, "a second document begins here")
                .help("a file holds one deployment: put the other into a file of its own");
            return None;
        }
        if take(&mut tree, event, at, out).is_break() {
            return None;
        }
    }
    tree.root
}

/// Puts an event into the tree.
fn take(tree: &mut Tree, event: Event<'_>, at: Span, out: &mut Findings<'_>) -> ControlFlow<()> {
    match event {
        Event::Scalar(text, style, anchor, _) => {
            let scalar = Scalar {
                text: text.into_owned(),
                plain: style == ScalarStyle::Plain,
                from_env: false,
            };
            tree.scalar(scalar, at, anchor, out)
        }
        Event::SequenceStart(_, anchor, _) => tree.open_list(at, anchor, out),
        Event::MappingStart(_, anchor, _) => tree.open_map(at, anchor, out),
        Event::SequenceEnd | Event::MappingEnd => tree.close(&at, out),
        Event::Alias(anchor) => tree.alias(anchor, at, out),
        Event::UnresolvedAlias(name) => {
            let message = format!("nothing above is marked `&{}`", mask::quote(&name));
            out.add(&at, message);
            tree.unknown(at, out)
        }
        _ => ControlFlow::Continue(()),
    }
}

fn syntax_error(source: &str, error: &ScanError, out: &mut Findings<'_>) {
    let start = error
        .marker()
        .byte_offset()
        .unwrap_or(source.len())
        .min(source.len());
    let at = start..start;
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(&at, out),
        ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart => {
            out.add(&at, "a tab is used for indentation")
                .help("YAML is indented with spaces only");
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            out.add(&at, "a `:` where no key can be")
                .help("a value that holds `: ` needs quotes; a key needs a line of its own");
        }
        ErrorKind::UnclosedQuotedScalar => {
            out.add(&at, "a quote is opened and never closed");
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            out.add(&at, "a quoted text goes on here")
                .help("is a quote above never closed?");
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            out.add(&at, format!("`{open}` is opened and never closed"));
        }
        ErrorKind::ExpectedBlockMappingKey => {
            out.add(&at, "not YAML: expected a key here")
                .help("keys of one map begin in the same column");
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            out.add(&at, "a control character");
        }
        ErrorKind::UnexpectedCharacter { character } => {
            out.add(&at, format!("not YAML: `{character}` can't begin a value"))
                .help(format!(
                    "a text that begins with `{character}` needs quotes"
                ));
        }
        _ => {
            let text = error.info();
            let text = text.split('\n').next().unwrap_or_default();
            out.add(&at, format!("not YAML: {text}"));
        }
    }
}
