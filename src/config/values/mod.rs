//! The single values of `deploy.yaml`: how a duration, an app, a pattern is read, and what is said when it can't be.

mod addresses;
mod answers;
mod choices;
mod images;
mod lists;
mod names;
mod quantities;
mod requests;
mod requirements;
mod scalar;
mod slugs;
mod sources;
mod statuses;

pub(super) use self::{
    addresses::{ApiUrl, CheckUrl, UrlPath},
    answers::{Headers, Json, Matches},
    choices::{OneOf, PlatformName, Prompt, Up},
    images::Images,
    lists::NonEmpty,
    names::{
        App, Buildpack, Command, Directory, Pattern, Pipeline, StageName, Text, is_app, is_pipeline,
    },
    quantities::{Count, FormatVersion, Limit, Period, Size, Status, WaveSize},
    requests::{Method, SentBody, SentHeaders},
    requirements::{VarName, Windows},
    slugs::{ProcessTypes, Slug},
    sources::{ArchiveUrl, HookUrl, Image, UploadUrl, VERSION},
    statuses::{CheckContext, CheckName},
};
