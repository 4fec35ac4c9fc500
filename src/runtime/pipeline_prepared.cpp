#include <fmt/format.h>

#include "runtime/composite.h"
#include "runtime/io_schema.h"
#include "runtime/measured_model.h"
#include "runtime/model.h"
#include "runtime/platform.h"

namespace wf {
namespace {

class PipelinePrepared final : public MeasuredModel {
 public:
  PipelinePrepared(const ModelFile& file, IoSchema schema, std::vector<Model> stages, std::string_view engine)
      : MeasuredModel(std::move(schema), fmt::format("{}|{}|{}", engine, file.type, file.path.string()),
                      {platform_name(), "", "pipeline"}),
        stages_(std::move(stages)) {}

 private:
  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override {
    Features pool;  // what is known by name so far; of equal names the last one counts
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].known()) pool.emplace_back(io_schema().inputs[i].name, inputs[i]);
    }
    for (size_t i = 0; i < stages_.size(); ++i) {
      if (auto status = run(stages_[i], options, pool); !status)
        return std::move(status).error().at(fmt::format("part {}", i));
    }
    std::vector<Datum> outputs;
    for (const TensorSpec& spec : io_schema().outputs) {
      const Datum* value = find_feature(pool, spec.name);
      WF_REQUIRE(value, kBadModel, fmt::format("no part gives the output '{}'", spec.name));
      outputs.push_back(*value);
    }
    return outputs;
  }

  static Status run(const Model& stage, const InferOptions& options, Features& pool) {
    Features inputs;
    for (const Feature& feature : stage.interface().inputs) {
      if (const Datum* value = find_feature(pool, feature.name)) inputs.emplace_back(feature.name, *value);
    }
    WF_TRY(Features outputs, stage.predict(inputs, nullptr, options));
    for (auto& [name, value] : outputs) {
      std::erase_if(pool, [&](const auto& known) { return known.first == name; });
      pool.emplace_back(std::move(name), std::move(value));
    }
    return {};
  }

  std::vector<Model> stages_;
};

}  // namespace

Result<std::shared_ptr<const PreparedModel>> prepare_pipeline(const ModelFile& file, std::string_view engine,
                                                              const PrepareOptions& options) {
  std::vector<Model> stages;
  LoadOptions load;
  load.engine = engine;
  load.telemetry = nullptr;  // the pipeline's own model records
  load.prepare = options;
  load.prepare.function.clear();  // each part's default one
  for (size_t i = 0; i < file.parts.size(); ++i) {
    load.prepare.weights = options.weights.inner(std::to_string(i));
    auto stage = Model::prepare(std::make_shared<const ModelFile>(file.parts[i]), load);
    if (!stage) return std::move(stage).error().at(fmt::format("part {}", i));
    WF_REQUIRE(stage->prepared().io_schema().states.empty(), kUnsupported,
               fmt::format("part {} keeps states, which a pipeline cannot pass on", i));
    stages.push_back(*std::move(stage));
  }
  IoSchema schema = make_described_schema(file.description.interface);
  for (TensorSpec& spec : schema.inputs) {
    spec.in_callers_form = true;
    spec.may_be_unknown = spec.is_optional;
  }
  for (TensorSpec& spec : schema.outputs) spec.in_callers_form = true;
  return std::shared_ptr<const PreparedModel>(
      std::make_shared<PipelinePrepared>(file, std::move(schema), std::move(stages), engine));
}

}  // namespace wf
