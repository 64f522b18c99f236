//! Images that are released on a stack for containers: where each process type's is, as skopeo names such places.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    answers::entries,
    scalar::{line, schema, shown},
    slugs::is_process_type,
};
use crate::image::Reference;

/// The images of process types, by their names.
#[derive(Clone, Debug)]
pub(in crate::config) struct Images(pub(in crate::config) Vec<(String, Reference)>);

schema!(Images, {
    "type": "object",
    "minProperties": 1,
    "propertyNames": { "pattern": "^[-\\w]{1,128}$" },
    "additionalProperties": { "type": "string" },
    "examples": [{ "web": "docker-archive:web.tar", "release": "docker-archive:release.tar" }]
});

impl Read for Images {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let mut images: Vec<(String, Reference)> = Vec::new();
        let mut whole = true;
        for entry in entries(node, what, "a map of process types", out)? {
            let name = &entry.key;
            let read = if !is_process_type(name) {
                out.add(
                    &entry.span,
                    format!("a key of {what} is not a process type"),
                )
                .help("letters, digits, `-` and `_`, at most 128: `web`, `worker`, `release`");
                None
            } else if images.iter().any(|(other, _)| other == name) {
                let message = format!("the process type `{name}` is given twice");
                out.add(&entry.span, message);
                None
            } else {
                reference(name, &entry.value, out)
            };
            match read {
                Some(reference) => images.push((name.clone(), reference)),
                None => whole = false,
            }
        }
        whole.then_some(Self(images))
    }
}

fn reference(name: &str, node: &Node, out: &mut Findings<'_>) -> Option<Reference> {
    let scalar = line(node, &format!("the image of `{name}`"), out)?;
    let read = scalar.text.parse::<Reference>();
    if let Err(why) = &read {
        let shown = shown(scalar, name);
        let message = format!("the image of `{name}` can't be {shown}");
        out.add(&node.span, message).help(why.clone());
    }
    read.ok()
}
