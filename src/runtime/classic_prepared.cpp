#include <fmt/format.h>

#include "classic/call.h"
#include "runtime/composite.h"
#include "runtime/io_schema.h"
#include "runtime/latency_window.h"
#include "runtime/platform.h"

namespace wf {
namespace {

class ClassicPrepared final : public PreparedModel {
 public:
  ClassicPrepared(const ModelFile& file, std::string_view engine)
      : model_(file.classic),
        interface_(file.description.interface),
        schema_(make_described_schema(interface_)),
        type_(file.type),
        key_(fmt::format("{}|{}|{}", engine, file.type, file.path.string())) {
    for (TensorSpec& spec : schema_.inputs) spec.may_be_unknown = spec.is_optional;
  }

  std::string cache_key() const override { return key_; }
  const IoSchema& io_schema() const override { return schema_; }
  CompiledMeta meta() const override { return {platform_name(), "", "classic"}; }
  SlaEstimate sla_estimate() const override {
    return {latencies_.percentile(0.5), latencies_.percentile(0.99)};
  }

  Result<std::vector<Datum>> infer(std::span<const Datum> inputs,
                                   const InferOptions& options) const override {
    WF_REQUIRE(inputs.size() == schema_.inputs.size(), kInvalidArgument,
               fmt::format("takes {} inputs, given {} values", schema_.inputs.size(), inputs.size()));
    const auto begin = std::chrono::steady_clock::now();
    const ClassicOptions classic{options.deadline, options.cancelled, options.seed};
    ClassicCall call(interface_, inputs, classic);
    if (auto status = model_->predict(call); !status) return std::move(status).error().at(type_);
    WF_TRY(std::vector<Datum> outputs, call.take_outputs());
    for (size_t i = 0; i < outputs.size(); ++i)
      WF_CHECK(give_declared_dtype(schema_.outputs[i].type, outputs[i]));
    latencies_.add(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    return outputs;
  }

 private:
  // Classical models compute in double, whatever the description declares.
  static Status give_declared_dtype(const ValueType& type, Datum& value) {
    if (!type.tensor() || !value.tensor()) return {};
    const bool text = type.tensor()->dtype == DType::kString;
    if (text || value.tensor()->dtype() == DType::kString) return {};
    WF_TRY(Tensor out, converted(*value.tensor(), type.tensor()->dtype));
    value = Datum(std::move(out));
    return {};
  }

  std::shared_ptr<const ClassicModel> model_;
  Interface interface_;
  IoSchema schema_;
  std::string type_, key_;
  mutable LatencyWindow latencies_;
};

}  // namespace

Result<std::shared_ptr<const PreparedModel>> prepare_classic(const ModelFile& file, std::string_view engine) {
  return std::shared_ptr<const PreparedModel>(std::make_shared<ClassicPrepared>(file, engine));
}

}  // namespace wf
