#include "runtime/coreml/coreml_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "bridge/array_dtype.h"
#include "runtime/cache/cache.h"
#include "runtime/coreml/compiled_form.h"
#include "runtime/coreml/live_model.h"
#include "runtime/coreml/values.h"
#include "runtime/io_schema.h"
#include "runtime/measured_model.h"
#include "runtime/platform.h"

namespace wf {
namespace {

namespace fs = std::filesystem;
using coreml::Clock;
using coreml::Failure;

std::mutex limits_mutex;
CoreMlLimits current_limits;
CoreMlLimits limits() {
  const std::lock_guard lock(limits_mutex);
  return current_limits;
}

// As described, for Core ML takes and gives just that; with the states.
IoSchema schema_of(const Interface& interface) {
  IoSchema schema = make_described_schema(interface);
  schema.states = described_states(interface);
  for (TensorSpec& spec : schema.inputs)
    spec.may_be_unknown = spec.is_optional;  // Core ML has its own defaults
  return schema;
}

// Everything of one prediction that may outlive it.
struct PredictJob {
  std::vector<wfa_value> inputs;
  std::vector<std::string> names;
  std::vector<const char*> wanted;
  bool handed_over = false;
  // States: the cells' tensors as they were, and as they became.
  const void* state_key = nullptr;
  std::weak_ptr<const void> state_owner;
  std::vector<std::string> state_names;
  std::vector<Tensor> states;

  int code = WFA_OK;
  Failure failure;
  std::optional<Error> error;
  std::shared_ptr<wfa_result> result;

  ~PredictJob() {
    if (handed_over) return;
    for (wfa_value& value : inputs) coreml::take_back(value);
  }
};

wfa_value state_array(const std::string& name, const Tensor& tensor, void* data, int64_t dtype) {
  wfa_value value = {};
  value.name = name.c_str();
  value.kind = WFA_ARRAY;
  value.dtype = dtype;
  value.rank = tensor.shape().size();
  value.shape = tensor.shape().data();
  value.data = data;
  value.bytes = static_cast<size_t>(tensor.byte_size());
  return value;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.bytes().data() == b.bytes().data() && a.dtype() == b.dtype() && a.shape() == b.shape();
}

// The state of Core ML's that stands for the cells, holding what they hold. On the model's thread.
Result<coreml::LiveState*> live_state(coreml::Loaded& loaded, PredictJob& job) {
  std::erase_if(loaded.states, [](const coreml::LiveState& each) { return each.owner.expired(); });
  auto found = std::ranges::find(loaded.states, job.state_key, &coreml::LiveState::key);
  if (found == loaded.states.end()) {
    coreml::LiveState fresh;
    fresh.owner = job.state_owner;
    fresh.key = job.state_key;
    wfa_state* made = nullptr;
    if (wfa_new_state(loaded.model, &made, &job.failure) != WFA_OK)
      return coreml::to_error(job.failure, ErrorCode::kRuntime);
    fresh.state.reset(made);
    loaded.states.push_back(std::move(fresh));
    found = loaded.states.end() - 1;
  }
  for (size_t i = 0; i < job.states.size(); ++i) {
    if (i < found->last_seen.size() && same_bytes(found->last_seen[i], job.states[i])) continue;
    WF_TRY(const int64_t dtype, bridge::apple_of_dtype(job.states[i].dtype()));
    // The bridge only reads what is written from.
    const wfa_value array = state_array(job.state_names[i], job.states[i],
                                        const_cast<std::byte*>(job.states[i].bytes().data()), dtype);
    if (wfa_write_state(found->state.get(), &array, &job.failure) != WFA_OK)
      return coreml::to_error(job.failure, ErrorCode::kRuntime);
  }
  return &*found;
}

Status read_states(coreml::LiveState& live, PredictJob& job) {
  std::vector<Tensor> now;
  for (size_t i = 0; i < job.states.size(); ++i) {
    WF_TRY(Tensor tensor, Tensor::allocate(job.states[i].dtype(), job.states[i].shape()));
    WF_TRY(const int64_t dtype, bridge::apple_of_dtype(tensor.dtype()));
    const wfa_value array = state_array(job.state_names[i], tensor, tensor.mutable_bytes().data(), dtype);
    if (wfa_read_state(live.state.get(), &array, &job.failure) != WFA_OK)
      return coreml::to_error(job.failure, ErrorCode::kRuntime);
    now.push_back(std::move(tensor));
  }
  live.last_seen = now;
  job.states = std::move(now);
  return {};
}

Status predict_now(coreml::Loaded& loaded, PredictJob& job) {
  coreml::LiveState* live = nullptr;
  if (!job.states.empty()) {
    WF_TRY(live, live_state(loaded, job));
  }
  const wfa_request request = {job.inputs.data(), job.inputs.size(), job.wanted.data(),
                               job.wanted.size(), nullptr,           0};
  wfa_result* result = nullptr;
  job.handed_over = true;
  const int code =
      wfa_predict(loaded.model, &request, live ? live->state.get() : nullptr, &result, &job.failure);
  if (code != WFA_OK) {
    // What the state holds nobody knows: the next prediction gets a new one, filled from the cells.
    if (live)
      std::erase_if(loaded.states, [&](const coreml::LiveState& each) { return each.key == job.state_key; });
    Error error = coreml::to_error(job.failure, ErrorCode::kRuntime);
    // Outputs are asked for by the description's names: one that is missing is Core ML's fault, not the
    // caller's.
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kInternal;
    return error;
  }
  job.result.reset(result, wfa_free_result);
  return live ? read_states(*live, job) : Status();
}

// The cells that predictions are using at the moment.
class CellsInUse {
 public:
  bool take(const void* key) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(keys_, key) != keys_.end()) return false;
    keys_.push_back(key);
    return true;
  }
  void give_back(const void* key) {
    const std::lock_guard lock(mutex_);
    std::erase(keys_, key);
  }

