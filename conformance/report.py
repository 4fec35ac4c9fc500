"""Results to sums, and sums to docs/conformance.md."""
import collections
import json

import stages

# What --json says. `predicted`: tests that asked for a prediction, of which some failed; `passed` counts only those of
# them that passed; `failed` counts every failure, also of tests that never came to predict.
COUNTS = ("passed", "failed", "skipped", "predicted")
WORST_SHOWN = 5


def read_results(folder):
    """{test id: its last record}, of all workers' files."""
    results = {}
    for path in folder.glob("results-*.jsonl"):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):  # else: being written
                    record = json.loads(line)
                    if record["ended"] >= results.get(record["id"], record)["ended"]:
                        results[record["id"]] = record
    return results


def summarise(folder, stage, settings):
    selection = json.loads((folder / "selection.json").read_text(encoding="utf-8"))
    results = read_results(folder)
    wanted = set(selection["selected"])
    started = (folder / "settings.json").stat().st_mtime
    broken_files = [record for record in results.values()
                    if record.get("exception") == "CollectionError" and record["ended"] >= started]
    records = [results[test_id] for test_id in selection["selected"] if test_id in results] + broken_files
    known = stages.read_list("known_failures.txt")
    failed = [record for record in records if record["outcome"] == "failed"]
    explained = collections.Counter()
    unexplained = []
    for record in failed:
        reason = stages.reason_for(record["id"], known)
        if reason:
            explained[reason] += 1
        else:
            unexplained.append({key: record.get(key, "") for key in ("id", "exception", "message")})
    predicting = [record for record in records if record["predicts"]]
    return {
        "stage": stage.name,
        "what": stage.what,
        "k": settings["k"],
        "seed": settings["seed"],
        "engine": settings["engine"],
        "passed": sum(record["outcome"] == "passed" for record in predicting),
        "failed": len(failed),
        "skipped": len(selection["left_out"]) + sum(record["outcome"] in ("skipped", "xfailed") for record in records),
        "predicted": len(predicting),
        "predictions": sum(record["predicts"] for record in records),
        "without_prediction": sum(not record["predicts"] and record["outcome"] == "passed" for record in records),
        "not_finished": len(wanted) - len([record for record in records if record["id"] in wanted]),
        "held_to_fp16": sum(bool(record.get("held_to_fp16")) for record in predicting if record["outcome"] == "passed"),
        "died": sum(record.get("exception") == "ProcessDied" for record in failed),
        "hung": sum(record.get("exception") == "Hang" for record in failed),
        "minutes": round(sum(record["seconds"] for record in records) / 60, 1),
        "left_out": dict(collections.Counter(selection["left_out"].values())),
        "not_run": dict(collections.Counter(
            record.get("message", "") for record in records if record["outcome"] in ("skipped", "xfailed"))),
        "explained": dict(explained),
        "unexplained": unexplained,
        "worst": worst_errors(predicting),
        "memory": memory_growth(folder),
    }


def worst_errors(records):
    """The largest relative errors that passed, one per test function; comparisons with an fp16 limit apart."""
    found = {}
    for kind in ("worst", "worst_fp16"):
        by_function = {}
        for record in records:
            error = record.get(kind)
            if error and record["outcome"] == "passed":
                function = record["id"].split("[")[0].split("/")[-1]
                if error["relative"] > by_function.get(function, {"relative": 0})["relative"] and error["rms"] > 0:
                    by_function[function] = error
        ranked = sorted(by_function.items(), key=lambda entry: -entry[1]["relative"])[:WORST_SHOWN]
        found[kind] = [{"test": function, **error} for function, error in ranked]
    return found


