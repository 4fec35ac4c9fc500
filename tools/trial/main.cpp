// windfall-trial MODEL ENGINE FUNCTION UNITS SECONDS CACHE: loads the model, predicts once from generated
// inputs, and says that it lived. Started by Windfall itself (runtime/trial.h) in case it does not.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "lab/generate.h"
#include "runtime/cache/cache.h"
#include "runtime/model.h"

namespace wf {
namespace {

int number_of(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Status try_once(char** words) {
  LoadOptions options;
  options.engine = words[2];
  options.prepare.function = words[3];
  options.prepare.compute_units = static_cast<ComputeUnits>(number_of(words[4]));
  options.telemetry = nullptr;
  if (*words[6]) {
    CacheOptions cache;
    cache.folder = words[6];
    cache.telemetry = nullptr;
    options.cache = std::make_shared<Cache>(std::move(cache));
  }
  WF_TRY(const Model model, Model::load(words[1], options));
  WF_TRY(const Features inputs, generate_inputs(model, 0));
  WF_TRY(ModelState state, model.new_state());
  WF_TRY(const Features outputs, model.predict(inputs, &state));
  return {};
}

}  // namespace
}  // namespace wf

int main(int count, char** words) {
  if (count != 7) {
    std::fputs("windfall-trial is started by Windfall itself: MODEL ENGINE FUNCTION UNITS SECONDS CACHE\n",
               stderr);
    return 2;
  }
  // Should nobody be there any more to end it.
  ::alarm(static_cast<unsigned>(wf::number_of(words[5])));
  const wf::Status status = wf::try_once(words);
  // An error is no death: whoever asks for the model will be told the same. Nothing is taken down: what went
  // well is said before anything can go wrong there.
  std::string words_of_error = status ? "" : ", with an error: " + status.error().message;
  std::ranges::replace(words_of_error, '\n', ' ');
  fmt::print("windfall-trial: survived{}\n", words_of_error);
  std::fflush(stdout);
  ::_exit(0);
}
