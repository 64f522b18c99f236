//! The few words of a repository's configuration that matter for packing.

/// What a repository's configuration says about its objects and its work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a boolean of git's own"
)]
pub(super) struct GitConfig {
    /// Whether object ids are SHA-256.
    pub(super) is_sha256: bool,
    /// Whether the work tree's executable bits mean something (`core.fileMode`).
    pub(super) has_modes: bool,
    /// Whether links are checked out as links (`core.symlinks`).
    pub(super) has_links: bool,
    has_worktree: bool,
}

impl GitConfig {
    /// Reads the text of a `config`. What it includes is not read.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut config = Self {
            is_sha256: false,
            has_modes: cfg!(unix),
            has_links: true,
            has_worktree: false,
        };
        config.read(text);
        config
    }

    /// Adds what `config.worktree` says, if the configuration says that it counts.
    pub(super) fn with_worktree(mut self, text: &[u8]) -> Self {
        if self.has_worktree {
            self.read(text);
        }
        self
    }

    fn read(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let mut section = String::new();
        for line in text.lines() {
            let mut line = line.trim();
            if let Some(rest) = line.strip_prefix('[') {
                let (name, rest) = rest.split_once(']').unwrap_or((rest, ""));
                section = name.trim().to_ascii_lowercase();
                line = rest.trim();
            }
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let (key, value) = match line.split_once('=') {
                Some((key, value)) => (key, Some(value.trim().trim_matches('"'))),
                None => (line, None),
            };
            self.set(&section, &key.trim().to_ascii_lowercase(), value);
        }
    }

    fn set(&mut self, section: &str, key: &str, value: Option<&str>) {
        match (section, key) {
            ("core", "filemode") => self.has_modes = cfg!(unix) && is_true(value),
            ("core", "symlinks") => self.has_links = is_true(value),
            ("extensions", "objectformat") => {
                self.is_sha256 = value.is_some_and(|value| value.eq_ignore_ascii_case("sha256"));
            }
            ("extensions", "worktreeconfig") => self.has_worktree = is_true(value),
            _ => {}
        }
    }
}

/// Git's booleans: a key without a value is true.
fn is_true(value: Option<&str>) -> bool {
    value.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        !matches!(value.as_str(), "" | "false" | "no" | "off" | "0")
    })
}

#[cfg(test)]
mod tests {
    use super::GitConfig;

    #[test]
    fn the_words_are_found_in_every_form() {
        for (text, has_modes, has_links, is_sha256) in [
            ("", cfg!(unix), true, false),
            ("[core]\n\tfilemode = false\n", false, true, false),
            ("[core] fileMode = no # why\n", false, true, false),
            (
                "[CORE]\nFILEMODE\nsymlinks = \"false\"",
                cfg!(unix),
                false,
                false,
            ),
            (
                "[core]\nfilemode = false\nfilemode = true",
                cfg!(unix),
                true,
                false,
            ),
            (
                "[other]\nfilemode = false\n[core \"x\"]\nsymlinks = 0",
                cfg!(unix),
                true,
                false,
            ),
            (
                "[extensions]\n\tobjectFormat = sha256\n[core]\nsymlinks=off",
                cfg!(unix),
                false,
                true,
            ),
            ("\u{feff}[core\n=\n]", cfg!(unix), true, false),
        ] {
            let config = GitConfig::parse(text.as_bytes());
            let found = (config.has_modes, config.has_links, config.is_sha256);
            assert_eq!(found, (has_modes, has_links, is_sha256), "{text:?}");
        }
    }

    #[test]
    fn a_work_tree_has_a_configuration_of_its_own_where_it_is_switched_on() {
        let own = b"[core]\nsymlinks = false\n";
        assert!(GitConfig::parse(b"").with_worktree(own).has_links);
        let config = GitConfig::parse(b"[extensions]\nworktreeConfig = true\n");
        assert!(!config.with_worktree(own).has_links);
    }
}