 private:
  std::mutex mutex_;
  std::vector<const void*> keys_;
};

class CoreMlModel final : public MeasuredModel {
 public:
  CoreMlModel(std::shared_ptr<coreml::LiveModel> live, const Interface& interface, ComputeUnits units,
              std::string key, CompiledMeta meta, std::shared_ptr<const CachedModel> cached)
      : MeasuredModel(schema_of(interface), std::move(key), std::move(meta)),
        live_(std::move(live)),
        interface_(interface),
        units_(units),
        cached_(std::move(cached)) {}

  std::shared_ptr<const CachedModel> cached() const override { return cached_; }

  int64_t rebuilds() const { return live_->rebuilds(); }

  Result<std::string> plan() const {
    const std::lock_guard lock(plan_mutex_);
    if (plan_.empty()) {
      struct PlanJob {
        coreml::Recipe recipe;
        std::string json;
        Failure failure;
        int code = WFA_OK;
      };
      auto job = std::make_shared<PlanJob>();
      job->recipe = live_->recipe();
      WF_CHECK(coreml::run_once(
          [job] {
            char* json = nullptr;
            const wfa_load_options options = job->recipe.options();
            job->code = wfa_compute_plan(job->recipe.compiled.c_str(), &options, &json, &job->failure);
            if (json) job->json = json;
            wfa_free_text(json);
          },
          limits().plan, "asking for the compute plan"));
      if (job->code != WFA_OK) return coreml::to_error(job->failure, ErrorCode::kRuntime);
      plan_ = job->json;
    }
    return plan_;
  }

  Result<CapabilityReport> report() const;

 private:
  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override;

  std::shared_ptr<coreml::LiveModel> live_;
  const Interface interface_;
  const ComputeUnits units_;
  const std::shared_ptr<const CachedModel> cached_;
  mutable CellsInUse cells_in_use_;
  mutable std::mutex plan_mutex_;
  mutable std::string plan_;
};

