// A loaded model: named features in, named features out, whatever the file's container, type and precision.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/engine.h"
#include "runtime/predict_times.h"
#include "runtime/telemetry/telemetry.h"

namespace wf {

// Values of features by name, in order. Arrays are tensors; Int64, Double and String features are rank-0
// tensors (int64, fp64, string); dictionaries are Dicts; sequences are Lists of scalars. An image is a
// tensor: uint8 [height, width, 3] in RGB order, or [height, width] for grayscale (uint8, or fp16 for
// GRAYSCALE_FLOAT16), whatever order the model wants inside.
using Features = std::vector<std::pair<std::string, Datum>>;
const Datum* find_feature(const Features& features, std::string_view name);

class Cache;
struct CachedModel;

struct LoadOptions {
  std::string engine;  // "" is the default
  // An engine that is in no table, instead of the named one; must outlive the model.
  const InferenceEngine* own_engine = nullptr;
  PrepareOptions prepare = {};
  // Where loads and predictions are recorded; must outlive the model. Null: nowhere (the parts of a pipeline,
  // which count as one).
  Telemetry* telemetry = &Telemetry::process();
  // The model is taken compiled from this cache, or compiled into it; null: read as it is.
  std::shared_ptr<Cache> cache = nullptr;
  // Anything but a compiled model (.mlmodelc) is refused: nothing is compiled, ever.
  bool precompiled_only = false;
};

// The states of one conversation with a stateful model; start at zero. Not to be shared by two predictions at
// once.
class ModelState {
 public:
  std::vector<std::pair<std::string, std::shared_ptr<StateCell>>> cells;
};

class Model {
 public:
  static Result<Model> load(const std::filesystem::path& path, const LoadOptions& options = {});
  // The same from a file read before; telemetry counts it as a load, too.
  static Result<Model> prepare(std::shared_ptr<const ModelFile> file, const LoadOptions& options = {});

  const ModelFile& file() const { return *file_; }
  const Interface& interface() const { return *interface_; }
  const PreparedModel& prepared() const { return *prepared_; }
  // As its engine says (engine.h).
  bool stops_by_itself() const { return stops_by_itself_; }
  // Its file, as telemetry names it.
  const std::string& path() const { return path_; }
  // What the cache had to say of it; null if it was loaded without one.
  const CachedModel* cached() const { return cached_.get(); }

  // Fails when memory does not suffice.
  Result<ModelState> new_state() const;

  // Inputs are fitted to the declared features: dtypes converted (floating values rounded; integers only when
  // nothing is lost), rank-0 and [1] interchangeable, flexible shapes checked against what they allow,
  // optional inputs filled with their default or zeros. What does not fit is an error that names the feature
  // and what it takes. Both readings of the reference engine see the same inputs: rounded to what the program
  // declares. An image is also taken prepared: numbers [1, C, H, W], 0 to 255, in the model's channel order.
  // A stateful model needs `state`; outputs come as the description declares them (fp16 arrays stay fp16).
  Result<Features> predict(const Features& inputs, ModelState* state = nullptr,
                           const InferOptions& options = {}, PredictTimes* times = nullptr) const;

 private:
  static Result<Model> make(std::shared_ptr<const ModelFile> file, const LoadOptions& options);
  Result<Features> predict_timed(const Features& inputs, ModelState* state, const InferOptions& options,
                                 PredictTimes& times) const;
  static Result<Model> load_through_cache(const std::filesystem::path& path, const LoadOptions& options);

  std::shared_ptr<const ModelFile> file_;
  const Interface* interface_ = nullptr;
  std::shared_ptr<const PreparedModel> prepared_;
  Telemetry* telemetry_ = nullptr;
  std::string path_;  // as telemetry's log names the model
  std::string_view engine_;
  bool stops_by_itself_ = true;
  ComputeUnits units_requested_ = ComputeUnits::kAll, units_actual_ = ComputeUnits::kCpuOnly;
  std::shared_ptr<const CachedModel> cached_;  // keeps the entry in its cache
};

}  // namespace wf
