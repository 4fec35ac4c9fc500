// Models, what they are made of, and the memory of conversations. Part of windfall/windfall.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "windfall/cpp/tensor.hpp"

namespace windfall {

// What a feature can hold. Numbers and strings are tensors of shape []; an image is a uint8 tensor [height,
// width, 3] in RGB order, or [height, width] if gray. The keys of a dictionary, and the items of a sequence,
// are all texts or all whole numbers.
using Key = std::variant<std::int64_t, std::string>;
using Dictionary = std::vector<std::pair<Key, double>>;
using Sequence = std::vector<Key>;
using Value = std::variant<Tensor, Dictionary, Sequence>;
using Values = std::map<std::string, Value, std::less<>>;

enum class FeatureKind : std::uint8_t {
  kUnknown = WINDFALL_KIND_UNKNOWN,
  kArray = WINDFALL_KIND_ARRAY,
  kImage = WINDFALL_KIND_IMAGE,
  kDictionary = WINDFALL_KIND_DICTIONARY,
  kSequence = WINDFALL_KIND_SEQUENCE,
  kInt64 = WINDFALL_KIND_INT64,
  kDouble = WINDFALL_KIND_DOUBLE,
  kString = WINDFALL_KIND_STRING,
  kState = WINDFALL_KIND_STATE,
};

struct Feature {
  std::string name;
  std::string doc;
  FeatureKind kind = FeatureKind::kUnknown;
  bool optional = false;
  DType dtype = DType::kFloat32;  // of arrays, images, scalars and states
  Shape shape;                    // the usual one
  Shape open_shape;               // the same with -1 where a size is open
  std::string text;  // all of it in words, flexible shapes too: "MultiArray (Float32 1 x 3), optional"
};

struct Description {
  std::string container;  // ".mlpackage"
  std::string type;       // "mlProgram", "neuralNetworkClassifier", ...
  std::string function;   // the one that this describes; "" is the default
  std::int64_t specification_version = 0;
  std::string short_description, version, author, license;
  std::vector<std::pair<std::string, std::string>> metadata;  // the author's own keys
  std::vector<Feature> inputs, outputs, states;
  std::vector<std::string> functions;  // of a multifunction model; empty otherwise
  std::string why_not;                 // why the model cannot run here; empty if it can
  std::string schema;                  // all of it as JSON (docs/reference/c-abi.md, Schema)
};

enum class ComputeUnits : std::int32_t {
  kAll = WINDFALL_ALL,
  kCpuOnly = WINDFALL_CPU_ONLY,
  kCpuAndGpu = WINDFALL_CPU_AND_GPU,
  kCpuAndNeuralEngine = WINDFALL_CPU_AND_NEURAL_ENGINE,
};

struct LoadOptions {
  // "cpu", "auto", "reference", ... or "reference:exact": floating values kept in double. "": what
  // WINDFALL_ENGINE names in the environment, else "auto" where it is there, else "cpu".
  std::string engine = {};
  std::string function = {};  // of a multifunction model; "" is its default
  ComputeUnits compute_units = ComputeUnits::kAll;
  std::optional<std::chrono::milliseconds> deadline = {};  // of predictions that set none: ten minutes
  bool cache = false;  // take the model compiled from this machine's cache, or compile it into it
};

namespace detail {

using ModelHandle = Handle<windfall_model_t, windfall_model_free>;
using StateHandle = Handle<windfall_state_t, windfall_state_free>;
using OptionsHandle = Handle<windfall_options_t, windfall_options_free>;

inline Result<std::vector<Feature>> features_of(const windfall_model_t* model, std::int32_t which) {
  std::vector<Feature> out;
  const std::size_t count = windfall_model_count(model, which);
  for (std::size_t i = 0; i < count; ++i) {
    windfall_feature_t feature{};
    feature.struct_size = sizeof feature;
    if (windfall_error_t* error = windfall_model_feature(model, which, i, &feature)) return taken(error);
    Feature each;
    each.name = feature.name;
    each.doc = feature.doc ? feature.doc : "";
    each.kind = static_cast<FeatureKind>(feature.kind);
    each.optional = feature.optional != 0;
    if (feature.dtype >= 0) each.dtype = static_cast<DType>(feature.dtype);
    if (feature.rank > 0) {
      each.open_shape.assign(feature.shape, feature.shape + feature.rank);
      each.shape = each.open_shape;
      if (feature.usual_shape) each.shape.assign(feature.usual_shape, feature.usual_shape + feature.rank);
    }
    each.text = feature.text;
    out.push_back(std::move(each));
  }
  return out;
}

inline Result<Description> description_of(const windfall_model_t* model) {
  windfall_model_info_t info{};
  info.struct_size = sizeof info;
  if (windfall_error_t* error = windfall_model_info(model, &info)) return taken(error);
  Description out;
  out.container = info.container;
  out.type = info.type;
  out.function = info.function;
  out.specification_version = info.specification_version;
  out.short_description = info.short_description;
  out.version = info.version;
  out.author = info.author;
  out.license = info.license;
  out.why_not = info.why_not;
  for (std::size_t i = 0; i < info.function_count; ++i)
    out.functions.emplace_back(windfall_model_function(model, i));
  for (std::size_t i = 0; i < info.metadata_count; ++i) {
    const char *key = nullptr, *value = nullptr;
    if (windfall_error_t* error = windfall_model_metadata(model, i, &key, &value)) return taken(error);
    out.metadata.emplace_back(key, value);
  }
  std::vector<Feature>* const lists[] = {&out.inputs, &out.outputs, &out.states};
  for (std::int32_t which = 0; which < 3; ++which) {
    auto features = features_of(model, which);
    if (!features) return features.error();
    *lists[which] = *std::move(features);
  }
  out.schema = windfall_model_schema_json(model);
  return out;
}

inline Result<OptionsHandle> options_of(const LoadOptions& options) {
  auto handle = make<OptionsHandle>([](windfall_options_t** out) { return windfall_options_new(out); });
  if (!handle) return handle;
  windfall_options_t* const raw = handle->get();
  windfall_error_t* error = nullptr;
  if (!options.engine.empty()) error = windfall_options_set_engine(raw, options.engine.c_str());
  if (!error) error = windfall_options_set_function(raw, options.function.c_str());
  if (!error)
    error = windfall_options_set_compute_units(raw, static_cast<std::int32_t>(options.compute_units));
  if (!error && options.deadline) error = windfall_options_set_deadline_ms(raw, options.deadline->count());
  if (!error) error = windfall_options_set_cache(raw, options.cache ? 1 : 0);
  if (error) return taken(error);
  return handle;
}

}  // namespace detail

// The memory of one conversation with a stateful model. It belongs to one prediction at a time, hence it is
// moved, not copied by accident; a prediction that finds it in use by another is refused.
class State {
 public:
  State(State&&) noexcept = default;
  State& operator=(State&&) noexcept = default;

