"""Turns a log with colours (stdin) into an SVG of a terminal (stdout). Usage: svg.py COMMAND"""

import html
import re
import sys

COLOURS = {"31": "#f85149", "32": "#3fb950", "33": "#d29922", "36": "#39c5cf", "2": "#8b949e"}
TEXT, GROUND, BAR = "#e6edf3", "#0d1117", "#161b22"
WIDTH, LINE, LEFT, TOP = 7.8, 19, 20, 62

lines = [f"\x1b[32m$\x1b[0m \x1b[1m{sys.argv[1]}\x1b[0m", *sys.stdin.read().rstrip("\n").split("\n")]
rows = []
columns = 0
for number, line in enumerate(lines):
    colour, bold, column, spans = TEXT, False, 0, []
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if code:
            for part in code[1].split(";"):
                if part in ("", "0"):
                    colour, bold = TEXT, False
                elif part == "1":
                    bold = True
                else:
                    colour = COLOURS.get(part, colour)
        elif piece:
            x, y = LEFT + column * WIDTH, TOP + number * LINE
            weight = ' font-weight="bold"' if bold else ""
            if piece.strip():
                spans.append(
                    f'<text x="{x:.1f}" y="{y}" fill="{colour}"{weight} textLength="{len(piece) * WIDTH:.1f}" '
                    f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(piece)}</text>'
                )
            column += len(piece)
    columns = max(columns, column)
    rows.extend(spans)

width, height = int(2 * LEFT + columns * WIDTH), TOP + len(lines) * LINE
print(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
    f'role="img" aria-label="The output of {html.escape(sys.argv[1])}" font-family="ui-monospace, SFMono-Regular, Menlo, '
    f'Consolas, \'DejaVu Sans Mono\', monospace" font-size="13">\n'
    f'<rect width="{width}" height="{height}" rx="10" fill="{GROUND}"/>\n'
    f'<path d="M0 34V10A10 10 0 0 1 10 0H{width - 10}A10 10 0 0 1 {width} 10V34Z" fill="{BAR}"/>\n'
    + "".join(f'<circle cx="{20 + 20 * n}" cy="17" r="6" fill="{c}"/>\n' for n, c in enumerate(("#ff5f57", "#febc2e", "#28c840")))
    + "\n".join(rows)
    + "\n</svg>"
)
