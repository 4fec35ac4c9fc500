"""A worker: one peer in one long-lived process. Commands come as lines, answers go back as lines of JSON.

    load PATH     read the model and make it ready                 {"ms": ...}
    run N         predict N times                                  {"ms": [...]}
    output FILE   write the last prediction's outputs (safetensors)  {}
    memory        the process's memory now and at its peak         {"now_kb": ..., "peak_kb": ...}

What fails answers {"error": "..."}. bench/peers/protocol (Rust) and windfall_worker.cpp speak the same.
"""
import json
import os
import sys
import time


class Answers:
    """The real standard output. Libraries that print get standard error in its place."""

    def __init__(self):
        self.stream = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def give(self, answer):
        print(json.dumps(answer), file=self.stream, flush=True)


def memory():
    with open("/proc/self/status", encoding="ascii") as status:
        facts = dict(line.split(":", 1) for line in status)
    return {"now_kb": int(facts["VmRSS"].split()[0]), "peak_kb": int(facts["VmHWM"].split()[0])}


def milliseconds(action):
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1e3


def serve(peer, input_file, threads):
    """`peer` has version, load(path, inputs, threads), run() and outputs() -> {name: array}."""
    from safetensors.numpy import load_file, save_file
    answers = Answers()
    inputs = load_file(input_file)
    answers.give({"version": peer.version()})
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        try:
            if command == "load":
                answers.give({"ms": milliseconds(lambda: peer.load(argument, inputs, threads))})
            elif command == "run":
                answers.give({"ms": [milliseconds(peer.run) for _ in range(int(argument))]})
            elif command == "output":
                save_file(peer.outputs(), argument)
                answers.give({})
            elif command == "memory":
                answers.give(memory())
            else:
                answers.give({"error": f"no command {command!r}"})
        except Exception as error:  # whatever a peer stumbles over is its result
            answers.give({"error": f"{type(error).__name__}: {error}"[:2000]})
