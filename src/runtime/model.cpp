#include "runtime/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/cache/cache.h"
#include "runtime/compile.h"
#include "runtime/feature_values.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;
double milliseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::string list_of(const std::vector<Feature>& features) {
  std::string text;
  for (const Feature& feature : features)
    text += fmt::format("{}'{}' {}", text.empty() ? "" : ", ", feature.name, to_string(feature));
  return text.empty() ? "nothing" : text;
}

Status check_names(const Interface& interface, const Features& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = inputs[i].first;
    if (!interface.find_input(name)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the model has no input '{}'; it takes {}", name, list_of(interface.inputs)));
    }
    if (std::any_of(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const auto& other) { return other.first == name; })) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("input '{}' is given twice", name));
    }
  }
  return {};
}

Result<Datum> input_value(const Feature& feature, const TensorSpec& spec, const Datum* given) {
  if (given) return spec.in_callers_form ? Result<Datum>(*given) : fit_input(feature, spec, *given);
  if (feature.optional) return spec.may_be_unknown ? Result<Datum>(Datum()) : default_input(feature, spec);
  return Error(ErrorCode::kInvalidArgument, fmt::format("missing; it is {}", to_string(feature)));
}

Result<Datum> cell_of(const TensorSpec& spec, const ModelState& state) {
  for (const auto& [name, cell] : state.cells) {
    if (name == spec.name && cell) return Datum(cell);
  }
  return Error(ErrorCode::kInvalidArgument, fmt::format("the given state has no '{}'", spec.name), {},
               "make the state with this model's new_state()");
}

void record_load(const Result<Model>& model, const std::filesystem::path& path, const LoadOptions& options,
                 double ms) {
  if (!options.telemetry) return;
  const std::string engine = options.own_engine       ? std::string(options.own_engine->name())
                             : options.engine.empty() ? default_engine()
                                                      : options.engine;
  if (model)
    options.telemetry->record_load(ms, path.string(), engine);
  else
    options.telemetry->record_failure(Operation::kLoad, model.error(), path.string(), engine);
}

}  // namespace

const Datum* find_feature(const Features& features, std::string_view name) {
  for (const auto& [each, value] : features) {
    if (each == name) return &value;
  }
  return nullptr;
}

Result<Model> Model::load(const std::filesystem::path& path, const LoadOptions& options) {
  if (options.cache) return load_through_cache(path, options);
  const auto begin = Clock::now();
  auto model = [&]() -> Result<Model> {
    WF_TRY(ModelFile file, read_model_file(path));
    auto made = make(std::make_shared<const ModelFile>(std::move(file)), options);
    if (!made) return std::move(made).error().in_file(path.string());
    return made;
  }();
  record_load(model, path, options, milliseconds(begin, Clock::now()));
  return model;
}

Result<Model> Model::load_through_cache(const std::filesystem::path& path, const LoadOptions& options) {
  LoadOptions direct = options;
  direct.cache = nullptr;
  CompileOptions compile;
  compile.compute_units = options.prepare.compute_units;
  direct.prepare.keep = {options.cache, path};
  const InferenceEngine* engine = options.own_engine;
  if (!engine) {
    WF_TRY(engine, find_engine(options.engine));
  }
  if (!engine->takes_our_compiled()) {
    auto model = load(path, direct);
    if (model) model->cached_ = model->prepared_->cached();
    return model;
  }
  std::string note;
  // An entry may be deleted, or damaged, between the look at it and the reading of it: then once more.
  for (int attempt = 0; attempt < 2 && !options.precompiled_only; ++attempt) {
    auto found = options.cache->get(path, compile);
    if (!found) {
      // The model itself says best what is wrong with it.
      note = found.error().to_string();
      break;
    }
    auto cached = std::make_shared<CachedModel>(*std::move(found));
    const bool is_entry = cached->origin == CacheOrigin::kHit || cached->origin == CacheOrigin::kCompiled;
    if (is_entry) direct.prepare.weights = packed_weights_of(cached->path);
    auto model = load(cached->path, direct);
    if (model) model->cached_ = std::move(cached);
    if (model || !is_entry) return model;
    direct.prepare.weights = {};
    // A whole entry that does not load: the model itself says best why.
    if (!options.cache->drop_if_damaged(*cached)) break;
  }
  auto model = load(path, direct);
  if (model) {
    CachedModel cached;
    cached.path = path;
    cached.note = std::move(note);
    model->cached_ = std::make_shared<const CachedModel>(std::move(cached));
  }
  return model;
}

