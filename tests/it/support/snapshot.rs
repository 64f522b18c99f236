//! What differs from run to run, and is left out of snapshots.

/// Patterns and what stands in their place.
pub(crate) const FILTERS: [(&str, &str); 11] = [
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[id]",
    ),
    (r"sha256-[0-9a-f]{12}", "sha256-[digest]"),
    (r"[0-9a-f]{64}", "[digest]"),
    (r"done in \d+(\.\d+)?s", "done in [took]"),
    (r"replaced  time +url", "replaced  [took]  url"),
    (r"  (\d+(\.\d+)?s|-) +http", "  [took]  http"),
    (r"after \d+ tries", "after [n] tries"),
    (r"did not end within [\d.]+s", "did not end within [time]"),
    (r"\d+ B packed", "[size] packed"),
    // They are looked up at the same time: any of them may be the first to fail.
    (
        r"looking up the (app|pipeline) [a-z-]+: GET /(apps|pipelines)/[a-z-]+",
        "looking up [something]: GET /[something]",
    ),
];