Result<std::vector<Datum>> CoreMlModel::outputs_of(std::span<const Datum> inputs,
                                                   const InferOptions& options) const {
  const IoSchema& schema = io_schema();
  auto job = std::make_shared<PredictJob>();
  for (size_t i = 0; i < schema.inputs.size(); ++i) {
    if (!inputs[i].known()) continue;  // optional and left out
    WF_TRY(const wfa_value value, coreml::give(*interface_.find_input(schema.inputs[i].name), inputs[i]));
    job->inputs.push_back(value);
  }
  for (const TensorSpec& spec : schema.outputs) job->names.push_back(spec.name);
  for (const std::string& name : job->names) job->wanted.push_back(name.c_str());
  const auto cells = inputs.subspan(schema.inputs.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto* cell = std::get_if<std::shared_ptr<StateCell>>(&cells[i].of);
    if (!cell || !*cell) return Error(ErrorCode::kInvalidArgument, "a state is given as a cell");
    if (i == 0) {
      const std::shared_ptr<const StateCell> who = (*cell)->stands_for ? (*cell)->stands_for : *cell;
      job->state_key = who.get();
      job->state_owner = who;
    }
    job->state_names.push_back(schema.states[i].name);
    job->states.push_back((*cell)->tensor);
  }
  if (job->state_key && !cells_in_use_.take(job->state_key)) {
    return Error(ErrorCode::kInvalidArgument, "the state is in use by another prediction", {},
                 "make one state per conversation, and predict one step after the other");
  }
  const auto deadline = options.deadline.value_or(Clock::now() + limits().predict);
  Status status = live_->run(
      [job](coreml::Loaded& loaded) {
        if (Status done = predict_now(loaded, *job); !done) job->error = std::move(done).error();
      },
      deadline, options.cancelled);
  if (status && job->error) status = *job->error;
  if (status) {  // only now: a call that failed or was given up leaves the state as it was
    for (size_t i = 0; i < cells.size(); ++i) cells[i].state()->tensor = job->states[i];
  }
  if (job->state_key) cells_in_use_.give_back(job->state_key);
  if (!status) return std::move(status).error();

  std::vector<Datum> outputs;
  for (size_t i = 0; i < schema.outputs.size(); ++i) {
    const Feature& feature = *interface_.find_output(schema.outputs[i].name);
    auto value = coreml::receive(feature, *wfa_result_value(job->result.get(), i), job->result);
    if (!value) return std::move(value).error().at(fmt::format("output '{}'", feature.name));
    outputs.push_back(*std::move(value));
  }
  return outputs;
}

constexpr DType kArrayTypes[] = {DType::kFloat16, DType::kFloat32, DType::kFloat64, DType::kInt32};

Result<CapabilityReport> CoreMlModel::report() const {
  WF_TRY(const std::string text, plan());
  const auto plan = nlohmann::json::parse(text, nullptr, false);
  if (!plan.is_object()) return Error(ErrorCode::kInternal, "the bridge's plan is no JSON");
  CapabilityReport report;
  const auto units = static_cast<ComputeUnits>(plan.value("compute_units", 1));
  report.compute_units_requested = units_;
  report.compute_units_actual = units;
  report.ane_op_coverage_pct = plan.value("ane_coverage_pct", 0.0);
  report.device_class = plan.value("on_ane", 0) > 0 ? "ane" : plan.value("on_gpu", 0) > 0 ? "gpu" : "cpu";
  report.supported_dtypes.assign(std::begin(kArrayTypes), std::end(kArrayTypes));
  report.infer_p99_ms = sla_estimate().p99_ms;
  return report;
}

class CoreMlEngine final : public InferenceEngine {
 public:
  std::string_view name() const override { return "coreml"; }
  std::string_view doc() const override {
    return "Apple's framework: Neural Engine, GPU and CPU; calls that hang are given up at their deadline";
  }

