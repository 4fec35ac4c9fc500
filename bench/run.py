#!/usr/bin/env python3
"""Runs Windfall and its peers on the same models, inputs and threads, interleaved in one run. Started by `./dev bench`."""
import argparse
import json
import math
import pathlib
import sys

import contest
import machine
import measures
import peers
import report

ROOT = peers.ROOT
RELEASE = ROOT / "build" / "release"
MODELS = ("resnet50", "mobilenetv3", "distilbert", "bert", "whisper_encoder", "fastvit", "depth_anything", "detr")
ENGINES = {"default": "", "fp32": ":fp32", "bf16": ":bf16"}


def names(text):
    return tuple(filter(None, text.split(",")))


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__ + " With all peers it writes docs/performance.md.")
    parser.add_argument("--model", type=names, default=MODELS, metavar="M[,M]",
                        help="models, also NAME-int8 and NAME-pal4 (all in fp16)")
    parser.add_argument("--peers", type=names, default=None, metavar="P,Q", help="peers beside windfall (all)")
    parser.add_argument("--threads", type=int, default=2, help="threads of everybody (2)")
    parser.add_argument("--rounds", type=int, default=20, help="rounds; each gives every peer a block of runs (20)")
    parser.add_argument("--isa", default="", help="instruction set that Windfall may use at most (WINDFALL_MAX_ISA)")
    parser.add_argument("--precision", choices=list(ENGINES), default="default", help="Windfall's precision")
    parser.add_argument("--engine", default="cpu", help="Windfall's engine (cpu)")
    parser.add_argument("--seed", type=int, default=1, help="of the order within the rounds (1)")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "build" / "models", help="folder of ./dev models")
    parser.add_argument("--windfall", type=pathlib.Path, default=RELEASE / "tools" / "windfall" / "windfall",
                        help="the command that computes the exact answers")
    parser.add_argument("--worker", type=pathlib.Path, default=RELEASE / "bench" / "windfall_worker",
                        help="Windfall's own worker")
    parser.add_argument("--slice", action="store_true", help="whether it all still works: MobileNetV3, two rounds, few peers")
    parser.add_argument("--json", action="store_true", help="last line: one object with ratio_p50 and ratio_p99")
    options = parser.parse_args()
    options.work = ROOT / "build" / "bench"
    if options.slice:
        options.model, options.rounds = ("mobilenetv3",), 2
        options.peers = options.peers or ("onnxruntime",)
    # A part of the peers, or another engine, is for one's own eyes.
    options.publish = options.peers is None and options.engine == "cpu"
    return options


def chosen_peers(options):
    """Windfall and those asked for; bfloat16 only when asked for, or by --precision."""
    every = peers.all_peers(options.worker, options.engine + ENGINES[options.precision])
    known = [peer.name for peer in every]
    wanted = options.peers or known
    if set(wanted) - set(known):
        raise SystemExit(f"bench: no peer {', '.join(set(wanted) - set(known))}; there are {', '.join(known)}")
    peers.build_rust_peers(wanted)
    return [peer for peer in every if peer.name in wanted or peer.name == "windfall"]


def run_model(name, taking_part, options):
    current = contest.Contest(contest.models_folder_of(options, name), options.work, options)
    report.say(f"{name}: the exact answer, and loading {len(taking_part)} peers")
    truths, distance = contest.truths_of(current, options)
    results = current.run(taking_part, truths)
    record = {"peers": results, "ratios": contest.ratios(current), "bf16_ratios": contest.ratios(current, "windfall-bf16"),
              "twin_off_by": distance["l_inf"], "weights_bytes": current.manifest["weights"]["bytes_on_disk"],
              "rounds": options.rounds}
    report.show(name, record)
    return record


def summary(records):
    """{"ratio_p50": {peer: ...}, "ratio_p99": ...}: of one model its own, of several their geometric means."""
    counted = {name: record["ratios"] for name, record in records.items() if record["ratios"]}
    others = sorted({other for ratios in counted.values() for other in ratios["p50"]})
    p50 = {other: measures.geometric_mean(r["p50"][other]["median"] for r in counted.values() if other in r["p50"])
           for other in others}
    p99 = {other: measures.geometric_mean(r["p99"][other] for r in counted.values() if other in r["p99"]) for other in others}
    beside_best = [ratios for ratios in counted.values() if ratios["best"]]
    if beside_best:
        p50["best"] = measures.geometric_mean(ratios["p50"][ratios["best"]]["median"] for ratios in beside_best)
        p99["best"] = measures.geometric_mean(ratios["p99"][ratios["best"]] for ratios in beside_best)
    wrong = sorted(f"{name}: {peer}" for name, record in records.items() for peer, result in record["peers"].items()
                   if not result["ranked"] and "cannot" not in result)
    return {"ratio_p50": p50, "ratio_p99": p99, "wrong": wrong, "models": records}


def finite(value):
    """JSON has no infinity: an infinite error becomes null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main():
    options = arguments()
    here = machine.describe()
    taking_part = chosen_peers(options)
    records = {name: run_model(name, taking_part, options) for name in options.model}
    setting = {"threads": options.threads, "isa": options.isa or machine.best_isa(here), "precision": options.precision,
               "engine": options.engine}
    if options.publish:
        report.publish(setting, here, finite(records), ROOT / "docs")
    if options.json:
        print(json.dumps(finite({**summary(records), "setting": setting, "machine": here})))
    failed = [name for name, record in records.items() if not record["peers"].get("windfall", {}).get("ranked")]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
