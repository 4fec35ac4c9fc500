"""The picture of a section: per model a bar for each peer, its median time relative to ONNX Runtime's."""
from xml.sax.saxutils import escape

BASE = "onnxruntime"
LABEL, WIDTH, BAR, GAP, LONGEST = 150, 760, 14, 22, 3.0
COLOURS = {"windfall": "#1f6f4a", "windfall-bf16": "#5aa17f"}
OTHERS = "#9aa5b1"


def relative_times(record):
    """[(peer, time over ONNX Runtime's)], or in milliseconds over the slowest where that did not run."""
    times = {name: result["latency_ms"]["p50"] for name, result in record["peers"].items()
             if result["ranked"] and "latency_ms" in result}
    base = times.get(BASE) or max(times.values(), default=1)
    return sorted(((name, time / base, time) for name, time in times.items()), key=lambda item: item[1])


def text(x, y, words, anchor="start", size=11, colour="#222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-family="sans-serif" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def bars(section):
    parts, y, unit = [], 24, (WIDTH - LABEL - 120) / LONGEST
    for model, record in section["models"].items():
        parts.append(text(8, y, model, size=13))
        y += 8
        for name, relative, time in relative_times(record):
            length = min(relative, LONGEST) * unit
            parts.append(text(LABEL - 8, y + BAR - 3, name, "end"))
            colour = COLOURS.get(name, OTHERS)
            parts.append(f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{colour}"/>')
            beyond = " (bar cut)" if relative > LONGEST else ""
            parts.append(text(LABEL + length + 6, y + BAR - 3, f"{relative:.2f}, {time:.3g} ms{beyond}", colour="#444"))
            y += BAR + 2
        y += GAP
    line = f'<line x1="{LABEL + unit:.1f}" y1="8" x2="{LABEL + unit:.1f}" y2="{y - GAP}" stroke="#c33" stroke-dasharray="3 3"/>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">'
            f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>{"".join(parts)}{line}</svg>\n')
