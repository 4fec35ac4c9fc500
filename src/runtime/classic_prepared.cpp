#include <fmt/format.h>

#include "classic/call.h"
#include "runtime/composite.h"
#include "runtime/io_schema.h"
#include "runtime/measured_model.h"
#include "runtime/platform.h"

namespace wf {
namespace {

class ClassicPrepared final : public MeasuredModel {
 public:
  ClassicPrepared(const ModelFile& file, IoSchema schema, std::string_view engine)
      : MeasuredModel(std::move(schema), fmt::format("{}|{}|{}", engine, file.type, file.path.string()),
                      {platform_name(), "", "classic"}),
        model_(file.classic),
        interface_(file.description.interface),
        type_(file.type) {}

 private:
  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override {
    const ClassicOptions classic{options.deadline, options.cancelled, options.seed};
    ClassicCall call(interface_, inputs, classic);
    if (auto status = model_->predict(call); !status) return std::move(status).error().at(type_);
    WF_TRY(std::vector<Datum> outputs, call.take_outputs());
    for (size_t i = 0; i < outputs.size(); ++i)
      WF_CHECK(give_declared_dtype(io_schema().outputs[i].type, outputs[i]));
    return outputs;
  }

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
  std::string type_;
};

}  // namespace

Result<std::shared_ptr<const PreparedModel>> prepare_classic(const ModelFile& file, std::string_view engine) {
  IoSchema schema = make_described_schema(file.description.interface);
  for (TensorSpec& spec : schema.inputs) spec.may_be_unknown = spec.is_optional;
  return std::shared_ptr<const PreparedModel>(
      std::make_shared<ClassicPrepared>(file, std::move(schema), engine));
}

}  // namespace wf
