"""The benchmark's driver with peers made up for the purpose: one right, one wrong, one that refuses, one that dies."""
import argparse
import json
import pathlib
import sys

import numpy as np
import pytest

pytest.importorskip("safetensors")
BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import contest  # noqa: E402
import peers  # noqa: E402
import picture  # noqa: E402
import report  # noqa: E402

WORKER = f"""
import os, sys
sys.path.insert(0, {str(BENCH / "workers")!r})
import protocol

class Peer:
    def version(self):
        return "1.0"
    def load(self, path, inputs, threads):
        print("chatter on standard output")
        if sys.argv[3] == "refuses":
            raise ValueError("no layer of that kind")
        self.inputs = inputs
    def run(self):
        if sys.argv[3] == "dies":
            os._exit(3)
        self.answer = self.inputs["x"] * 2 + (sys.argv[3] == "wrong")
    def outputs(self):
        return {{"y": self.answer}}

protocol.serve(Peer(), sys.argv[1], int(sys.argv[2]))
"""


@pytest.fixture
def finished(tmp_path):
    folder = tmp_path / "doubler"
    folder.mkdir()
    np.savez(folder / "input.npz", x=np.array([1.0, 2.0], np.float32))
    (folder / "doubler.onnx").write_bytes(b"the twin")
    (folder / "manifest.json").write_text(json.dumps({"files": {"input": "input.npz", "onnx": "doubler.onnx",
                                                                "core_ml": "doubler.onnx", "weights": "doubler.onnx"}}))
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    options = argparse.Namespace(threads=1, isa="", rounds=3, seed=1)
    ran = contest.Contest(folder, tmp_path / "work", options)
    names = {"windfall": "right", "right": "right", "wrong": "wrong", "refuses": "refuses", "dies": "dies"}
    taking_part = [peers.Peer(name, "made up", "onnx", (sys.executable, str(script), "{input}", "{threads}", kind))
                   for name, kind in names.items()]
    taking_part.append(peers.Peer("absent", "made up", "onnx", ("/nowhere/to/be/found",)))
    ran.run(taking_part, {"onnx": {"y": np.array([2.0, 4.0])}})
    return ran


def test_each_peer_gets_what_it_deserves(finished):
    results = finished.results
    assert results["right"]["ranked"] and results["right"]["accurate"] and results["right"]["error"]["l_inf"] == 0
    assert not results["wrong"]["ranked"] and results["wrong"]["error"]["l_inf"] == pytest.approx(0.25)
    assert "no layer of that kind" in results["refuses"]["cannot"]
    assert "ended with 3" in results["dies"]["cannot"]
    assert results["absent"]["cannot"] == "not set up"


def test_each_round_gives_each_worker_a_block(finished):
    assert {name: len(rounds) for name, rounds in finished.rounds.items()} == {"windfall": 3, "right": 3, "wrong": 3}
    assert finished.results["right"]["latency_ms"]["runs"] == 3 * finished.blocks["right"]
    assert finished.results["right"]["peak_kb"] >= finished.results["right"]["idle_kb"]


def test_ratios_are_to_those_alone_who_compute_right(finished):
    ratios = contest.ratios(finished)
    assert list(ratios["p50"]) == ["right"] and ratios["best"] == "right"
    assert contest.ratios(finished, "wrong") is None


def test_the_page_tells_of_everybody(finished, tmp_path):
    record = {"peers": finished.results, "ratios": contest.ratios(finished), "twin_off_by": 0.0, "weights_bytes": 8, "rounds": 3}
    machine = {"processor": "none", "family": "", "cores": 1, "flags": [], "memory_gb": 1, "virtual": False, "system": ""}
    setting = {"threads": 1, "isa": "avx2", "precision": "default", "engine": "cpu"}
    report.publish(setting, machine, {"doubler": record}, tmp_path)
    report.publish(setting, machine, {"other": record}, tmp_path)
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "### doubler" in text and "### other" in text and "| wrong (wrong) |" in text and "no layer of that kind" in text
    assert (tmp_path / "performance-1-avx2-default.svg").read_text(encoding="utf-8").count("<rect") == 5


def test_a_picture_shows_only_the_ranked(finished):
    record = {"peers": finished.results}
    assert {name for name, _, _ in picture.relative_times(record)} == {"windfall", "right"}
