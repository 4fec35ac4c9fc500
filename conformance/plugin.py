"""pytest plugin: runs coremltools' own tests against Windfall, measures them and writes one line per test.

    WINDFALL_CONFORMANCE=settings.json PYTHONPATH=conformance python -m pytest -p plugin FILES

`run.py` writes the settings and reads the results; see README.md for their fields. The plugin has to precede the first
`import coremltools` (-p does that), because coremltools looks for its backend while it is imported.
"""
import gc
import hashlib
import json
import os
import pathlib
import random
import re
import time

import numpy
import pytest

import measuring
import on_linux
import stages

SETTINGS = json.loads(pathlib.Path(os.environ["WINDFALL_CONFORMANCE"]).read_text(encoding="utf-8"))
OUT = pathlib.Path(SETTINGS["out"])
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

on_linux.prepare(SETTINGS)
measuring.install(SETTINGS)


# --- which tests run -------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val, argname):
    """coremltools names cases NAME=VALUE; where VALUE shows an address, every process would name the test differently."""
    text = re.sub(r" at 0x[0-9a-f]+", "", f"{argname}={val}")
    return text if callable(val) or isinstance(val, tuple) else None


def stratum(item):
    """Cases that differ only in their remaining parameters: k of each are taken."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    backend = next((str(parameters[name]) for name in ("backend", "backends") if name in parameters), "")
    return item.nodeid.split("[")[0], backend, str(parameters.get("frontend", ""))


def chosen(items, k, seed):
    """k items of each stratum by a hash of (seed, id): the same on every worker and every machine."""
    if not k:
        return set(item.nodeid for item in items)
    groups = {}
    for item in items:
        groups.setdefault(stratum(item), []).append(item.nodeid)

    def rank(test_id):
        return hashlib.sha1(f"{seed}\0{test_id}".encode()).hexdigest()

    return {test_id for ids in groups.values() for test_id in sorted(ids, key=rank)[:k]}


def pytest_collection_modifyitems(config, items):
    skip, match = stages.read_list("skip.txt"), stages.re.compile(SETTINGS["match"])
    candidates = [item for item in items if match.search(item.nodeid)]
    skipped = {item.nodeid: reason for item in candidates if (reason := stages.reason_for(item.nodeid, skip))}
    keep = chosen([item for item in candidates if item.nodeid not in skipped], SETTINGS["k"], SETTINGS["seed"])
    if WORKER in ("", "gw0"):
        selection = {"selected": sorted(keep), "left_out": skipped}
        (OUT / "selection.json").write_text(json.dumps(selection), encoding="utf-8")
    # Written before the run started, so that a worker that replaces a dead one collects the same tests.
    keep -= set(json.loads((OUT / "finished.json").read_text(encoding="utf-8")))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in keep])
    items[:] = [item for item in items if item.nodeid in keep]


def pytest_collection_finish(session):
    """coremltools collects garbage after each conversion, half a second with PyTorch in memory: exempt what is there."""
    gc.collect()
    gc.freeze()


# --- one record per test ---------------------------------------------------------------------------------------------


def write_record(record):
    with open(OUT / f"results-{WORKER or 'main'}.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(dict(record, ended=time.time())) + "\n")


def running_note(worker):
    return OUT / f"running-{worker}.json"


def process_size():
    """(resident MB, open files) of this process: a leak shows as growth over a worker's records."""
    pages = int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20, len(os.listdir("/proc/self/fd"))


def seed_generators(test_id):
    """Every test draws the same numbers whatever ran before it."""
    seed = int(hashlib.sha1(test_id.encode()).hexdigest()[:8], 16)
    random.seed(seed)
    numpy.random.seed(seed)
    torch = on_linux.loaded("torch")
    if torch:
        torch.manual_seed(seed)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    measuring.start(item.nodeid)
    running_note(WORKER or "main").write_text(json.dumps({"id": item.nodeid, "since": time.time()}), encoding="utf-8")
    seed_generators(item.nodeid)
    yield
    measuring.finish_record()
    memory, files = process_size()
    write_record(dict(measuring.record, memory_mb=memory, open_files=files))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    measuring.note_phase(report, call.excinfo)


def pytest_runtest_logreport(report):
    """A worker that died: its controller reports the test it was running, with a phase of its own."""
    if not WORKER and report.when == "???":
        note = json.loads(running_note(report.node.gateway.id).read_text(encoding="utf-8"))
        seconds = time.time() - note["since"]
        hung = seconds >= SETTINGS["timeout"]
        write_record({
            "id": report.nodeid, "outcome": "failed", "seconds": round(seconds, 3), "predicts": 1,
            "exception": "Hang" if hung else "ProcessDied",
            "message": f"no answer within {SETTINGS['timeout']} s" if hung else "the process died",
        })


def pytest_collectreport(report):
    """A test file that cannot be imported is a failure, not an absence."""
    if report.failed and WORKER in ("", "gw0"):
        write_record({
            "id": report.nodeid, "outcome": "failed", "seconds": 0, "predicts": 0, "exception": "CollectionError",
            "message": report.longreprtext.strip().splitlines()[-1][:300], "detail": report.longreprtext[-2000:],
        })
