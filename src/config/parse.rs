//! YAML text to a tree of [`Node`]s. The only file that names the YAML crate: everything that it gives is turned into our
//! own types here.
//!
//! What YAML can do beyond data is bounded or refused: one document, no tags, no merge keys, a depth of 32 and 20 000
//! values after aliases are resolved. Duplicate keys, which YAML forbids and most readers let pass, are reported.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, ScanError};

use super::{
    findings::Findings,
    node::{Entry, Kind, Node, Scalar, Span},
};

const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 20_000;
const MAX_ALIASES: usize = 100;

/// Reads `source`; `None` if it is not YAML, has too much in it, or nothing at all. What is wrong goes to `out`.
pub(super) fn parse(source: &str, out: &mut Findings<'_>) -> Option<Node> {
    let mut options = granit_parser::Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.emit_unresolved_aliases = true;
    options.set_emit_comments(false);
    let mut tree = Tree::default();
    for item in Parser::new_from_str_with_options(source, options) {
        match item {
            Ok((event, span)) => {
                let at = span.byte_range().unwrap_or_default();
                match tree.take(event, at, out) {
                    Step::Next => {}
                    Step::Stop => return None,
                }
            }
            Err(error) => {
                syntax_error(source, &error, out);
                return None;
            }
        }
    }
    tree.root
}

/// Whether to go on.
enum Step {
    Next,
    Stop,
}

/// A tree that is being built.
#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchor>,
    documents: usize,
    nodes: usize,
    aliases: usize,
}

/// A map or list that has begun.
struct Open {
    span: Span,
    anchor: usize,
    size_before: usize,
    deepest: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        key: Pending,
    },
}

/// The key whose value comes next.
enum Pending {
    /// None: what comes next is a key.
    Key,
    /// A good one.
    Value(String, Span),
    /// One that has been reported: its value is dropped.
    Drop,
}

/// A value that an alias may repeat.
struct Anchor {
    node: Node,
    size: usize,
    height: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, at: Span, out: &mut Findings<'_>) -> Step {
        if let Some(tag) = event.tag() {
            let tag = tag.original();
            out.add(
                &at,
                format!("the tag `{}` is not supported", out.quote(&tag)),
            )
            .help("`deploy.yaml` is plain data: leave the tag out");
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    out.add(&at, "a second document begins here")
                        .help("a file holds one deployment: put the other into a file of its own");
                    return Step::Stop;
                }
                Step::Next
            }
            Event::Scalar(text, style, anchor, _) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                    from_env: false,
                };
                let node = Node {
                    kind: Kind::Scalar(scalar),
                    span: at,
                };
                self.complete(node, anchor, 1, 0, out)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(at, anchor, OpenKind::List(Vec::new()), out)
            }
            Event::MappingStart(_, anchor, _) => {
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    key: Pending::Key,
                };
                self.open(at, anchor, kind, out)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&at, out),
            Event::Alias(id) => self.alias(id, at, out),
            Event::UnresolvedAlias(name) => {
                let name = out.quote(&name);
                out.add(&at, format!("nothing above is marked `&{name}`"));
                self.complete(nothing(at), 0, 1, 0, out)
            }
            _ => Step::Next,
        }
    }

    fn open(&mut self, span: Span, anchor: usize, kind: OpenKind, out: &mut Findings<'_>) -> Step {
        if self.open.len() >= MAX_DEPTH {
            return too_deep(&span, out);
        }
        self.open.push(Open {
            span,
            anchor,
            size_before: self.nodes,
            deepest: 0,
            kind,
        });
        Step::Next
    }

    fn close(&mut self, end: &Span, out: &mut Findings<'_>) -> Step {
        let Some(open) = self.open.pop() else {
            return Step::Next;
        };
        let size = self.nodes - open.size_before + 1;
        // The node itself is counted by `complete`, like a scalar; its content has been counted.
        self.nodes = open.size_before;
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, .. } => Kind::Map(entries),
        };
        let span = open.span.start..end.end.max(open.span.end);
        self.complete(
            Node { kind, span },
            open.anchor,
            size,
            open.deepest + 1,
            out,
        )
    }

    fn alias(&mut self, id: usize, at: Span, out: &mut Findings<'_>) -> Step {
        self.aliases += 1;
        if self.aliases > MAX_ALIASES {
            out.add(&at, format!("more than {MAX_ALIASES} aliases"));
            return Step::Stop;
        }
        let Some(anchor) = self.anchors.get(&id) else {
            out.add(&at, "an alias within the value that it stands for");
            return Step::Stop;
        };
        let (size, height) = (anchor.size, anchor.height);
        if self.nodes + size > MAX_NODES {
            return too_many(&at, out);
        }
        if self.open.len() + height > MAX_DEPTH {
            return too_deep(&at, out);
        }
        let node = anchor.node.clone();
        self.complete(node, 0, size, height, out)
    }

    /// Puts a whole value where it belongs.
    fn complete(
        &mut self,
        node: Node,
        anchor: usize,
        size: usize,
        height: usize,
        out: &mut Findings<'_>,
    ) -> Step {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return too_many(&node.span, out);
        }
        if anchor > 0 {
            self.anchors.insert(
                anchor,
                Anchor {
                    node: node.clone(),
                    size,
                    height,
                },
            );
        }
        let Some(open) = self.open.last_mut() else {
            if self.root.is_none() {
                self.root = Some(node);
            }
            return Step::Next;
        };
        open.deepest = open.deepest.max(height);
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, seen, key } => match std::mem::replace(key, Pending::Key) {
                Pending::Key => *key = as_key(node, seen, out),
                Pending::Value(key, span) => entries.push(Entry {
                    key,
                    span,
                    value: node,
                }),
                Pending::Drop => {}
            },
        }
        Step::Next
    }
}

