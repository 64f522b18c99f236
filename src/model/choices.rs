//! The enumerations of `deploy.yaml` that a lower layer acts on: each defined once, with its words and their meaning.

/// A choice out of a few words.
pub trait Choice: Copy + 'static {
    /// Each word, what it stands for, and what that means.
    const WORDS: &'static [(&'static str, Self, &'static str)];

    /// Its word.
    fn word(self) -> &'static str
    where
        Self: PartialEq,
    {
        let mut all = Self::WORDS.iter();
        let found = all.find(|(_, choice, _)| *choice == self);
        found.map_or("", |(word, ..)| word)
    }
}

macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident { $($word:literal => $(#[$default:ident])? $variant:ident, $help:literal;)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $(
                #[doc = $help]
                $(#[$default])?
                $variant
            ),+
        }

        impl Choice for $name {
            const WORDS: &'static [(&'static str, Self, &'static str)] =
                &[$(($word, Self::$variant, $help)),+];
        }
    };
}

choice! {
    /// What to do with symbolic links that leave the workspace: absolute ones, and ones that climb out of it.
    Symlinks {
        "refuse" => #[default] Refuse, "Stop and list them.";
        "keep" => Keep, "Pack them as they are.";
    }
}

choice! {
    /// What to do with files that look like secrets and are not tracked by git.
    Secrets {
        "warn" => #[default] Warn, "Pack them, with a warning each.";
        "deny" => Deny, "Stop and list them.";
    }
}

choice! {
    /// What to do when the platform fails a build on purpose, with a notice that the next one works.
    OnNotice {
        "rebuild" => #[default] Rebuild, "Build once more, with a warning.";
        "fail" => Fail, "Treat it as a failed build.";
    }
}

choice! {
    /// What to do with a stage that failed.
    OnFailure {
        "stop" => #[default] Stop, "Leave what was released and stop.";
        "rollback" => Rollback, "Send every app of the stage that this run changed back to what it ran before.";
        "rollback_failed" => RollbackFailed, "Send back only those that failed.";
    }
}

choice! {
    /// How hard to compress.
    Compression {
        "fast" => Fast, "As quickly as possible.";
        "balanced" => #[default] Balanced, "The size of `gzip -6` in a fraction of its time.";
        "small" => Small, "As small as gzip can be.";
    }
}

choice! {
    /// What the maintenance mode of an app must be.
    Maintenance {
        "off" => #[default] Off, "Refuse while an app of the stage is in maintenance mode.";
        "on" => On, "Refuse unless every app of the stage is in maintenance mode.";
    }
}
