//! The labels of lines: the kind of work that a line is about.

macro_rules! labels {
    ($($name:ident $word:literal $meaning:literal,)*) => {
        /// The kind of work that a line is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Label {
            $(#[doc = $meaning] $name,)*
        }

        impl Label {
            /// Every label.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

labels! {
    Approval "approval" "Somebody approved a stage, or did not.",
    Build "build" "A build.",
    Note "note" "What is worth knowing.",
    Pack "pack" "The archive.",
    Promote "promote" "A promotion.",
    Release "release" "A release, or its release phase.",
    Require "require" "What a stage requires.",
    Retry "retry" "A request that is repeated.",
    Rollback "rollback" "The way back to an earlier release.",
    Upload "upload" "The upload.",
    Verify "verify" "A check.",
    Wait "wait" "A wait.",
    Warning "warning" "What a person should look at.",
}

impl Label {
    /// How many columns the longest word takes.
    pub const fn widest() -> usize {
        let (mut widest, mut at) = (0, 0);
        while at < Self::ALL.len() {
            let width = Self::ALL[at].word().len();
            if width > widest {
                widest = width;
            }
            at += 1;
        }
        widest
    }
}
