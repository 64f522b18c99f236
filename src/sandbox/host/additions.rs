//! What faults add to the log of a build.

use std::io::Write as _;

use crate::sandbox::fault::Effect;

/// The log of a build, in the pieces in which it is written.
pub(in crate::sandbox) type Pieces = Vec<Vec<u8>>;

/// What a fault adds to the log.
pub(in crate::sandbox) fn of(effects: &[Effect]) -> Pieces {
    effects
        .iter()
        .flat_map(|effect| match effect {
            Effect::LogHostile => HOSTILE.iter().map(|piece| piece.to_vec()).collect(),
            Effect::LogFlood(n) => flood(*n),
            // One byte a piece: characters of several bytes arrive in parts.
            Effect::LogSplit => "       größer – naïve ✓\n"
                .bytes()
                .map(|byte| vec![byte])
                .collect(),
            _ => Pieces::new(),
        })
        .collect()
}

/// Text that tries to drive the terminal, the CI system or a reader of lines.
const HOSTILE: [&[u8]; 9] = [
    b"::set-output name=token::stolen\n",
    b"::error file=app.js,line=1::not from launchway\n",
    b"##[group]open\n::stop-commands::pause\n",
    b"section_start:0:evil[collapsed=true]\r\x1b[0Kfake section\n",
    b"\x1b]0;owned\x07\x1b[2J\x1b[31mred without end\n",
    b"downloading 10%\rdownloading 50%\rdownloading 100%\n",
    b"not UTF-8: \xff\xfe\xc3\n",
    b"\0glued\0to heartbeats\0\n",
    b"\xe2\x80\xaereversed\xe2\x80\xac and \xc2\x9b31m eight-bit\n",
];

fn flood(count: u32) -> Pieces {
    // In pieces of a hundred lines, and a hundred pieces at most: a flood is a matter of amount, not of time.
    let size = count.div_ceil(100).max(100);
    (1..=count)
        .step_by(size as usize)
        .map(|first| {
            let mut piece = Vec::new();
            for n in first..=count.min(first.saturating_add(size - 1)) {
                // Writing to a vector can't fail.
                let _ = writeln!(
                    piece,
                    "       line {n} of {count} of a build that talks a lot"
                );
            }
            piece
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_has_its_lines() {
        for (count, pieces) in [(0, 0), (1, 1), (250, 3), (10_000, 100), (123_456, 100)] {
            let flood = flood(count);
            assert_eq!(flood.len(), pieces, "{count}");
            let text = String::from_utf8(flood.concat()).unwrap();
            let numbers = text
                .lines()
                .map(|line| line.split(' ').nth(8).unwrap().parse());
            assert!(numbers.eq((1..=count).map(Ok)), "{count}");
        }
    }
}
