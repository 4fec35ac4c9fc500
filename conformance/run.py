#!/usr/bin/env python3
"""Runs coremltools' own tests against Windfall and writes docs/conformance.md. Started by `./dev conformance`."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import environment
import report
import stages
from environment import ROOT, say

WORK = ROOT / "build" / "conformance"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev conformance", description=__doc__)
    parser.add_argument("--stage", nargs="+", choices=list(stages.STAGES), default=list(stages.STAGES), metavar="NAME",
                        help=f"stages to run (all): {', '.join(stages.STAGES)}")
    parser.add_argument("--k", type=int, help="cases per test function, backend and frontend; 0: all (default: the stage's)")
    parser.add_argument("--seed", default="0", help="which cases, when not all of them run (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes (one per core)")
    parser.add_argument("--engine", default="reference", help="engine that predicts; `none`: a sanity run without Windfall")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results; without it, finished tests are kept")
    parser.add_argument("--retry", action="store_true", help="run tests again that failed earlier")
    parser.add_argument("--match", default="", metavar="REGEX", help="only tests whose id matches; the report is left alone")
    parser.add_argument("--timeout", type=int, default=300, help="seconds a test may take (300)")
    parser.add_argument("--strict-fp16", type=float, default=0.02, help="limit for fp16 errors, relative to max(1, rms) (0.02)")
    parser.add_argument("--machine", default="", help="what platform.machine() shall say, e.g. arm64")
    parser.add_argument("--run-xfails", action="store_true", help="run on where a test stops for a known fault of Apple's")
    parser.add_argument("--slice", action="store_true", help="the short seeded slice of ./dev test; the report is left alone")
    parser.add_argument("--json", action="store_true", help="last line: one object with passed, failed, skipped, predicted")
    parser.add_argument("--package", type=pathlib.Path, metavar="DIR",
                        help="use the windfall package in this folder; without it, our wheel is built and installed")
    return parser.parse_args()


def earlier_results(folder, options):
    """{test id: record}; with --fresh, nothing, and their files are removed."""
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return report.read_results(folder)


def write_settings(folder, stage, options, finished):
    settings = {
        "engine": "" if options.engine == "none" else options.engine,
        "out": str(folder),
        "match": options.match,
        "k": stage.k if options.k is None else options.k,
        "seed": options.seed,
        "timeout": options.timeout,
        "strict_fp16": options.strict_fp16,
        "machine": options.machine,
        "run_xfails": options.run_xfails,
        "platform_modules": list(stage.platform_modules),
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    (folder / "finished.json").write_text(json.dumps(sorted(finished)), encoding="utf-8")
    (folder / "selection.json").unlink(missing_ok=True)
    return settings


def python_path(options):
    folders = [str(environment.HERE)]
    if options.package:
        folders.append(str(options.package.resolve()))
    return folders + [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


def start_pytest(python, suite, folder, stage, options):
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    variables = dict(
        os.environ,
        WINDFALL_CONFORMANCE=str(folder / "settings.json"),
        WINDFALL_ENGINE=options.engine,
        INCLUDE_MIL_FP32_UNIT_TESTS="1",  # the tests that judge: their tolerance is 1e-4
        PYTHONPATH=os.pathsep.join(python_path(options)),
        PYTHONHASHSEED="0",  # workers must name the tests alike
        PYTHONDONTWRITEBYTECODE="1",
        OMP_NUM_THREADS="1",  # one core per worker
        # As on a Mac, equal values then keep their order when NumPy sorts short lines; some tests count on that.
        NPY_DISABLE_CPU_FEATURES="AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
        TMPDIR=str(temporary),
    )
    command = [
        python, "-m", "pytest", "-p", "plugin", "-p", "no:cacheprovider", "-q", "-W", "ignore", "--tb=short",
        f"--rootdir={suite.parent}", f"--timeout={options.timeout}", "--timeout-method=thread",
        "-n", str(options.jobs), "--max-worker-restart=1000000",
        *(str(suite / path) for path in stage.tests if (suite / path).exists()),
        *(f"--ignore={suite / path}" for path in stage.left_out),
    ]
    log = open(folder / "pytest.log", "w", encoding="utf-8")
    return subprocess.Popen(command, cwd=temporary, env=variables, stdout=log, stderr=subprocess.STDOUT)


def follow(process, folder, stage, finished):
    """Shows how far the run is until it ends."""
    began, shown = time.monotonic(), 0.0
    while process.poll() is None:
        time.sleep(0.5)
        every = 2 if sys.stderr.isatty() else 20
        if time.monotonic() - shown < every or not (folder / "selection.json").is_file():
            continue
        shown = time.monotonic()
        results = report.read_results(folder)
        selection = json.loads((folder / "selection.json").read_text(encoding="utf-8"))
        total = len(selection["selected"])
        kept = [results[test_id] for test_id in selection["selected"] if test_id in results]
        new = len(kept) - len(finished.intersection(selection["selected"]))
        rate = new / max(shown - began, 1e-3)
        left = f", about {(total - len(kept)) / rate / 60:.0f} min left" if new > 20 else ""
        failed = sum(record["outcome"] == "failed" for record in kept)
        line = f"{stage.name}: {len(kept)} of {total} tests, {failed} failed, {rate:.1f} tests/s{left}"
        print(f"\r\033[K{line}" if sys.stderr.isatty() else line, end="" if sys.stderr.isatty() else "\n",
              file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)


def run_pytest(python, suite, folder, stage, options, finished):
    process = start_pytest(python, suite, folder, stage, options)
    try:
        follow(process, folder, stage, finished)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise SystemExit("conformance: stopped; the next run goes on from here") from None
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    return process.returncode


def run_stage(python, suite, stage, options):
    folder = WORK / options.engine / stage.name
    results = earlier_results(folder, options)
    again = {"failed"} if options.retry else set()
    finished = {test_id for test_id, record in results.items() if record["outcome"] not in again}
    if options.match:
        finished = set()
    say(f"{stage.name}: {stage.what}")
    began = time.time()
    while True:
        settings = write_settings(folder, stage, options, finished)
        returncode = run_pytest(python, suite, folder, stage, options, finished)
        if returncode in (0, 1, 5) and (folder / "selection.json").is_file():
            break
        # pytest-xdist sometimes breaks down itself when a worker died of its test. What ran is recorded.
        done = finished.union(i for i, record in report.read_results(folder).items() if record["ended"] >= began)
        if len(done) == len(finished):
            print((folder / "pytest.log").read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            raise SystemExit(f"conformance: pytest ended with {returncode}; its log: {folder / 'pytest.log'}")
        say(f"{stage.name}: pytest broke down after a worker died; going on with what is left")
        finished = done
    return report.summarise(folder, stage, settings)


def main():
    options = arguments()
    python = environment.python_with_everything(options.slice, options.package)
    suite = environment.coremltools_folder(python)
    summaries = []
    for stage in [stages.SLICE] if options.slice else [stages.STAGES[name] for name in options.stage]:
        summary = run_stage(python, suite, stage, options)
        report.show(summary, details=bool(options.match))
        summaries.append(summary)
        if not (options.match or options.slice or options.engine == "none"):
            report.publish(summary, ROOT / "docs" / "conformance.json", ROOT / "docs" / "conformance.md")
    if options.json:
        print(json.dumps({key: sum(summary[key] for summary in summaries) for key in report.COUNTS}))
    return 1 if any(summary["unexplained"] for summary in summaries) else 0


if __name__ == "__main__":
    sys.exit(main())
