// plan: what the fast engine does with a model: every step, its kernel, its time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/random.h"
#include "engine/cpu/cpu_function.h"
#include "formats/model_file.h"
#include "predict_options.h"
#include "runtime/cpu_engine.h"
#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct PlanVerbOptions {
  PredictOptions predict;
  std::string engine = "cpu";
  int runs = 10;
};

// Normal values, or whole numbers that are 0 or 1: mostly integers are indices.
Result<Tensor> random_tensor(const TensorType& type, SeededRandom& random) {
  WF_TRY(Tensor tensor, Tensor::allocate(type.dtype, *type.shape));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const double value = is_floating(type.dtype) ? random.normal() : static_cast<double>(random.bits() >> 63);
    write_doubles(tensor, i, std::span(&value, 1));
  }
  return tensor;
}

// The middle of each step's times, in milliseconds.
Result<std::vector<double>> measured(Plan& plan, const std::vector<Tensor>& inputs, int runs) {
  std::vector<std::vector<double>> by_step(plan.steps().size());
  std::vector<double> times;
  RunControl control;
  control.step_times = &times;
  for (int run = 0; run <= runs; ++run) {
    WF_CHECK(plan.run(inputs, shared_thread_pool(), control));
    for (size_t i = 0; run > 0 && i < times.size(); ++i) by_step[i].push_back(times[i]);
  }
  std::vector<double> middle;
  for (auto& of_step : by_step) {
    std::ranges::sort(of_step);
    middle.push_back(of_step.empty() ? 0 : of_step[of_step.size() / 2]);
  }
  return middle;
}

Result<int> show_plan(const PlanVerbOptions& options, Session& session) {
  WF_TRY(const auto file, read_model(options.predict.model));
  if (!file->program) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("a model of type {} has no tensor program to plan", file->type));
  }
  WF_CHECK(check_isa_setting());
  PlanOptions how;
  how.isa = default_isa();
  how.threads = shared_thread_pool().threads();
  how.precision = *cpu_precision(options.engine);
  const std::string name = options.predict.function.empty() ? "main" : options.predict.function;
  const bool has_main = file->program->find(name) != nullptr;
  WF_TRY(const auto function,
         CpuFunction::prepare(file->program, has_main ? name : file->program->functions[0].name, how));
  const auto planned = function->planned();
  if (!planned || !planned->plan) {
    return Error(
        ErrorCode::kUnsupported,
        "there is no plan before the function runs: its inputs have no fixed shape, or do not fit its "
        "operations");
  }
  const std::shared_ptr<Plan>& plan = planned->plan;
  std::vector<Tensor> inputs;
  SeededRandom random(0);
  for (const ValueId id : function->function().inputs) {
    const TensorType* type = function->function().value(id).type.tensor();
    inputs.emplace_back();
    if (!type) continue;  // a state, which the interpreter reads
    WF_TRY(inputs.back(), random_tensor(*type, random));
  }
  WF_TRY(const std::vector<double> times, measured(*plan, inputs, options.runs));
  double total = 0;
  for (const double time : times) total += time;
  if (session.json) {
    Json steps = Json::array();
    for (size_t i = 0; i < times.size(); ++i) {
      const Step& step = plan->steps()[i];
      steps.push_back({{"operation", step.label},
                       {"kernel", step.kernel},
                       {"ms", times[i]},
                       {"weight_bytes", step.weight_bytes}});
    }
    session.print_json("plan", {{"isa", name_of(plan->isa())},
                                {"threads", how.threads},
                                {"total_ms", total},
                                {"arena_bytes", plan->arena_bytes()},
                                {"weight_bytes", plan->weight_bytes()},
                                {"interpreted", planned->rest.size()},
                                {"steps", steps}});
    return kOk;
  }
  Table table({Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kLeft});
  table.add({"", "time", "share", "kernel", "operation"});
  for (size_t i = 0; i < times.size(); ++i) {
    const Step& step = plan->steps()[i];
    table.add({std::to_string(i), human_ms(times[i]),
               fmt::format("{:.1f} %", total > 0 ? 100 * times[i] / total : 0), step.kernel, step.label});
  }
  session.print(table.to_string());
  session.print(fmt::format("{} steps, {} in all, {} with {} threads; intermediate values {}, weights {}\n",
                            times.size(), human_ms(total), name_of(plan->isa()), how.threads,
                            human_bytes(static_cast<unsigned long long>(plan->arena_bytes())),
                            human_bytes(static_cast<unsigned long long>(plan->weight_bytes()))));
  if (!planned->rest.empty()) {
    session.print(
        fmt::format("operations left to the interpreter, which runs them afterwards: {}, from {} on\n",
                    planned->rest.size(), planned->rest[0]->label()));
  }
  return kOk;
}

}  // namespace

void add_plan_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<PlanVerbOptions>();
  CLI::App* verb = make_verb(
      root, session, "plan", "Shows how the fast engine runs a model: steps, kernels, times",
      "  windfall plan model.mlpackage\n  WINDFALL_MAX_ISA=avx2 windfall plan model.mlpackage --json",
      options, show_plan);
  options->predict.add_to(*verb);
  verb->add_option("--engine", options->engine, "Which arithmetic")
      ->check(CLI::IsMember({"cpu", "cpu:fp32", "cpu:bf16"}))
      ->capture_default_str();
  verb->add_option("--runs", options->runs, "Predictions to measure; the middle time of each step is shown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace wf::tool