  // Another conversation that goes on from here.
  Result<State> copy() const {
    return wrap(detail::make<detail::StateHandle>(
        [&](windfall_state_t** out) { return windfall_state_copy(handle_.get(), out); }));
  }
  // What the state of that name holds now; later predictions do not change it.
  Result<Tensor> read(const std::string& name) const {
    return Tensor::from_handle(detail::make<detail::TensorHandle>(
        [&](windfall_tensor_t** out) { return windfall_state_read(handle_.get(), name.c_str(), out); }));
  }
  // dtype and shape must be the state's.
  Status write(const std::string& name, const Tensor& value) {
    return detail::status_of(windfall_state_write(handle_.get(), name.c_str(), value.c_handle()));
  }

  windfall_state_t* c_handle() { return handle_.get(); }  // for windfall.h; stays this state's

 private:
  friend class Model;
  explicit State(detail::StateHandle handle) : handle_(std::move(handle)) {}
  static Result<State> wrap(Result<detail::StateHandle> handle) {
    if (!handle) return handle.error();
    return State(*std::move(handle));
  }
  detail::StateHandle handle_;
};

class Request;

// A loaded model. Any number of threads may use it at once; copies are the same model.
class Model {
 public:
  // A .mlmodel file, a .mlpackage or .mlmodelc folder. kNotFound, kBadModel, kUnsupported, kWeightsMissing.
  static Result<Model> load(const std::filesystem::path& path, const LoadOptions& options = {}) {
    const auto made = detail::options_of(options);
    if (!made) return made.error();
    auto handle = detail::make<detail::ModelHandle>(
        [&](windfall_model_t** out) { return windfall_model_load(path.string().c_str(), made->get(), out); });
    if (!handle) return handle.error();
    auto description = detail::description_of(handle->get());
    if (!description) return description.error();
    return Model(std::make_shared<const Impl>(Impl{*std::move(handle), *std::move(description)}));
  }

  // Of the function that was loaded.
  const Description& description() const { return impl_->description; }
  // The name of the engine it runs on.
  std::string engine() const { return windfall_model_engine(impl_->handle.get()); }
  // Zeroed; empty for a model without states.
  Result<State> new_state() const {
    return State::wrap(detail::make<detail::StateHandle>(
        [&](windfall_state_t** out) { return windfall_state_new(impl_->handle.get(), out); }));
  }
  // For many predictions one after the other, in memory that stays.
  Result<Request> new_request() const;
  // One value for each input that is not optional. dtypes are converted; shapes must be allowed by the
  // description. kInvalidArgument names the input that does not fit and what it takes. A stateful model needs
  // `state`.
  Result<Values> predict(const Values& inputs, State* state = nullptr) const;

  // For windfall.h; stays this model's.
  const windfall_model_t* c_handle() const { return impl_->handle.get(); }

 private:
  struct Impl {
    detail::ModelHandle handle;
    Description description;
  };
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// What a model file holds, also if it cannot run here or its weights are missing.
inline Result<Description> describe(const std::filesystem::path& path, const std::string& function = {}) {
  const auto options = detail::options_of({.function = function});
  if (!options) return options.error();
  const auto handle = detail::make<detail::ModelHandle>([&](windfall_model_t** out) {
    return windfall_model_describe(path.string().c_str(), options->get(), out);
  });
  if (!handle) return handle.error();
  return detail::description_of(handle->get());
}

}  // namespace windfall
