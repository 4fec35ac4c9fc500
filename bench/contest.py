"""One model, all peers, interleaved: in every round each peer has a block of runs, in an order drawn anew."""
import json
import os
import random
import shutil
import time

import numpy as np
from safetensors.numpy import load_file, save_file

import exact
import measures
from peers import ROOT, why_not
from worker_process import WorkerFailed, WorkerProcess

WRONG = 5e-2  # of the output's scale: whoever is further off computes something else, and is not ranked
BLOCK_MS = 400  # about how long a block takes, so that slow peers do not get all the time
MOST_PER_BLOCK = 50
PAUSE_S = 0.02  # between blocks: threads that spin while they wait go to sleep in it
FP16 = {"l_inf": 1e-2, "rms": 1e-3}  # the lab's budget for Float16: who is within it counts as accurate


class Contest:
    def __init__(self, folder, work, options):
        self.folder, self.options = folder, options
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.work = work / folder.name
        self.work.mkdir(parents=True, exist_ok=True)
        self.input_file = self.work / "input.safetensors"
        save_file(dict(np.load(self.file("input"))), self.input_file)
        self.results, self.workers, self.rounds, self.blocks = {}, {}, {}, {}

    def file(self, kind):
        return self.folder / self.manifest["files"][kind]

    def path_for(self, peer):
        # PyTorch and candle have the weights as they were before compression.
        paths = {"package": self.file("core_ml"), "onnx": self.file("onnx"), "folder": self.file("weights").parent}
        return paths[peer.reads].resolve()

    def start(self, peer):
        return WorkerProcess(peer, self.input_file, self.options.threads, self.options.isa, self.work)

    def prepare(self, peer):
        """Loads twice, each in a new process: cold, with the files dropped from the page cache and without what the peer may
        have kept, and warm."""
        reason = why_not(peer)
        if reason:
            raise WorkerFailed(reason)
        path = self.path_for(peer)
        shutil.rmtree(self.work / f"{peer.name}.cache", ignore_errors=True)
        cold = self.start(peer)
        try:
            drop_from_page_cache(path)
            cold_ms = cold.load(path)
        finally:
            cold.close()
        worker = self.start(peer)
        self.workers[peer.name] = worker
        idle_kb = worker.memory()["now_kb"]
        self.results[peer.name] = {
            "about": peer.about, "version": worker.version, "load_ms": {"cold": cold_ms, "warm": worker.load(path)},
            "idle_kb": idle_kb, "first_ms": worker.run(1)[0],
        }
        self.blocks[peer.name] = block_length(worker.run(2))

    def judge(self, peer, truths):
        worker, result = self.workers[peer.name], self.results[peer.name]
        output = self.work / f"{peer.name}.safetensors"
        worker.output(output)
        result["error"] = measures.error(load_file(output), truths[peer.reads])
        result["ranked"] = result["error"]["l_inf"] <= WRONG
        result["accurate"] = all(result["error"][key] <= limit for key, limit in FP16.items())

    def run(self, peers, truths):
        for peer in peers:
            try:
                self.prepare(peer)
                self.judge(peer, truths)
            except WorkerFailed as failure:
                self.give_up(peer.name, failure)
        try:
            self.race()
        finally:
            for worker in self.workers.values():
                worker.close()
        return self.results

    def give_up(self, name, failure):
        words = str(failure).splitlines()[0].replace(f"{ROOT}/", "")  # what is published names no folder of this machine
        self.results[name] = {"cannot": words[:400], "ranked": False}
        worker = self.workers.pop(name, None)
        if worker:
            worker.close()

    def race(self):
        self.rounds = {name: [] for name in self.workers}
        chance = random.Random(self.options.seed)
        for _ in range(self.options.rounds):
            order = sorted(self.workers)
            chance.shuffle(order)
            for name in order:
                time.sleep(PAUSE_S)
                try:
                    # The first run of a block finds the caches full of another peer's data: it warms up.
                    self.rounds[name].append(self.workers[name].run(self.blocks[name] + 1)[1:])
                except WorkerFailed as failure:
                    self.give_up(name, failure)
        for name, worker in self.workers.items():
            memory = worker.memory()
            self.results[name].update(latency_ms=measures.latency(self.rounds[name]), peak_kb=memory["peak_kb"])


def block_length(times):
    return max(1, min(MOST_PER_BLOCK, int(BLOCK_MS / min(times))))


def drop_from_page_cache(path):
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            with open(file, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ratios(contest, against="windfall"):
    """`against` over each other peer that computes right; `best` is the fastest of those that are accurate, if `against`
    is, else of all."""
    rounds, results = contest.rounds, contest.results
    if not results.get(against, {}).get("ranked"):
        return None
    others = {name: result for name, result in results.items() if result["ranked"] and not name.startswith("windfall")}
    if not others:
        return None
    mine = results[against]
    equals = [name for name, result in others.items() if result["accurate"] or not mine["accurate"]]
    return {
        "p50": {name: measures.ratio(rounds[against], rounds[name]) for name in others},
        "p99": {name: mine["latency_ms"]["p99"] / other["latency_ms"]["p99"] for name, other in others.items()},
        "best": min(equals, key=lambda name: others[name]["latency_ms"]["p50"], default=None),
    }


def models_folder_of(options, name):
    folder = options.models / name
    if not (folder / "manifest.json").is_file():
        raise SystemExit(f"bench: there is no model {folder}: build it with ./dev models --model {name.partition('-')[0]}")
    return folder


def truths_of(contest, options):
    package = exact.of_package(options.windfall, contest.file("core_ml"), contest.file("input"), options.work / "exact")
    twin = exact.of_twin(contest.file("expected"))
    distance = exact.check_same_model(contest.folder.name, package, twin, contest.manifest["quantization"] is not None)
    return {"package": package, "onnx": twin, "folder": twin}, distance
