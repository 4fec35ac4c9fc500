"""The driver's side of a worker (workers/protocol.py)."""
import json
import os
import queue
import subprocess
import threading


class WorkerFailed(Exception):
    """What a peer said, or that it died."""


class WorkerProcess:
    def __init__(self, peer, input_file, threads, isa, folder):
        filled = [part.format(input=input_file, threads=threads) for part in peer.command]
        variables = {
            **os.environ,
            # Each library has its own name for the same number.
            **{name: str(threads) for name in ("WINDFALL_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS",
                                               "WORKER_THREADS")},
            "WORKER_CACHE": str(folder / f"{peer.name}.cache"),
        }
        if isa:
            variables["WINDFALL_MAX_ISA"] = isa
        processors = set(sorted(os.sched_getaffinity(0))[:threads])
        self.name = peer.name
        self.log = open(folder / f"{peer.name}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            filled, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=variables,
            preexec_fn=lambda: os.sched_setaffinity(0, processors))
        self.answers = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.version = self._answer(120)["version"]

    def _listen(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.answers.put(line)
        self.answers.put(None)

    def _answer(self, seconds):
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            self.process.kill()
            raise WorkerFailed(f"no answer within {seconds:.0f} s") from None
        if line is None:
            raise WorkerFailed(f"its process ended with {self.process.wait()}: {self._last_words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerFailed(answer["error"])
        return answer

    def _last_words(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        return lines[-1] if lines else "without a word"

    def ask(self, command, seconds):
        try:
            print(command, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # it died; _answer tells how
        return self._answer(seconds)

    def load(self, path):
        return self.ask(f"load {path}", 900)["ms"]

    def run(self, count, seconds=900):
        return self.ask(f"run {count}", seconds)["ms"]

    def memory(self):
        return self.ask("memory", 60)

    def output(self, path):
        self.ask(f"output {path}", 120)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
        self.log.close()
