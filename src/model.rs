//! The words that every layer shares: what a platform, a stage, an app and a release are called, and how builds and
//! releases stand. No logic.

mod choices;
mod platforms;

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use choices::{Choice, Compression, Maintenance, OnFailure, OnNotice, Secrets, Symlinks};
pub use platforms::{
    About, Feature, PLATFORMS, PlatformKind, TOKEN_VARIABLE, UPLOAD, is_token_variable, names,
    token_variables,
};

/// A release as people know it: `v12`, with the platform's id behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleaseRef {
    /// The platform's id.
    pub id: String,
    /// The version number within its app, without the `v`.
    pub version: u64,
}

impl fmt::Display for ReleaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)
    }
}

/// An app of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppKey {
    /// The stage's name.
    pub stage: String,
    /// The app's name.
    pub app: String,
}

impl AppKey {
    /// The app of this name in the stage of this name.
    pub fn new(stage: &str, app: &str) -> Self {
        Self {
            stage: stage.to_owned(),
            app: app.to_owned(),
        }
    }
}

/// A status: the words that this version knows, and any other as the platform has it, never taken for success. In JSON it
/// is the platform's word.
macro_rules! status {
    ($(#[$doc:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$meaning])* $variant,)+
            /// A word that this version does not know.
            Other(String),
        }

        impl $name {
            /// Reads the platform's word.
            pub fn read(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The platform's word.
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(other) => other,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::read(word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::read(&Cow::<str>::deserialize(deserializer)?))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                String::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    };
}

status!(
    /// How a build stands.
    BuildStatus {
        /// Under way.
        Pending => "pending",
        /// Done.
        Succeeded => "succeeded",
        /// Failed.
        Failed => "failed",
    }
);

status!(
    /// How a release stands.
    ReleaseStatus {
        /// Its release phase is under way.
        Pending => "pending",
        /// Done.
        Succeeded => "succeeded",
        /// Its release phase failed.
        Failed => "failed",
        /// Its artefact is gone.
        Expired => "expired",
    }
);

status!(
    /// How a target of a promotion stands.
    TargetStatus {
        /// Under way.
        Pending => "pending",
        /// Done.
        Succeeded => "succeeded",
        /// Failed.
        Failed => "failed",
    }
);

status!(
    /// How a status check stands.
    CheckState {
        /// Under way.
        Pending => "pending",
        /// Green.
        Success => "success",
        /// Red.
        Failure => "failure",
        /// It could not be done.
        Error => "error",
    }
);
