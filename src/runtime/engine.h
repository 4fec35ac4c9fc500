// The seam: what every engine (reference, cpu, Core ML) offers, and the types that cross it. Tensors are
// row-major with explicit dtype; an engine adapts inside.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/stored_weights.h"
#include "formats/model_file.h"
#include "program/datum.h"

namespace wf {

enum class ModelFormat : uint8_t { kMlModel, kMlPackage, kMlModelC, kOnnx, kSafetensors, kTorchScript };
enum class ComputeUnits : int {
  kAll = 0,
  kCpuOnly = 1,
  kCpuAndGpu = 2,
  kCpuAndNe = 3
};  // the C ABI's numbers

struct ModelArtifact {
  ModelFormat format = ModelFormat::kMlModel;
  std::filesystem::path path;
  std::string sha256;  // of the file, or of a bundle's files in path order; "" if not computed
};

class Cache;
struct CachedModel;

// Where an engine with a compiler of its own keeps what that made of a model.
struct KeepCompiled {
  std::shared_ptr<Cache> cache;
  std::filesystem::path source;  // the model as it was before Windfall compiled it
};

struct PrepareOptions {
  std::string function;  // "" is the default function
  ComputeUnits compute_units = ComputeUnits::kAll;
  // Packed weights of an earlier process, for engines that pack; those of a compiled model are found by
  // themselves (Model::prepare).
  StoredWeights weights = {};
  // No cache: compiled for this process alone.
  KeepCompiled keep = {};
};

// One input or output as an engine sees it. Shapes: kUnknownSize where flexible.
struct TensorSpec {
  std::string name;
  ValueType type;
  bool is_image = false, is_state = false, is_optional = false, batch_capable = false;
  std::optional<double> fallback = std::nullopt;
  // The value as Features hold it, neither fitted nor presented: pipelines, whose parts do both.
  bool in_callers_form = false;
  // An optional input that was left out comes as an unknown Datum, instead of a default.
  bool may_be_unknown = false;
};
struct IoSchema {
  std::vector<TensorSpec> inputs, outputs, states;
};

struct CapabilityReport {
  std::string device_class;  // "cpu"
  std::vector<DType> supported_dtypes;
  int64_t max_batch_size = 0;  // 0: unbounded
  double ane_op_coverage_pct = 0;
  ComputeUnits compute_units_requested = ComputeUnits::kAll;
  ComputeUnits compute_units_actual = ComputeUnits::kCpuOnly;
  std::optional<double> compile_p99_ms, infer_p99_ms;  // measured; absent before the first call
};

struct CompiledMeta {
  std::string platform;        // "linux-x86_64"
  std::string coreml_version;  // "" where there is no Core ML
  std::string backend;         // "mlprogram", "neuralnetwork", "classic", "pipeline"
};

struct SlaEstimate {
  std::optional<double> p50_ms, p99_ms;  // measured on this prepared model; absent before the first call
};

// Who answered a call, where that can differ from call to call (the engine "auto").
struct InferReport {
  std::string engine;
  ComputeUnits compute_units = ComputeUnits::kCpuOnly;
};

struct InferOptions {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const std::atomic<bool>* cancelled = nullptr;
  uint64_t seed = 0;
  // Sees every intermediate value, for engines that have them (the reference engine).
  std::function<void(const Op& op, std::string_view name, const Datum& value)> observer;
  // Filled in by engines that have something to tell; untouched by the others.
  InferReport* report = nullptr;
};

// A function of a model, ready to run. Safe to share between threads.
class PreparedModel {
 public:
  virtual ~PreparedModel() = default;
  virtual std::string cache_key() const = 0;
  virtual const IoSchema& io_schema() const = 0;
  virtual SlaEstimate sla_estimate() const = 0;
  virtual CompiledMeta meta() const = 0;
  // What the cache had to say, where the engine asked it (PrepareOptions::keep); else null.
  virtual std::shared_ptr<const CachedModel> cached() const { return nullptr; }
  // Inputs and states in the schema's order (states after inputs, as StateCells); outputs in the schema's
  // order.
  virtual Result<std::vector<Datum>> infer(std::span<const Datum> inputs,
                                           const InferOptions& options) const = 0;
};

class InferenceEngine {
 public:
  virtual ~InferenceEngine() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view doc() const = 0;
  virtual CapabilityReport capabilities() const = 0;
  // Whether infer() ends soon after its deadline or a cancel. An engine that cannot promise that is called on
  // threads that can be left behind (auto_engine.h).
  virtual bool stops_by_itself() const { return true; }
  // Whether prepare() ends in reasonable time. Where it does not, nobody should have to wait for it.
  virtual bool prepares_soon() const { return stops_by_itself(); }
  // Whether a model that Windfall compiled (compile.h) is as good as the model itself.
  virtual bool takes_our_compiled() const { return true; }
  // Whether its models' schemas are what the description says, also where the program says something else.
  virtual bool knows_the_description_alone() const { return false; }
  virtual Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                               const PrepareOptions& options) const = 0;
};

// What WINDFALL_ENGINE names in the environment, else "cpu".
std::string default_engine();
// "cpu", "cpu:fp32", "cpu:bf16", "reference" (typed reading), "reference:exact"; "" is the default. An
// unknown name is an error that lists the known ones.
Result<const InferenceEngine*> find_engine(std::string_view name);
const std::vector<const InferenceEngine*>& all_engines();

}  // namespace wf
