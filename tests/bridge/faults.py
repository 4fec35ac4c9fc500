#!/usr/bin/env python3
"""Shows that the bridge's tests see what they are for: puts each fault into a copy of the source, and the tests must fail.

Usage: tests/bridge/faults.py BUILD_FOLDER [NAME ...]     (a build with WINDFALL_APPLE_DOUBLE=ON; all faults by default)

A fault is a text of the source and what it is replaced by; a text that is no longer there exactly once is an error, so
that the list cannot fall behind the source. One file is compiled and the tests are linked again for each.
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
APPLE, BRIDGE, COREML = "src/bridge/apple/", "src/bridge/", "src/runtime/coreml/"

# name, pitfall of the list, file, text, replacement, tests
FAULTS = [
    ("strides_ignored", 1, APPLE + "values.mm", "strides = numbers_of([array strides]);", "strides = dense_strides(shape);", "BridgeArrays.*"),
    ("stride_of_one_used", 1, BRIDGE + "strided.cpp", "if (shape[i] == 1) continue;", "if (shape[i] == 0) continue;", "Strided.*"),
    ("unknown_dtype_guessed", 2, BRIDGE + "array_dtype.cpp", "default:\n      return Error(ErrorCode::kUnsupported, fmt::format(\"array type", "case 65544:\n      return DType::kInt8;\n    default:\n      return Error(ErrorCode::kUnsupported, fmt::format(\"array type", "BridgeArrays.Unknown*"),
    ("halves_as_floats", 2, BRIDGE + "array_dtype.cpp", "case kAppleFloat16:\n      return DType::kFloat16;", "case kAppleFloat16:\n      return DType::kFloat32;", "BridgeArrays.*"),
    ("last_row_not_checked", 3, BRIDGE + "strided.cpp", "if (needed > strided_bytes)", "if (needed > strided_bytes + 64)", "Strided.*"),
    ("last_row_taken_whole", 3, BRIDGE + "strided.cpp", "return last + 1;", "return strides.empty() ? 1 : shape[0] * strides[0];", "BridgeArrays.*:Strided.*"),
    ("handlers_strides_ignored", 4, APPLE + "state.mm", "numbers_of(strides), element_size", "numbers_of([array strides]), element_size", "BridgePredictions.States*"),
    ("pointer_escapes", 5, APPLE + "values.mm", "  return status;\n}\n\nint read_value", "  __block const void* kept = nullptr;\n  [array getBytesWithHandler:^(const void* there, NSInteger) {\n    kept = there;\n  }];\n  if (!bytes.empty()) bytes[0] = *static_cast<const std::byte*>(kept);\n  return status;\n}\n\nint read_value", "BridgeArrays.*"),
    ("error_decides", 6, APPLE + "predict.mm", "if (!outputs) return fail_with(failure, error, \"prediction\");", "if (error) return fail_with(failure, error, \"prediction\");", "BridgePredictions.Every*"),
    ("error_decides_load", 6, APPLE + "model.mm", "if (!model) return fail_with(failure, error, \"cannot load", "if (error) return fail_with(failure, error, \"cannot load", "BridgeModels.*"),
    ("exceptions_fly", 7, APPLE + "objc.h", "} @catch (NSException* exception) {\n          return fail_with(failure, exception);", "} @catch (NSString* exception) {\n          return fail(failure, WFA_EXCEPTION, \"\");", "BridgeModels.LoadThatFails"),
    ("exception_of_release", 7, APPLE + "objc.h", "    @try {\n      [object_ release];\n    } @catch (id) {", "    [object_ release];\n    @try {\n    } @catch (id) {", "BridgeModels.ModelThatRaises*"),
    ("cpp_exceptions_fly", 8, APPLE + "guard.cpp", "} catch (const std::exception& fault) {", "} catch (const std::bad_exception& fault) {", "BridgePredictions.Every*"),
    ("no_pool", 9, APPLE + "objc.h", "    @autoreleasepool {\n      code =", "    {\n      code =", "BridgeArrays.Pool*"),
    ("provider_leaked", 9, APPLE + "values.mm", "*out = [provider autorelease];", "*out = provider;", "BridgeArrays.Pool*"),
    ("released_twice", 10, APPLE + "guard.cpp", "if (auto* release = release_.exchange(nullptr)) release(context_);", "if (auto* release = release_.load()) release(context_);", "BridgeArrays.Memory*"),
    ("never_released", 10, APPLE + "guard.h", "~Lease() { end(); }", "~Lease() {}", "BridgeArrays.Memory*"),
    ("model_leaked", 10, APPLE + "model.mm", "Ref<MLModel*>::retained(model)}", "Ref<MLModel*>::retained([model retain])}", "BridgeArrays.*"),
    ("state_owned_twice", 10, APPLE + "state.mm", "Ref<id>::adopted([model->model.get() newState])", "Ref<id>::retained([model->model.get() newState])", "BridgePredictions.States*"),
    ("completion_not_awaited", 11, APPLE + "objc.mm", "here_.wait(lock, [this] { return done_; });", "", "BridgeModels.CompilationThatIs*"),
    ("callers_memory_used_late", 12, COREML + "values.cpp", "value.release = [](void* it) { delete static_cast<GivenValue*>(it); };", "value.release = [](void*) {};\n    delete this;", "CoreMlEngineOverDouble.*"),
    ("late_result_leaked", 13, COREML + "coreml_engine.cpp", "job.result.reset(result, wfa_free_result);", "job.result.reset(result, [](wfa_result*) {});", "CoreMlEngineOverDouble.Is*"),
    ("abandoned_not_counted", 13, BRIDGE + "worker.cpp", "      ++abandoned_count;\n", "", "Workers.*"),
    ("no_limit", 13, BRIDGE + "worker.cpp", "hanging >= abandoned_limit", "hanging >= abandoned_limit + 1000", "Workers.*"),
    ("rebuild_not_retried", 14, COREML + "live_model.cpp", "auto next = begin_loading();\n  if (!next) return std::move(next).error();\n  instance_ = *std::move(next);", "auto next = begin_loading();\n  if (!next) return std::move(next).error();", "CoreMlEngineOverDouble.LoadingAgainThatFails*"),
    ("hanging_rebuild_awaited", 14, COREML + "live_model.cpp", "const bool hangs = !shared->done &&", "const bool hangs = shared->done &&", "CoreMlEngineOverDouble.LoadingAgainThatHangs*"),
    ("backing_always_taken", 15, APPLE + "predict.mm", "[value multiArrayValue] == offer->array", "offer->array != nil", "BridgeArrays.MemoryOffered*"),
    ("rejection_not_survived", 15, APPLE + "predict.mm", "if (code != WFA_OK && !call.offers.empty())", "if (code == WFA_OK && call.offers.size() > 9)", "BridgeArrays.MemoryOffered*"),
    ("states_shared", 16, APPLE + "state.h", "if (state_->busy.exchange(true)) {", "if (state_->busy.exchange(true) && false) {", "BridgePredictions.StateThat*"),
    ("state_repeated", 16, APPLE + "predict.mm", "    return code;\n  }\n  if (code != WFA_OK && !call.offers", "  }\n  if (code != WFA_OK && !call.offers", "BridgePredictions.StateThat*"),
    ("missing_output_read", 17, APPLE + "predict.mm", "if (!value) return no_such_output(name, features, failure);", "if (!value) return WFA_OK;", "BridgePredictions.Outputs*"),
    ("text_as_array", 17, APPLE + "predict.mm", "if (out.view.kind != WFA_ARRAY)", "if (out.view.kind == 0)", "BridgePredictions.Outputs*"),
    ("function_dropped", 17, APPLE + "model.mm", "[configuration.get() setFunctionName:ns_text(options.function)];", ";", "BridgeModels.LoadHands*"),
    ("buffer_not_checked", 18, APPLE + "predict.mm", "if (out.shape != shape) {", "if (out.shape.size() != shape.size()) {", "BridgeArrays.OutputThat*"),
    ("second_writer_fails", 19, BRIDGE + "move_folder.cpp", "if (is_taken(to)) {", "if (!is_taken(from)) {", "BridgeModels.Concurrent*:MoveFolder.*"),
    ("no_copy_across", 19, BRIDGE + "move_folder.cpp", "if (reason == std::errc::cross_device_link)", "if (reason == std::errc::not_a_directory)", "BridgeModels.CompilationTo*"),
    ("bytes_trusted", 20, BRIDGE + "error_text.cpp", "if (length == 0) {", "if (length > 4) {", "BridgeModels.Bytes*:ErrorText.*"),
    ("nan_in_json", 21, BRIDGE + "facts.cpp", "return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);", "return value ? Json(std::to_string(*value)) : Json(nullptr);", "Facts.*"),
    ("units_not_mapped", 22, BRIDGE + "compute_units.h", "{kAppleAll, kAppleCpuOnly, kAppleCpuAndGpu, kAppleCpuAndNe}", "{kAppleCpuOnly, kAppleCpuAndGpu, kAppleAll, kAppleCpuAndNe}", "BridgeModels.LoadHands*:Units.*"),
]


class Build:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.work = self.folder / "faults"
        self.work.mkdir(exist_ok=True)
        self.commands = json.loads((self.folder / "compile_commands.json").read_text())
        for command in self.commands:  # not every CMake writes it
            words = shlex.split(command["command"])
            command["output"] = words[words.index("-o") + 1]

    def run(self, words, cwd, **more):
        return subprocess.run(words, cwd=cwd, capture_output=True, text=True, **more)

    def users_of(self, changed):
        """The compile commands of the file; of a header, those of every file of the bridge and its tests that sees it."""
        if not changed.endswith(".h"):
            wanted = {str(ROOT / changed)}
        else:
            folders = ("src/bridge", "src/runtime/coreml", "tests/bridge")
            wanted = {str(path) for folder in folders for path in (ROOT / folder).rglob("*")
                      if path.suffix in {".mm", ".cpp"} and self.sees(path, changed)}
        return [command for command in self.commands
                if command["file"] in wanted and ("over_double" in command["output"] or "/src/bridge/" in command["file"])]

    def sees(self, path, header, seen=None):
        seen = set() if seen is None else seen
        for name in re.findall(r'#\s*(?:include|import)\s+"([^"]+)"', path.read_text(encoding="utf-8")):
            if "src/" + name == header:
                return True
            below = ROOT / "src" / name
            if name not in seen and below.exists() and name.startswith(("bridge/", "runtime/coreml")):
                seen.add(name)
                if self.sees(below, header, seen):
                    return True
        return False

    def link_words(self):
        binary = "tests/bridge/double/over_double_tests"
        listed = self.run(["ninja", "-t", "commands", "-s", binary], self.folder).stdout.strip().splitlines()
        line = next(text for text in reversed(listed) if f" -o {binary} " in text)
        line = line.split("&&")[1] if line.lstrip().startswith(":") else line
        return shlex.split(line)

    def binary(self):
        words = self.link_words()
        return self.folder / words[words.index("-o") + 1]

    def try_fault(self, name, changed, text, replacement, tests):
        source = (ROOT / changed).read_text(encoding="utf-8")
        if source.count(text) != 1:
            return f"the text of this fault is {source.count(text)} times in {changed}: bring the list up to date"
        copy = self.work / name
        overlay = copy / changed
        overlay.parent.mkdir(parents=True, exist_ok=True)
        overlay.write_text(source.replace(text, replacement), encoding="utf-8")
        objects, replaced = [], set()
        for number, command in enumerate(self.users_of(changed)):
            words = shlex.split(command["command"])
            out = copy / f"{number}.o"
            words[words.index("-o") + 1] = str(out)
            words = [str(overlay) if word == command["file"] and not changed.endswith(".h") else word for word in words]
            at = 2 if "ccache" in words[0] else 1
            words[at:at] = [f"-I{copy / 'src'}"]
            words.append("-Wno-error")
            done = self.run(words, command["directory"])
            if done.returncode:
                return f"does not compile: {done.stderr[-600:]}"
            objects.append(str(out))
            replaced.add(command["output"])
        if not objects:
            return "no file of the build sees it"
        # Objects of the program are replaced; those of the library are never taken from it, for these come first.
        words = [word for word in self.link_words() if word not in replaced]
        binary = copy / "tests"
        words[words.index("-o") + 1] = str(binary)
        first = next(i for i, word in enumerate(words) if word.endswith(".o"))
        words[first:first] = objects
        done = self.run(words, self.folder)
        if done.returncode:
            return f"does not link: {done.stderr[-600:]}"
        return self.judge(binary, tests, copy)

    def judge(self, binary, tests, cwd):
        """What is wrong with the tests' verdict, nothing if they fail as they should."""
        try:
            done = self.run([str(binary), f"--gtest_filter={tests}", "--gtest_fail_fast"], cwd, timeout=300)
        except subprocess.TimeoutExpired:
            return None  # a hang is seen, too
        if "Running 0 tests" in done.stdout:
            return "its tests are gone"
        return None if done.returncode else "NOT SEEN: the tests pass with it"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = Build(sys.argv[1])
    chosen = [fault for fault in FAULTS if len(sys.argv) == 2 or fault[0] in sys.argv[2:]]
    bad = 0
    whole = build.judge(build.binary(), "*", build.work)
    if whole is None:
        print("the tests fail without any fault: nothing can be shown with them")
        return 1
    for name, pitfall, changed, text, replacement, tests in chosen:
        trouble = build.try_fault(name, changed, text, replacement, tests)
        bad += trouble is not None
        print(f"{'seen    ' if trouble is None else 'FAULTY  '} {pitfall:2} {name}{'' if trouble is None else ': ' + trouble}",
              flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} faults are seen by the tests")
    return 1 if bad or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
