// Version 1 of the C interface: handles, JSON and return codes over Model.
#include <fmt/format.h>

#include <chrono>

#include "api/compile_for_abi.h"
#include "api/detach.h"
#include "api/envelope.h"
#include "api/guard.h"
#include "api/handle_table.h"
#include "api/named_states.h"
#include "api/owned_strings.h"
#include "api/schema_json.h"
#include "api/stage.h"
#include "windfall/coreml_bridge.h"

namespace wf::api {
namespace {

using Clock = std::chrono::steady_clock;

struct BridgeModel {
  Model model;
  std::string engine;
  NamedStates states;
};

HandleTable<BridgeModel>& handles() {
  static auto& table =
      *new HandleTable<BridgeModel>(HandleKind::kBridgeModel);  // calls may come until the very end
  return table;
}

Error refuse(std::string message, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint)};
}

// Runs `work` behind the wall; what goes wrong becomes the code and the words.
template <class Work>
int32_t answer(const char** out_err, Work&& work) {
  if (out_err) *out_err = nullptr;
  const auto report = [out_err](const Error* error) {
    if (!error) return 0;
    if (out_err) *out_err = give_string(error->to_string());
    return static_cast<int>(error->code);
  };
  const auto out_of_memory = [out_err] {
    if (out_err) *out_err = out_of_memory_string();
    return static_cast<int>(ErrorCode::kEnvironment);
  };
  return guard(std::forward<Work>(work), report, out_of_memory);
}

Result<ComputeUnits> units_of(int32_t number) {
  if (number < 0 || number > 3)
    return refuse(fmt::format("compute_units is {}; 0 is All, 1 CpuOnly, 2 CpuAndGpu, 3 CpuAndNe", number));
  return static_cast<ComputeUnits>(number);
}

Result<std::shared_ptr<BridgeModel>> model_of(const void* handle) {
  if (!handle) return refuse("handle is NULL");
  auto model = handles().find(handle);
  if (!model) return refuse("no model has this handle: it was freed, or never given by coreml_load_model");
  return model;
}

Clock::time_point deadline_of(int32_t timeout_ms) {
  constexpr int32_t kDefault = COREML_DEFAULT_TIMEOUT_MS;
  return Clock::now() + std::chrono::milliseconds(timeout_ms > 0 ? timeout_ms : kDefault);
}

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// The state that a prediction goes on with: a named one, or zeros that nobody sees again.
class StateForCall {
 public:
  Status take(BridgeModel& model, const std::optional<StateRequest>& request) {
    if (!request) {
      WF_TRY(own_, model.model.new_state());
      return {};
    }
    if (model.model.prepared().io_schema().states.empty()) return refuse("the model keeps no state");
    auto hold = model.states.hold(model.model, request->name, request->reset);
    if (!hold) return std::move(hold).error();
    hold_.emplace(*std::move(hold));
    return {};
  }
  ModelState* get() { return hold_ ? &hold_->state() : &own_; }

 private:
  ModelState own_;
  std::optional<NamedStates::Hold> hold_;
};

Status predict(BridgeModel& model, const char* json, int32_t timeout_ms, const char** out_json) {
  const auto begin = Clock::now();
  InferOptions options;
  options.deadline = deadline_of(timeout_ms);
  enter_stage("marshal_in");
  WF_TRY(const InputEnvelope request, parse_envelope(json, model.model.interface()));
  options.seed = request.seed;
  StateForCall state;
  WF_CHECK(state.take(model, request.state));
  const double parsing = milliseconds(Clock::now() - begin);
  if (Clock::now() >= *options.deadline)
    return Error(ErrorCode::kDeadlineExceeded, "the time was over before the inputs were read");
  enter_stage("predict");
  PredictTimes times;
  InferReport report;
  options.report = &report;
  WF_TRY(Features outputs, model.model.predict(request.inputs, state.get(), options, &times));
  enter_stage("marshal_out");
  WF_CHECK(detach(request.inputs, *state.get(), outputs));
  WF_TRY(WrittenOutputs written, write_outputs(outputs, request));
  const double marshal_in = parsing + times.marshal_in_ms;
  const double marshal_out = milliseconds(Clock::now() - begin) - marshal_in - times.predict_ms;
  written.json += fmt::format(
      R"(,"timings_ms":{{"marshal_in":{:.6f},"predict":{:.6f},"marshal_out":{:.6f}}},"engine":"{}"}})",
      marshal_in, times.predict_ms, marshal_out, report.engine.empty() ? model.engine : report.engine);
  *out_json = give_string(written.json);
  written.made.keep();
  if (request.state && request.state->drop) model.states.drop(request.state->name);
  return {};
}

}  // namespace

#ifdef WINDFALL_STAGE_HOOK
StageHook stage_hook = nullptr;
#endif

}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

int32_t coreml_compile_model(const char* model_path, int32_t compute_units, const char** out_compiled_dir,
                             const char** out_err) {
  return answer(out_err, [&]() -> Status {
    if (!out_compiled_dir) return refuse("out_compiled_dir is NULL");
    *out_compiled_dir = nullptr;
    if (!model_path) return refuse("model_path is NULL");
    WF_TRY(const wf::ComputeUnits units, units_of(compute_units));
    enter_stage("compile");
    WF_TRY(const std::filesystem::path compiled, compile_for_abi(model_path, units));
    *out_compiled_dir = give_string(compiled.string());
    return {};
  });
}

int32_t coreml_load_model(const char* compiled_dir, int32_t compute_units, void** out_handle,
                          const char** out_err) {
  return answer(out_err, [&]() -> Status {
    if (!out_handle) return refuse("out_handle is NULL");
    *out_handle = nullptr;
    if (!compiled_dir) return refuse("compiled_dir is NULL");
    wf::LoadOptions options;
    options.engine = engine_for_abi();
    WF_TRY(options.prepare.compute_units, units_of(compute_units));
    enter_stage("load");
    WF_TRY(wf::Model model, wf::Model::load(compiled_dir, options));
    auto loaded = std::make_shared<BridgeModel>();
    loaded->model = std::move(model);
    loaded->engine = options.engine;
    *out_handle = handles().add(std::move(loaded));
    return {};
  });
}

int32_t coreml_model_schema(void* handle, const char** out_schema_json, const char** out_err) {
  return answer(out_err, [&]() -> Status {
    if (!out_schema_json) return refuse("out_schema_json is NULL");
    *out_schema_json = nullptr;
    WF_TRY(const auto model, model_of(handle));
    enter_stage("schema");
    *out_schema_json = give_string(schema_json(model->model, model->engine, ""));
    return {};
  });
}

int32_t coreml_predict(void* handle, const char* inputs_desc_json, const char** out_outputs_desc_json,
                       int32_t timeout_ms, const char** out_err) {
  return answer(out_err, [&]() -> Status {
    if (!out_outputs_desc_json) return refuse("out_outputs_desc_json is NULL");
    *out_outputs_desc_json = nullptr;
    if (!inputs_desc_json) return refuse("inputs_desc_json is NULL");
    WF_TRY(const auto model, model_of(handle));
    return predict(*model, inputs_desc_json, timeout_ms, out_outputs_desc_json);
  });
}

void coreml_free_model(void* handle) {
  answer(nullptr, [&]() -> Status {
    handles().remove(handle);
    return {};
  });
}

void coreml_free_cstr(const char* s) { free_string(s); }

}  // extern "C"