def memory_growth(folder):
    """Of the worker that ran the most tests: resident MB and open files after a tenth of its tests and at its end."""
    longest = []
    for path in folder.glob("results-*.jsonl"):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if '"memory_mb"' in line]
        longest = max(longest, lines, key=len)
    if len(longest) < 20:
        return {}
    early, last = longest[len(longest) // 10], longest[-1]
    return {"tests": len(longest), "early_mb": early["memory_mb"], "last_mb": last["memory_mb"],
            "early_files": early["open_files"], "last_files": last["open_files"]}


def score(summary):
    """Share of passed tests among those that predicted or failed."""
    of = summary["passed"] + summary["failed"]
    return f"{100 * summary['passed'] / of:.2f} %" if of else "-"


def show(summary, details):
    print(f"{summary['stage']}: {summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} not run; "
          f"{summary['predicted']} predicted, score {score(summary)}; {summary['without_prediction']} passed without "
          f"predicting; {summary['minutes']} worker minutes")
    if summary["not_finished"]:
        print(f"  {summary['not_finished']} tests did not finish")
    groups = collections.defaultdict(list)
    for failure in summary["unexplained"]:
        groups[(failure["id"].split("[")[0], failure["exception"], failure["message"][:110])].append(failure)
    for (function, exception, message), failures in sorted(groups.items()):
        print(f"  {len(failures):4} {function}: {exception}: {message}")
        if details:
            for failure in failures[:5]:
                print(f"       {failure['id']}\n         {failure['message']}")


def title_of(summary):
    """The stage, and the engine unless it is the reference."""
    return summary["stage"] if summary["engine"] == "reference" else f"{summary['stage']} ({summary['engine']})"


def publish(summary, data, page):
    """Replaces the stage in the committed data and renders the page from it: stages can be run one by one."""
    everything = json.loads(data.read_text(encoding="utf-8")) if data.is_file() else {}
    everything[title_of(summary)] = summary
    ordered = {name: everything[name] for stage in stages.STAGES for name in sorted(everything)
               if everything[name]["stage"] == stage}
    data.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    page.write_text(render(list(ordered.values())), encoding="utf-8")


def render(summaries):
    lines = [
        "# Conformance",
        "",
        "coremltools' own tests, on Linux, against Windfall. Written by `./dev conformance`; see",
        "[conformance/README.md](../conformance/README.md) for how it works and what counts.",
        "",
        "A test is *predicted* when it asked for at least one prediction; *passed* counts those alone. *Failed* counts every",
        "failure. *Not run*: skipped by the test itself, expected to fail on Apple's systems, or left out with a reason below.",
        "The score is passed / (passed + failed).",
        "",
        "| stage | cases | predicted | passed | failed | not run | score |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for summary in summaries:
        cases = "all" if not summary["k"] else f"{summary['k']} per function and backend, seed {summary['seed']}"
        anchor = title_of(summary).replace(" ", "-").replace("(", "").replace(")", "")
        lines.append(f"| [{title_of(summary)}](#{anchor}) | {cases} | {summary['predicted']} | {summary['passed']} "
                     f"| {summary['failed']} | {summary['skipped']} | {score(summary)} |")
    for summary in summaries:
        lines += render_stage(summary)
    return "\n".join(lines) + "\n"


def render_stage(summary):
    lines = ["", f"## {title_of(summary)}", "", f"{summary['what'][0].upper()}{summary['what'][1:]}. Engine: "
             f"{summary['engine']}. {summary['predictions']} predictions, {summary['minutes']} worker minutes; "
             f"{summary['died']} tests killed their process, {summary['hung']} hung; {summary['without_prediction']} more "
             "passed without predicting."]
    if summary["held_to_fp16"]:
        lines += ["", f"{summary['held_to_fp16']} of the passed tests hold a program that computes in fp16 to an fp32 limit, which the "
                  "declared rounding exceeds; they were held to four fp16 roundings of the largest value instead."]
    memory = summary["memory"]
    if memory:
        lines += ["", f"One worker over {memory['tests']} tests: {memory['early_mb']} MB after a tenth of them, "
                  f"{memory['last_mb']} MB at the end; {memory['early_files']} and {memory['last_files']} open files."]
    lines += ["", "Failures and their reasons:", ""]
    lines += [f"- {count} x {reason}" for reason, count in sorted(summary["explained"].items())]
    lines += [f"- `{failure['id']}`: {failure['exception']}: {one_line(failure['message'])}"
              for failure in summary["unexplained"]]
    if not summary["failed"]:
        lines.append("- none")
    for kind, title in (("worst", "Largest errors among those that pass, relative to the rms of the reference:"),
                        ("worst_fp16", "The same under the fp16 limit:")):
        if summary["worst"][kind]:
            lines += ["", title, "", "| test | error | rms | relative |", "|---|--:|--:|--:|"]
            lines += [f"| {error['test']} | {error['absolute']:.2g} | {error['rms']:.2g} | {error['relative']:.2g} |"
                      for error in summary["worst"][kind]]
    left_out = [f"- {count} x left out: {reason}" for reason, count in sorted(summary["left_out"].items())]
    not_run = [f"- {count} x {one_line(reason)}" for reason, count in sorted(summary["not_run"].items(), key=lambda e: -e[1])]
    if left_out or not_run:
        lines += ["", "Not run:", "", *left_out, *not_run]
    return lines


def one_line(text):
    return " ".join(text.split())[:200].replace("|", "\\|")
