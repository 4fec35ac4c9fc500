// What the engines of tensor programs share: everything around the function itself.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/reference/interpreter.h"
#include "runtime/engine.h"

namespace wf {

// A function that an engine has made ready. `function` lives as long as `run`.
struct RunnableFunction {
  const Function* function = nullptr;
  // One value per input of the function, one per output; any number of threads at once.
  std::function<Result<std::vector<Datum>>(std::span<const Datum> inputs, const RunOptions& options)> run;
};

// Classical models and pipelines run the same on every engine; programs go to make_ready().
class ProgramEngine : public InferenceEngine {
 public:
  Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                       const PrepareOptions& options) const final;
  CapabilityReport capabilities() const override;

 private:
  virtual Result<RunnableFunction> make_ready(std::shared_ptr<const Program> program,
                                              std::string_view function,
                                              const PrepareOptions& options) const = 0;
};

}  // namespace wf
