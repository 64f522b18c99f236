//! Building a tree of [`Node`]s, with bounds: what YAML can do beyond data is refused, and neither depth nor aliases can
//! make a small file large. Duplicate keys, which YAML forbids and many readers let pass, are reported.

use std::{collections::HashMap, ops::ControlFlow};

use super::{
    findings::Findings,
    mask,
    node::{Entry, Kind, Node, Scalar, Span},
};

/// How deep maps and lists may be nested.
pub(super) const MAX_DEPTH: usize = 32;
/// How many values there may be when aliases are resolved.
const MAX_NODES: usize = 20_000;
const MAX_ALIASES: usize = 100;

/// A tree that is being built. Each step can end it, having said why.
#[derive(Default)]
pub(super) struct Tree {
    /// The whole, once it is complete.
    pub(super) root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Complete>,
    nodes: usize,
    aliases: usize,
}

/// A map or list that has begun.
struct Open {
    span: Span,
    anchor: usize,
    nodes_before: usize,
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

/// What comes next in a map.
enum Pending {
    /// A key.
    Key,
    /// The value of this key.
    Value(String, Span),
    /// The value of a key that has been reported: it is dropped.
    Dropped,
}

/// A value with what it adds to the bounds.
#[derive(Clone)]
struct Complete {
    node: Node,
    size: usize,
    height: usize,
}

impl Tree {
    /// A scalar. Here and below, `anchor` is 0 for none.
    pub(super) fn scalar(
        &mut self,
        scalar: Scalar,
        span: Span,
        anchor: usize,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        let node = Node {
            kind: Kind::Scalar(scalar),
            span,
        };
        self.complete(
            Complete {
                node,
                size: 1,
                height: 0,
            },
            anchor,
            out,
        )
    }

    /// Something that could not be made out and has been reported.
    pub(super) fn unknown(&mut self, span: Span, out: &mut Findings<'_>) -> ControlFlow<()> {
        let node = Node {
            kind: Kind::Unknown,
            span,
        };
        self.complete(
            Complete {
                node,
                size: 1,
                height: 0,
            },
            0,
            out,
        )
    }

    pub(super) fn open_list(
        &mut self,
        span: Span,
        anchor: usize,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        self.open(span, anchor, OpenKind::List(Vec::new()), out)
    }

    pub(super) fn open_map(
        &mut self,
        span: Span,
        anchor: usize,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        let kind = OpenKind::Map {
            entries: Vec::new(),
            seen: HashMap::new(),
            key: Pending::Key,
        };
        self.open(span, anchor, kind, out)
    }

    fn open(
        &mut self,
        span: Span,
        anchor: usize,
        kind: OpenKind,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        if self.open.len() >= MAX_DEPTH {
            too_deep(&span, out);
            return ControlFlow::Break(());
        }
        self.open.push(Open {
            span,
            anchor,
            nodes_before: self.nodes,
            deepest: 0,
            kind,
        });
        ControlFlow::Continue(())
    }

    /// The end of the map or list that was begun last.
    pub(super) fn close(&mut self, end: &Span, out: &mut Findings<'_>) -> ControlFlow<()> {
        let Some(open) = self.open.pop() else {
            return ControlFlow::Continue(());
        };
        // What is within has been counted; `complete` counts all of it again.
        let size = self.nodes - open.nodes_before + 1;
        self.nodes = open.nodes_before;
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, .. } => Kind::Map(entries),
        };
        let span = open.span.start..end.end.max(open.span.end);
        let node = Node { kind, span };
        self.complete(
            Complete {
                node,
                size,
                height: open.deepest + 1,
            },
            open.anchor,
            out,
        )
    }

    /// The value that was marked `anchor`, once more.
    pub(super) fn alias(
        &mut self,
        anchor: usize,
        at: Span,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        self.aliases += 1;
        if self.aliases > MAX_ALIASES {
            out.add(&at, format!("more than {MAX_ALIASES} aliases"));
            return ControlFlow::Break(());
        }
        let Some(value) = self.anchors.get(&anchor) else {
            out.add(&at, "an alias within the value that it stands for");
            return self.unknown(at, out);
        };
        if self.nodes + value.size > MAX_NODES {
            return too_many(&at, out);
        }
        if self.open.len() + value.height > MAX_DEPTH {
            too_deep(&at, out);
            return ControlFlow::Break(());
        }
        let value = value.clone();
        self.complete(value, 0, out)
    }

    /// Puts a whole value where it belongs.
    fn complete(
        &mut self,
        value: Complete,
        anchor: usize,
        out: &mut Findings<'_>,
    ) -> ControlFlow<()> {
        self.nodes += value.size;
        if self.nodes > MAX_NODES {
            return too_many(&value.node.span, out);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Complete { node, height, .. } = value;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return ControlFlow::Continue(());
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
                Pending::Dropped => {}
            },
        }
        ControlFlow::Continue(())
    }
}

fn as_key(node: Node, seen: &mut HashMap<String, Span>, out: &mut Findings<'_>) -> Pending {
    let scalar = match node.kind {
        Kind::Scalar(scalar) => scalar,
        Kind::Unknown => return Pending::Dropped,
        Kind::Map(_) | Kind::List(_) => {
            out.add(&node.span, "a key must be a word, not a map or list")
                .help("a text that begins with `{` or `[` needs quotes");
            return Pending::Dropped;
        }
    };
    if scalar.plain && scalar.text == "<<" {
        out.add(&node.span, "merge keys (`<<`) are not supported")
            .help("write the keys out, or use an alias for the whole value");
        return Pending::Dropped;
    }
    if scalar.plain && scalar.text.is_empty() {
        out.add(&node.span, "a key is missing before `:`");
        return Pending::Dropped;
    }
    if let Some(first) = seen.get(&scalar.text) {
        let line = out.line(first);
        out.add(
            &node.span,
            format!("duplicate key `{}`", mask::quote(&scalar.text)),
        )
        .help(format!("it was already given on line {line}"));
        return Pending::Dropped;
    }
    seen.insert(scalar.text.clone(), node.span.clone());
    Pending::Value(scalar.text, node.span)
}

/// Reports that something is nested too deep.
pub(super) fn too_deep(at: &Span, out: &mut Findings<'_>) {
    out.add(at, format!("nested more than {MAX_DEPTH} levels deep"));
}

fn too_many(at: &Span, out: &mut Findings<'_>) -> ControlFlow<()> {
    out.add(
        at,
        format!("more than {MAX_NODES} values, with aliases resolved"),
    );
    ControlFlow::Break(())
}
