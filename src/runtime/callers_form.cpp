#include "runtime/callers_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/feature_values.h"
#include "runtime/io_schema.h"

namespace wf {
namespace {

IoSchema callers_schema(const Interface& interface) {
  IoSchema schema = make_described_schema(interface);
  schema.states = described_states(interface);
  for (TensorSpec& spec : schema.inputs) {
    spec.in_callers_form = true;
    spec.may_be_unknown = spec.is_optional;
  }
  for (TensorSpec& spec : schema.outputs) spec.in_callers_form = true;
  return schema;
}

// Where each of `wanted` is among `there`.
Result<std::vector<size_t>> places_of(const std::vector<TensorSpec>& wanted,
                                      const std::vector<TensorSpec>& there, std::string_view kind) {
  std::vector<size_t> places;
  for (const TensorSpec& spec : wanted) {
    const auto found = std::ranges::find(there, spec.name, &TensorSpec::name);
    if (found == there.end())
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{} '{}' is not in the model's description", kind, spec.name));
    places.push_back(static_cast<size_t>(found - there.begin()));
  }
  return places;
}

class CallersForm final : public PreparedModel {
 public:
  static Result<std::shared_ptr<const PreparedModel>> make(std::shared_ptr<const PreparedModel> model,
                                                           const Interface& interface) {
    auto made = std::make_shared<CallersForm>();
    made->interface_ = interface;
    made->schema_ = callers_schema(interface);
    const IoSchema& inner = model->io_schema();
    WF_TRY(made->inputs_, places_of(inner.inputs, made->schema_.inputs, "the input"));
    WF_TRY(made->states_, places_of(inner.states, made->schema_.states, "the state"));
    WF_TRY(made->outputs_, places_of(made->schema_.outputs, inner.outputs, "the output"));
    made->model_ = std::move(model);
    return std::shared_ptr<const PreparedModel>(std::move(made));
  }

  std::string cache_key() const override { return model_->cache_key(); }
  const IoSchema& io_schema() const override { return schema_; }
  SlaEstimate sla_estimate() const override { return model_->sla_estimate(); }
  CompiledMeta meta() const override { return model_->meta(); }
  std::shared_ptr<const CachedModel> cached() const override { return model_->cached(); }

  Result<std::vector<Datum>> infer(std::span<const Datum> given, const InferOptions& options) const override {
    const IoSchema& inner = model_->io_schema();
    std::vector<Datum> values;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const Feature& feature = interface_.inputs[inputs_[i]];
      auto value = fitted(feature, inner.inputs[i], given[inputs_[i]]);
      if (!value) return std::move(value).error().at(fmt::format("input '{}'", feature.name));
      values.push_back(*std::move(value));
    }
    for (const size_t place : states_) values.push_back(given[interface_.inputs.size() + place]);
    WF_TRY(const std::vector<Datum> results, model_->infer(values, options));
    WF_REQUIRE(results.size() == inner.outputs.size(), kInternal,
               fmt::format("it gave {} outputs, the model has {}", results.size(), inner.outputs.size()));
    std::vector<Datum> outputs;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const Feature& feature = interface_.outputs[i];
      const TensorSpec& spec = inner.outputs[outputs_[i]];
      const Datum& result = results[outputs_[i]];
      auto value = spec.in_callers_form ? Result<Datum>(result) : present_output(feature, spec.type, result);
      if (!value) return std::move(value).error().at(fmt::format("output '{}'", feature.name));
      outputs.push_back(*std::move(value));
    }
    return outputs;
  }

 private:
  static Result<Datum> fitted(const Feature& feature, const TensorSpec& spec, const Datum& given) {
    if (given.known()) return spec.in_callers_form ? Result<Datum>(given) : fit_input(feature, spec, given);
    return spec.may_be_unknown ? Result<Datum>(Datum()) : default_input(feature, spec);
  }

  Interface interface_;
  IoSchema schema_;  // in the interface's order
  std::shared_ptr<const PreparedModel> model_;
  std::vector<size_t> inputs_, states_;  // of each of the model's: its place in the interface
  std::vector<size_t> outputs_;          // of each of the interface's: its place in the model
};

}  // namespace

Result<std::shared_ptr<const PreparedModel>> in_callers_form(std::shared_ptr<const PreparedModel> model,
                                                             const Interface& interface) {
  return CallersForm::make(std::move(model), interface);
}

}  // namespace wf
