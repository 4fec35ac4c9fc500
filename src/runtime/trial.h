// A model tried in a child process first, for an engine that may take its process with it: Core ML has been
// seen to abort in a model's first load or first prediction, which no breaker in the same process survives.
//
// The child is the program windfall-trial: it loads the model and predicts once, from generated inputs. How
// that ended is remembered per model, engine, function, compute units, build of the system and version of
// Windfall, so that it is not done again at each start. Where the program is not installed nothing is tried,
// and the verdict says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "runtime/engine.h"

namespace wf {

enum class TrialEnding : uint8_t {
  kSurvived,  // it answered, or failed with an error: the process lives
  kDied,      // of a signal, or it ended without a word
  kTimedOut,  // it was ended at its deadline; forgotten after a day, for the machine may just have been busy
  kNotTried,  // there is no program to try it with, or no file to try
};
std::string_view name_of(TrialEnding ending);  // "survived", "died", "timed out", "not tried"

struct TrialVerdict {
  TrialEnding ending = TrialEnding::kNotTried;
  std::string text;         // for people: "died of signal 6 (Aborted)"
  bool remembered = false;  // of an earlier trial
  std::filesystem::path
      note;  // the file that remembers it, to be deleted for another trial; "" if none could be written
};

struct TrialOptions {
  // "": what WINDFALL_TRIAL names in the environment, else windfall-trial beside this library or program, or
  // in
  // ../libexec/windfall from there.
  std::filesystem::path program;
  // Where verdicts are remembered; "": trials/ in the folder of the shared cache.
  std::filesystem::path folder;
  std::chrono::milliseconds deadline{std::chrono::minutes(15)};
  std::string system;  // "": os_build()
};

// Tries what prepare(file, options) and a prediction by the engine of that name would do; takes as long as
// they do. Any thread; a process that tries the same model at the same time does it once more.
TrialVerdict try_model(const ModelFile& file, const PrepareOptions& prepare, std::string_view engine,
                       const TrialOptions& options = {});

// An error for what died or timed out, with what to do about it.
Status to_status(const TrialVerdict& verdict);

}  // namespace wf
