//! Reading a tree of nodes into typed tables without stopping at the first mistake.
//!
//! A table is declared once, by [`keys!`]: from that one declaration come the struct, its reader and its JSON Schema, so
//! the three can't disagree. Every value that could not be read is reported and left empty; what can be said about the rest
//! is still said.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{
    findings::Findings,
    mask,
    node::{Entry, Kind, Meaning, Node, Span},
};
use crate::suggest;

/// A type that a value can be read as.
pub(super) trait Read: JsonSchema + Sized {
    /// Reads `node`, which `what` names in messages; `None` if that could not be done, which is then in `out`.
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self>;
}

/// A value that was given, and where. Without a value, it was wrong and that has been reported.
#[derive(Clone, Debug)]
pub(super) struct Spanned<T> {
    pub(super) value: Option<T>,
    pub(super) span: Span,
    /// The value of a variable is in it: it may be a secret.
    pub(super) from_env: bool,
}

impl<T> Spanned<T> {
    /// What is given by its name, as "the app `x`"; without it if the name came from a variable and may be a secret.
    pub(super) fn named(&self, kind: &str, name: &str) -> String {
        if self.from_env {
            format!("this {kind}")
        } else {
            format!("the {kind} `{name}`")
        }
    }

    /// The value, if it could be read.
    pub(super) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl<T> Spanned<T> {
    /// One whose value was wrong, which has been reported.
    fn wrong(span: &Span) -> Self {
        Self {
            value: None,
            span: span.clone(),
            from_env: false,
        }
    }
}

impl<T: Read> Spanned<T> {
    pub(super) fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Self {
        match &node.kind {
            Kind::Unknown => Self::wrong(&node.span),
            _ => Self {
                value: T::read(node, what, out),
                span: node.span.clone(),
                from_env: matches!(&node.kind, Kind::Scalar(scalar) if scalar.from_env),
            },
        }
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            wrong_type(node, what, "a list", out)
                .help("write `[one, two]`, or one item per line after a `- `");
            return None;
        };
        let what = format!("an item of {what}");
        Some(
            items
                .iter()
                .map(|item| Spanned::read(item, &what, out))
                .collect(),
        )
    }
}

impl Read for bool {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        if let Kind::Scalar(scalar) = &node.kind
            && let Meaning::Bool(value) = scalar.meaning()
        {
            return Some(value);
        }
        wrong_type(node, what, "`true` or `false`", out);
        None
    }
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type<'o>(
    node: &Node,
    what: &str,
    expected: &str,
    out: &'o mut Findings<'_>,
) -> &'o mut super::findings::Finding {
    let found = node.describe();
    match &node.kind {
        Kind::Scalar(scalar) if scalar.meaning() == Meaning::Null => {
            let finding = out.add(&node.span, format!("{what} has no value"));
            finding.help(format!("expected {expected}"));
            finding
        }
        _ => out.add(
            &node.span,
            format!("{what} must be {expected}, not {found}"),
        ),
    }
}

/// One key of a table.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) presence: Presence,
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Whether a key must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Without it the table is not complete.
    Needed,
    /// It may be left out, or be an empty text.
    Optional,
}

/// A map whose keys are read one by one.
pub(super) struct Table<'n> {
    entries: &'n [Entry],
    /// Unknown keys that stand for known ones: those are not missing as well.
    slips: Vec<(&'n Entry, &'static str)>,
    span: Span,
    place: &'static str,
}