  // Compiling and loading may take minutes, or hang until their own limits.
  bool prepares_soon() const override { return false; }
  // Core ML compiles for itself; it gets the model as its author wrote it.
  bool takes_our_compiled() const override { return false; }
  bool knows_the_description_alone() const override { return true; }

  // Of the machine; coreml_report() says where a model runs.
  CapabilityReport capabilities() const override {
    CapabilityReport report;
    report.device_class = "cpu";
    report.supported_dtypes.assign(std::begin(kArrayTypes), std::end(kArrayTypes));
    char* json = nullptr;
    Failure failure;
    if (wfa_devices(&json, &failure) == WFA_OK) {
      bool gpu = false, ane = false;
      for (const auto& device : nlohmann::json::parse(json, nullptr, false)) {
        gpu = gpu || device.value("device", "") == "gpu";
        ane = ane || device.value("device", "") == "ane";
      }
      report.device_class = ane ? "ane" : gpu ? "gpu" : "cpu";
      report.compute_units_actual = ane && gpu ? ComputeUnits::kAll
                                    : ane      ? ComputeUnits::kCpuAndNe
                                    : gpu      ? ComputeUnits::kCpuAndGpu
                                               : ComputeUnits::kCpuOnly;
    }
    wfa_free_text(json);
    return report;
  }

  Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                       const PrepareOptions& options) const override {
    if (!file.missing_weights.empty()) return missing_weights(file);
    if (file.program) WF_CHECK(find_function(file, options.function));
    const Interface* interface = file.description.find(options.function);
    if (!interface) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("the description has no function '{}'", options.function));
    }
    WF_TRY(coreml::Compiled compiled, coreml::compiled_form(file, options.keep, limits().compile));
    const auto load = [&] {
      return coreml::LiveModel::load(
          {compiled.path, static_cast<int>(options.compute_units), options.function, compiled.keep},
          limits().load);
    };
    auto loaded = load();
    const bool from_cache = compiled.cached && compiled.cached->origin == CacheOrigin::kHit;
    if (!loaded && from_cache && options.keep.cache->drop_if_damaged(*compiled.cached)) {
      WF_TRY(compiled, coreml::compiled_form(file, options.keep, limits().compile));
      loaded = load();
    }
    if (!loaded) return std::move(loaded).error();
    std::string key = fmt::format("{}|{}|{}|{}", name(), options.function,
                                  static_cast<int>(options.compute_units), file.path.string());
    CompiledMeta meta{platform_name(), "",
                      file.type.starts_with("neuralNetwork") ? "neuralnetwork" : "mlprogram"};
    return std::shared_ptr<const PreparedModel>(
        std::make_shared<CoreMlModel>(*std::move(loaded), *interface, options.compute_units, std::move(key),
                                      std::move(meta), std::move(compiled.cached)));
  }
};

Result<const CoreMlModel*> as_coreml(const PreparedModel& model) {
  if (const auto* ours = dynamic_cast<const CoreMlModel*>(&model)) return ours;
  return Error(ErrorCode::kInvalidArgument, "the model was not prepared by the engine 'coreml'");
}

}  // namespace

const InferenceEngine& coreml_engine() {
  static const CoreMlEngine engine;
  return engine;
}

void set_coreml_limits(const CoreMlLimits& given) {
  const std::lock_guard lock(limits_mutex);
  current_limits = given;
}

Result<CapabilityReport> coreml_report(const PreparedModel& model) {
  WF_TRY(const CoreMlModel* ours, as_coreml(model));
  return ours->report();
}

Result<std::string> coreml_plan(const PreparedModel& model) {
  WF_TRY(const CoreMlModel* ours, as_coreml(model));
  return ours->plan();
}

int64_t coreml_rebuilds(const PreparedModel& model) {
  const auto ours = as_coreml(model);
  return ours ? (*ours)->rebuilds() : 0;
}

}  // namespace wf
