//! What can be written short: a name instead of a table, a path instead of a check.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{DynosTable, HttpTable, PlatformTable, SameConfigKeysTable};
use crate::config::{
    findings::Findings,
    node::{Kind, Node},
    read::{Read, Spanned, wrong_type},
    values::{ApiUrl, PlatformName, Up, UrlPath},
};

/// A platform by its name, or with its address.
#[derive(Clone, Debug)]
pub(in crate::config) struct Platform {
    pub(in crate::config) kind: Spanned<PlatformName>,
    pub(in crate::config) api_url: Option<Spanned<ApiUrl>>,
}

impl Read for Platform {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        if let Kind::Map(_) = &node.kind {
            let table = PlatformTable::read(node, what, out)?;
            return Some(Self {
                kind: table.kind,
                api_url: table.api_url,
            });
        }
        Some(Self {
            kind: Spanned::read(node, what, out),
            api_url: None,
        })
    }
}

impl JsonSchema for Platform {
    fn schema_name() -> Cow<'static, str> {
        "Platform".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<PlatformName>();
        let table = generator.subschema_for::<PlatformTable>();
        json_schema!({ "anyOf": [name, table] })
    }
}

/// Whether the names of config vars must be the same; of which not.
#[derive(Clone, Debug)]
pub(in crate::config) enum SameConfigKeys {
    Wanted(bool),
    But(SameConfigKeysTable),
}

impl Read for SameConfigKeys {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => SameConfigKeysTable::read(node, what, out).map(Self::But),
            _ => bool::read(node, what, out).map(Self::Wanted),
        }
    }
}

impl JsonSchema for SameConfigKeys {
    fn schema_name() -> Cow<'static, str> {
        "SameConfigKeys".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let wanted = generator.subschema_for::<bool>();
        let table = generator.subschema_for::<SameConfigKeysTable>();
        json_schema!({ "anyOf": [wanted, table] })
    }
}

/// An HTTP check: a path alone, or a table.
#[derive(Clone, Debug)]
pub(in crate::config) enum Http {
    Path(UrlPath),
    Table(Box<HttpTable>),
}

impl Read for Http {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => {
                HttpTable::read(node, what, out).map(|table| Self::Table(Box::new(table)))
            }
            Kind::Scalar(_) => UrlPath::read(node, what, out).map(Self::Path),
            Kind::List(_) | Kind::Unknown => {
                wrong_type(node, what, "a path or a map of keys", out);
                None
            }
        }
    }
}

impl JsonSchema for Http {
    fn schema_name() -> Cow<'static, str> {
        "Http".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let path = generator.subschema_for::<UrlPath>();
        let table = generator.subschema_for::<HttpTable>();
        json_schema!({ "anyOf": [path, table] })
    }
}

/// A check of dynos: the state alone, or a table.
#[derive(Clone, Debug)]
pub(in crate::config) enum Dynos {
    State,
    Table(Box<DynosTable>),
}

impl Read for Dynos {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => {
                DynosTable::read(node, what, out).map(|table| Self::Table(Box::new(table)))
            }
            Kind::Scalar(_) => Up::read(node, what, out).map(|Up| Self::State),
            Kind::List(_) | Kind::Unknown => {
                wrong_type(node, what, "`up` or a map of keys", out);
                None
            }
        }
    }
}

impl JsonSchema for Dynos {
    fn schema_name() -> Cow<'static, str> {
        "Dynos".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let state = generator.subschema_for::<Up>();
        let table = generator.subschema_for::<DynosTable>();
        json_schema!({ "anyOf": [state, table] })
    }
}