fn as_key(node: Node, seen: &mut HashMap<String, Span>, out: &mut Findings<'_>) -> Pending {
    let Kind::Scalar(scalar) = node.kind else {
        out.add(&node.span, "a key must be a word, not a map or list")
            .help("a text that begins with `{` or `[` needs quotes");
        return Pending::Drop;
    };
    if scalar.plain && scalar.text == "<<" {
        out.add(&node.span, "merge keys (`<<`) are not supported")
            .help("write the keys out, or use an alias for the whole value");
        return Pending::Drop;
    }
    if scalar.plain && scalar.text.is_empty() {
        out.add(&node.span, "a key is missing before `:`");
        return Pending::Drop;
    }
    if let Some(first) = seen.get(&scalar.text) {
        let line = out.line(first);
        out.add(
            &node.span,
            format!("duplicate key `{}`", out.quote(&scalar.text)),
        )
        .help(format!("it was given in line {line} already"));
        return Pending::Drop;
    }
    seen.insert(scalar.text.clone(), node.span.clone());
    Pending::Value(scalar.text, node.span)
}

fn nothing(span: Span) -> Node {
    let scalar = Scalar {
        text: String::new(),
        plain: true,
        from_env: false,
    };
    Node {
        kind: Kind::Scalar(scalar),
        span,
    }
}

fn too_deep(at: &Span, out: &mut Findings<'_>) -> Step {
    out.add(at, format!("nested more than {MAX_DEPTH} levels deep"));
    Step::Stop
}

fn too_many(at: &Span, out: &mut Findings<'_>) -> Step {
    out.add(
        at,
        format!("more than {MAX_NODES} values, with aliases resolved"),
    );
    Step::Stop
}

/// An error of the YAML reader in the words of somebody who has to mend it.
fn syntax_error(source: &str, error: &ScanError, out: &mut Findings<'_>) {
    let start = error
        .marker()
        .byte_offset()
        .unwrap_or(source.len())
        .min(source.len());
    let at = start..start;
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => {
            too_deep(&at, out);
        }
        ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart => {
            out.add(&at, "a tab is used for indentation")
                .help("YAML is indented with spaces only");
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            out.add(&at, "a `:` where no key can be")
                .help("a value that holds `: ` needs quotes; a key on the next level needs a line of its own");
        }
        ErrorKind::UnclosedQuotedScalar => {
            out.add(&at, "a quote is opened and never closed");
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            out.add(&at, format!("`{open}` is opened and never closed"));
        }
        ErrorKind::ExpectedBlockMappingKey => {
            out.add(&at, "not YAML: expected a key here")
                .help("keys of one map begin in the same column");
        }
        _ => {
            let text = error.info();
            let text = text.split('\n').next().unwrap_or_default();
            out.add(&at, format!("not YAML: {text}"));
        }
    }
}
