//! The grammar of a fault, as `--fault` and its errors show it.

use super::table::{SUBJECTS, Subject};

/// The longest line.
const WIDTH: usize = 72;
/// Where the notes of a subject begin, and those of an effect.
const NOTES: usize = 17;
const ASIDE: usize = 31;

/// What is before the subjects.
const HEAD: &str = "SUBJECT=EFFECT[:ARGUMENT][,OPTION...][@WHEN][:SCOPE]\n\n";

/// What is behind them.
const TAIL: &str = "
OPTION    of STATUS: retry-after=SECONDS | retry-after=date+SECONDS
          | retry-after=epoch+SECONDS
          | after (the request is carried out, only its answer is lost)
          | html (as of a proxy, a firewall, a login page)
          | id=WORD (the error's id, or the upload host's code)
          of wrong-types, missing and null: field=NAME, else all fields
WHEN      N | N+ | N-M | * : the Nth time, from then on, up to the Mth,
          always
KIND      any, api, account, apps, config-vars, sources, builds, slugs,
          releases, pipelines, couplings, promotions, targets, filters,
          upload, stream, web, or the beginning of a path, where * stands
          for one segment: /apps/*/builds; with $ behind it the whole path
DURATION  such as 250ms, 30s, 2m, 1h

examples:
  build=fail
  stream=cut:50%
  target=fail:2
  web=503:acme-shop-eu
  http=429,retry-after=2@2:GET builds
  http=reset-after:POST promotions
  http=503,html@1-3:GET targets";

/// The whole grammar.
pub fn grammar() -> String {
    let subjects: String = SUBJECTS.iter().map(subject).collect();
    format!("{HEAD}{subjects}{TAIL}")
}

/// A subject: its effects, as many as fit in a line, and its notes.
fn subject(subject: &Subject) -> String {
    let mut text = String::new();
    let mut line = format!("  {}=", subject.name);
    let rows = subject.rows.iter().map(|row| (row.form, row.note));
    let of_http = subject.requests.map(|_| ("any effect of http", ""));
    for (at, (form, note)) in rows.chain(of_http).enumerate() {
        if at > 0 {
            let fits = note.is_empty() && line.len() + " | ".len() + form.len() <= WIDTH;
            if !fits {
                end(&mut text, &mut line);
                line.push_str("      ");
            }
            line.push_str(" | ");
        }
        line.push_str(form);
        for part in note.lines() {
            pad(&mut text, &mut line, ASIDE);
            line.push_str(part);
        }
    }
    for note in subject.notes {
        pad(&mut text, &mut line, NOTES);
        line.push_str(note);
    }
    end(&mut text, &mut line);
    text
}

/// Fills a line up to a column, or the next one if it reaches that far.
fn pad(text: &mut String, line: &mut String, column: usize) {
    if line.len() + 2 > column {
        end(text, line);
    }
    *line = format!("{line:column$}");
}

fn end(text: &mut String, line: &mut String) {
    text.push_str(line);
    text.push('\n');
    line.clear();
}
