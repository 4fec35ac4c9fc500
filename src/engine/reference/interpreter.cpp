#include "engine/reference/interpreter.h"

#include <fmt/format.h>

#include "engine/reference/function_plan.h"
#include "engine/reference/run.h"
#include "ops/check.h"
#include "program/text.h"

namespace wf {
namespace {

// Decompressed weights may take this fraction of the memory that tensors may take: 1/4.
constexpr int64_t kFoldedShare = 4;

// Does a given input fit? Doubles stand for any floating dtype in the exact reading, and in a state always.
Status check_input(const Value& declared, const Datum& given, Reading reading) {
  if (!given.known()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("input '{}' ({}) is not given", declared.name, to_string(declared.type)));
  }
  ValueType type = type_of(given);
  const auto accept_doubles = [](TensorType& actual, const TensorType& wanted) {
    if (actual.dtype == DType::kFloat64 && is_floating(wanted.dtype)) actual.dtype = wanted.dtype;
  };
  auto* tensor = std::get_if<TensorType>(&type.of);
  auto* state = std::get_if<StateType>(&type.of);
  if (tensor && declared.type.tensor() && reading == Reading::kExact)
    accept_doubles(*tensor, *declared.type.tensor());
  if (state && declared.type.state()) accept_doubles(state->tensor, declared.type.state()->tensor);
  if (fits(type, declared.type)) return {};
  return Error(ErrorCode::kInvalidArgument, fmt::format("input '{}' must be {}, given {}", declared.name,
                                                        to_string(declared.type), to_string(type_of(given))));
}

}  // namespace

Result<std::shared_ptr<const ReferenceFunction>> ReferenceFunction::prepare(
    std::shared_ptr<const Program> program, std::string_view name) {
  WF_CHECK(verify(*program));
  const Function* function = program->find(name.empty() ? "main" : name);
  if (!function)
    return Error(ErrorCode::kNotFound,
                 fmt::format("the program has no function '{}'", name.empty() ? "main" : name));
  WF_CHECK(check_operations(*function));
  std::shared_ptr<ReferenceFunction> prepared(new ReferenceFunction);
  prepared->program_ = std::move(program);
  prepared->function_ = function;
  WF_TRY(FunctionPlan plan, make_plan(*function));
  prepared->plan_ = std::make_shared<FunctionPlan>(std::move(plan));
  return std::shared_ptr<const ReferenceFunction>(std::move(prepared));
}

const FunctionPlan& ReferenceFunction::plan() const {
  std::call_once(folded_, [this] { fold_weights(*function_, *plan_, TensorMemory::limit() / kFoldedShare); });
  return *plan_;
}

Status ReferenceFunction::check_inputs(std::span<const Datum> inputs, Reading reading) const {
  if (inputs.size() != function_->inputs.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("function '{}' takes {} inputs, given {}", function_->name,
                             function_->inputs.size(), inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    WF_CHECK(check_input(function_->value(function_->inputs[i]), inputs[i], reading));
  }
  return {};
}

Result<std::vector<Datum>> ReferenceFunction::run(std::span<const Datum> inputs,
                                                  const RunOptions& options) const {
  WF_CHECK(check_inputs(inputs, options.reading));
  return Run(*function_, plan(), options).function(inputs);
}

}  // namespace wf
