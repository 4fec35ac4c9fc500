"""From records to tables: on the terminal, and as docs/performance.md with a picture."""
import json
import math
import sys

import picture
from peers import NOT_TAKING_PART


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def number(value, digits=3):
    if value is None:
        return "-"
    return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}" if 1e-3 < abs(value) < 1e6 else f"{value:.1e}"


HEAD = ("peer", "p50 ms", "p99 ms", "runs", "Windfall's p50 / its", "middle 80 %", "p99 / its", "load cold ms", "load warm ms",
        "peak MB", "above idle", "error L-inf", "RMS")


def row(name, result, ratios):
    """The cells of one peer; where it could not run, or ran wrong, the reason stands in their place."""
    if "cannot" in result:
        return [name, f"cannot: {result['cannot']}"]
    error = [number(result["error"]["l_inf"], 2), number(result["error"]["rms"], 2)]
    times = result.get("latency_ms", {"p50": None, "p99": None, "runs": 0})
    compared = ratios and ratios["p50"].get(name)
    ratio_cells = ["", "", ""]
    if compared:
        span = f"{number(compared['low'])}-{number(compared['high'])}"
        ratio_cells = [number(compared["median"]), span, number(ratios["p99"][name])]
    peak = result.get("peak_kb")
    memory = [f"{peak / 1e3:.0f}", f"{(peak - result['idle_kb']) / 1e3:.0f}"] if peak else ["-", "-"]
    return [name if result["ranked"] else f"{name} (wrong)", number(times["p50"]), number(times["p99"]), str(times["runs"]),
            *ratio_cells, number(result["load_ms"]["cold"]), number(result["load_ms"]["warm"]), *memory, *error]


def in_order(peers):
    def speed(item):
        return item[1].get("latency_ms", {}).get("p50", math.inf)
    return sorted(peers.items(), key=speed)


def rows_of(record):
    return [row(name, result, record["ratios"]) for name, result in in_order(record["peers"])]


def show(name, record):
    rows = [HEAD, *rows_of(record)]
    widths = [max(len(cells[i]) for cells in rows if len(cells) == len(HEAD)) for i in range(len(HEAD))]
    off = number(record["twin_off_by"], 2)
    print(f"\n{name}: {record['rounds']} rounds; the twin is off by {off} of the scale", file=sys.stderr)
    for cells in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() if len(cells) > 2
              else f"  {cells[0].ljust(widths[0])}  {cells[1]}", file=sys.stderr)
    print(file=sys.stderr, flush=True)


def key_of(setting):
    return f"{setting['threads']}-{setting['isa']}-{setting['precision']}"


def publish(setting, machine, records, folder):
    """Adds this run to docs/performance.json, replacing what it held of the same models and setting, and draws the page."""
    file = folder / "performance.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    section = kept.setdefault(key_of(setting), {"models": {}})
    if section.get("machine") != machine:
        section["models"] = {}  # numbers of two machines do not stand in one table
    section.update(setting=setting, machine=machine)
    section["models"].update(records)
    file.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for key, part in kept.items():
        (folder / f"performance-{key}.svg").write_text(picture.bars(part), encoding="utf-8")
    (folder / "performance.md").write_text(page(kept), encoding="utf-8")


def table(head, rows):
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def machine_words(machine):
    return (f"{machine['processor']} ({machine['family']}), {machine['cores']} cores{', virtual' if machine['virtual'] else ''}, "
            f"{machine['memory_gb']} GB; {' '.join(machine['flags'])}; {machine['system']}")


def overview(section):
    """Windfall's median time over each peer's, model by model."""
    models = section["models"]
    others = sorted({other for record in models.values() if record["ratios"] for other in record["ratios"]["p50"]})
    rows = []
    for name, record in models.items():
        ratios = record["ratios"]
        cells = [number(ratios["p50"][other]["median"]) if other in ratios["p50"] else "-" for other in others] if ratios else []
        best = [f"{number(ratios['p50'][ratios['best']]['median'])} ({ratios['best']})"] if ratios and ratios["best"] else []
        rows.append([name, *(cells or ["-"] * len(others)), *(best or ["not ranked"])])
    return table(["p50 / that of", *others, "the fastest accurate one"], rows)


def page(kept):
    parts = [
        "# Performance\n\nWritten by `./dev bench`; [bench/README.md](../bench/README.md) tells how it is measured. "
        "A ratio below 1 means that Windfall takes less time. Who is off by more than 5e-2 of the output's scale is marked "
        "wrong and not ranked; who is within 1e-2, and 1e-3 root mean square, counts as accurate (Float16's budget).",
        "\n".join(f"- Not taking part: {name}: {reason}." for name, reason in NOT_TAKING_PART.items()),
    ]
    for key, section in sorted(kept.items()):
        setting = section["setting"]
        parts.append(f"## {setting['threads']} thread{'s' if setting['threads'] > 1 else ''}, {setting['isa']}, "
                     f"precision {setting['precision']}\n\n{machine_words(section['machine'])}\n\n"
                     f"![times relative to ONNX Runtime](performance-{key}.svg)\n\n{overview(section)}")
        for name, record in section["models"].items():
            versions = ", ".join(f"{peer} {result['version']}" for peer, result in record["peers"].items()
                                 if "version" in result)
            rows = [cells if len(cells) == len(HEAD) else [cells[0], *[""] * (len(HEAD) - 2), cells[1]]
                    for cells in rows_of(record)]
            parts.append(f"### {name}\n\n{record['rounds']} rounds; weights {record['weights_bytes'] / 1e6:.0f} MB; the twin is "
                         f"off by {number(record['twin_off_by'], 2)} of the scale. {versions}.\n\n{table(list(HEAD), rows)}")
    return "\n\n".join(parts) + "\n"
