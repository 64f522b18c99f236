//! Names that may stand for several things.

use reqwest::StatusCode;

use super::wire;
use crate::{
    http::{Error, Kind, answer::Answer},
    platform::types::Pipeline,
};

/// Whether a pipeline can't be told from others of its name: 300 Multiple Choices, for names are unique to their owner
/// only.
pub(super) fn ambiguous(name: &str, answer: &Answer) -> Option<Error> {
    if answer.status != StatusCode::MULTIPLE_CHOICES {
        return None;
    }
    let several: Vec<wire::PipelineJson> = answer.read().ok()?;
    let ids: Vec<String> = several
        .into_iter()
        .map(|json| Pipeline::from(json).id)
        .collect();
    let message = format!(
        "the name `{name}` is that of {} pipelines: give the id of one of them instead: {}",
        ids.len(),
        ids.join(", ")
    );
    let kind = Kind::Rejected {
        status: answer.status.as_u16(),
        id: "ambiguous".to_owned(),
    };
    Some(Error::new(kind, answer.request.clone(), message))
}