impl<'n> Table<'n> {
    /// Begins to read a map; keys that are not in `known` are reported.
    pub(super) fn open(
        node: &'n Node,
        what: &str,
        place: &'static str,
        known: &[Key],
        out: &mut Findings<'_>,
    ) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            wrong_type(node, what, "a map of keys", out);
            return None;
        };
        let free: Vec<&str> = known
            .iter()
            .map(|key| key.name)
            .filter(|name| entries.iter().all(|entry| entry.key != *name))
            .collect();
        let mut slips = Vec::new();
        for entry in entries
            .iter()
            .filter(|entry| known.iter().all(|key| key.name != entry.key))
        {
            let meant = suggest::nearest(&entry.key, &free);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if free.is_empty() => "leave it out".to_owned(),
                None => format!("expected {}", one_of(&free)),
            };
            let message = format!("unknown key `{}` {place}", mask::quote(&entry.key));
            out.add(&entry.span, message).help(help);
            slips.extend(meant.map(|meant| (entry, meant)));
        }
        Some(Self {
            entries,
            slips,
            span: node.span.clone(),
            place,
        })
    }

    fn find(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == name)
    }

    fn slip<T>(&self, name: &str) -> Option<Spanned<T>> {
        let (entry, _) = self.slips.iter().find(|(_, meant)| *meant == name)?;
        Some(Spanned::wrong(&entry.span))
    }

    /// A key that must be there.
    pub(super) fn needed<T: Read>(&self, name: &str, out: &mut Findings<'_>) -> Spanned<T> {
        if let Some(entry) = self.find(name) {
            return value_of(entry, out);
        }
        self.slip(name).unwrap_or_else(|| {
            out.add(&self.span, format!("`{name}` is missing {}", self.place));
            Spanned::wrong(&self.span)
        })
    }

    /// A key that may be left out. An empty text counts as left out, so that `${VAR:-}` can mean "if it is set".
    pub(super) fn optional<T: Read>(
        &self,
        name: &str,
        out: &mut Findings<'_>,
    ) -> Option<Spanned<T>> {
        let Some(entry) = self.find(name) else {
            return self.slip(name);
        };
        match &entry.value.kind {
            Kind::Scalar(scalar) if scalar.text.is_empty() && !scalar.plain => None,
            _ => Some(value_of(entry, out)),
        }
    }
}

fn value_of<T: Read>(entry: &Entry, out: &mut Findings<'_>) -> Spanned<T> {
    let what = format!("`{}`", entry.key);
    if matches!(&entry.value.kind, Kind::Scalar(scalar) if scalar.meaning() == Meaning::Null) {
        // The place of a value that is not there is of no use.
        out.add(&entry.span, format!("{what} has no value"))
            .help("give one, or leave the key out");
        return Spanned::wrong(&entry.span);
    }
    Spanned::read(&entry.value, &what, out)
}

/// "`a`, `b` or `c`".
pub(super) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Declares a table of `deploy.yaml`: the struct, its reader and its schema.
///
/// The words behind the name say in messages where a key is. Each key is `needed` or `optional`.
/// `rules` is merged into the schema.
macro_rules! keys {
    (
        $(#[doc = $doc:literal])*
        struct $name:ident, $place:literal {
            $( $(#[doc = $key_doc:literal])* $presence:ident $key:ident: $type:ty, )*
        }
        $(rules $rules:tt)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "a key that has one value only is read for its mistakes")]
        #[allow(clippy::struct_field_names, reason = "the keys are the file's")]
        pub(super) struct $name {
            $( $(#[doc = $key_doc])* pub(super) $key: keys!(@type $presence $type), )*
        }

        impl $name {
            /// The keys, in the order in which they are documented.
            pub(super) const KEYS: &'static [$crate::config::read::Key] = &[
                $( $crate::config::read::Key {
                    name: stringify!($key),
                    doc: concat!($($key_doc, "\n"),*),
                    presence: keys!(@presence $presence),
                    schema: |generator| generator.subschema_for::<$type>(),
                }, )*
            ];
        }

        impl $crate::config::read::Read for $name {
            fn read(
                node: &$crate::config::node::Node,
                what: &str,
                out: &mut $crate::config::findings::Findings<'_>,
            ) -> Option<Self> {
                let table = $crate::config::read::Table::open(node, what, $place, Self::KEYS, out)?;
                Some(Self { $( $key: table.$presence(stringify!($key), out), )* })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                #[allow(unused_mut, unused_assignments, reason = "not every table has rules")]
                let mut rules = serde_json::Value::Null;
                $( rules = serde_json::json!($rules); )?
                $crate::config::schema::table(concat!($($doc, "\n"),*), Self::KEYS, rules, generator)
            }
        }
    };
    (@type needed $type:ty) => { $crate::config::read::Spanned<$type> };
    (@type optional $type:ty) => { Option<$crate::config::read::Spanned<$type>> };
    (@presence needed) => { $crate::config::read::Presence::Needed };
    (@presence optional) => { $crate::config::read::Presence::Optional };
}
pub(super) use keys;