Result<Model> Model::prepare(std::shared_ptr<const ModelFile> file, const LoadOptions& options) {
  const auto begin = Clock::now();
  const std::filesystem::path path = file->path;
  auto model = make(std::move(file), options);
  record_load(model, path, options, milliseconds(begin, Clock::now()));
  return model;
}

Result<Model> Model::make(std::shared_ptr<const ModelFile> file, const LoadOptions& options) {
  const InferenceEngine* engine = options.own_engine;
  if (!engine) {
    WF_TRY(engine, find_engine(options.engine));
  }
  const bool is_compiled = file->container == ".mlmodelc";
  if (options.precompiled_only && !is_compiled) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("expected a compiled model, this is a {}", file->container), {},
                 "windfall compile makes a .mlmodelc");
  }
  PrepareOptions prepare = options.prepare;
  if (is_compiled && !prepare.weights.store) prepare.weights = verified_packed_weights(file->path);
  Model model;
  model.telemetry_ = options.telemetry;
  model.path_ = file->path.string();
  model.engine_ = engine->name();
  model.stops_by_itself_ = engine->stops_by_itself();
  model.units_requested_ = options.prepare.compute_units;
  model.units_actual_ = engine->capabilities().compute_units_actual;
  WF_TRY(model.prepared_, engine->prepare(*file, prepare));
  model.interface_ = file->description.find(options.prepare.function);
  if (!model.interface_) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the description has no function '{}'", options.prepare.function));
  }
  model.file_ = std::move(file);
  return model;
}

Result<ModelState> Model::new_state() const {
  ModelState state;
  for (const TensorSpec& spec : prepared_->io_schema().states) {
    const TensorType& type = spec.type.state()->tensor;
    if (!type.is_static()) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("state '{}' has no fixed shape: {}", spec.name, to_string(spec.type)));
    }
    WF_TRY(Tensor zeros, Tensor::allocate(type.dtype, *type.shape));
    state.cells.emplace_back(spec.name, std::make_shared<StateCell>(StateCell{std::move(zeros)}));
  }
  return state;
}

Result<Features> Model::predict(const Features& inputs, ModelState* state, const InferOptions& options,
                                PredictTimes* times) const {
  PredictTimes own_times;
  if (!times) times = &own_times;
  if (!telemetry_) return predict_timed(inputs, state, options, *times);
  InferOptions own_options = options;
  InferReport own_report;
  InferReport& report = options.report ? *options.report : own_report;
  report = {std::string(engine_), units_actual_};
  own_options.report = &report;
  auto outputs = predict_timed(inputs, state, own_options, *times);
  if (outputs)
    telemetry_->record_prediction(*times, units_requested_, report.compute_units, path_, report.engine);
  else
    telemetry_->record_failure(Operation::kPredict, outputs.error(), path_, report.engine);
  return outputs;
}

Result<Features> Model::predict_timed(const Features& inputs, ModelState* state, const InferOptions& options,
                                      PredictTimes& times) const {
  const IoSchema& schema = prepared_->io_schema();
  const auto begin = Clock::now();
  WF_CHECK(check_names(*interface_, inputs));
  std::vector<Datum> values;
  for (const TensorSpec& spec : schema.inputs) {
    auto value = input_value(*interface_->find_input(spec.name), spec, find_feature(inputs, spec.name));
    if (!value) return std::move(value).error().at(fmt::format("input '{}'", spec.name));
    values.push_back(*std::move(value));
  }
  if (!schema.states.empty() && !state) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the model keeps {} state(s); a prediction needs them", schema.states.size()),
                 {}, "make a state with new_state() and pass it to each prediction");
  }
  for (const TensorSpec& spec : schema.states) {
    WF_TRY(Datum cell, cell_of(spec, *state));
    values.push_back(std::move(cell));
  }

  const auto marshalled = Clock::now();
  WF_TRY(const std::vector<Datum> results, prepared_->infer(values, options));
  const auto predicted = Clock::now();

  Features outputs;
  for (const Feature& feature : interface_->outputs) {
    const auto spec = std::ranges::find(schema.outputs, feature.name, &TensorSpec::name);
    const Datum& result = results[static_cast<size_t>(spec - schema.outputs.begin())];
    auto value =
        spec->in_callers_form ? present_again(feature, result) : present_output(feature, spec->type, result);
    if (!value) return std::move(value).error().at(fmt::format("output '{}'", feature.name));
    outputs.emplace_back(feature.name, *std::move(value));
  }
  times = {milliseconds(begin, marshalled), milliseconds(marshalled, predicted),
           milliseconds(predicted, Clock::now())};
  return outputs;
}

}  // namespace wf
