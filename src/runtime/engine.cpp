#include "runtime/engine.h"

#include <fmt/format.h>

#include <cstdlib>

#include "runtime/auto_engine.h"
#include "runtime/cpu_engine.h"
#include "runtime/reference_engine.h"
#ifdef WINDFALL_COREML
#include "runtime/coreml/coreml_engine.h"
#endif

namespace wf {

const std::vector<const InferenceEngine*>& all_engines() {
  static const std::vector<const InferenceEngine*> engines = [] {
    std::vector<const InferenceEngine*> all(cpu_engines().begin(), cpu_engines().end());
    all.push_back(&reference_engine(Reading::kTyped));
    all.push_back(&reference_engine(Reading::kExact));
#ifdef WINDFALL_COREML
    all.push_back(&coreml_engine());
#endif
    all.push_back(&auto_engine(all));
    return all;
  }();
  return engines;
}

std::string default_engine() {
  const char* wanted = std::getenv("WINDFALL_ENGINE");
  return wanted && *wanted ? wanted : "cpu";
}

Result<const InferenceEngine*> find_engine(std::string_view name) {
  if (name.empty()) return find_engine(default_engine());
  std::string known;
  for (const InferenceEngine* engine : all_engines()) {
    if (engine->name() == name) return engine;
    known += (known.empty() ? "" : ", ") + std::string(engine->name());
  }
  return Error(ErrorCode::kInvalidArgument, fmt::format("no engine '{}'; there are: {}", name, known));
}

}  // namespace wf
