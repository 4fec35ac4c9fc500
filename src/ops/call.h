// A call of an operation, as its type rule and its implementation see it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_def.h"
#include "program/datum.h"
#include "program/program.h"

namespace wf {

// The type of one bound value and, where it is known, the value.
struct ArgumentView {
  const ValueType* type = nullptr;
  const Datum* value = nullptr;  // null: not known yet
};
struct NamedArguments {
  std::string_view name;
  std::vector<ArgumentView> items;
};

// Checked against the operation's parameters, so that the accessors cannot fail: required parameters are
// there, dtypes are of the rule, constants are known.
class Call {
 public:
  // Unknown parameter, missing parameter, wrong dtype, or (constant parameters) unknown value: an error.
  static Result<Call> make(const OpDef& def, Opset opset, std::vector<NamedArguments> arguments,
                           const Op& op);

  const OpDef& def() const { return *def_; }
  Opset opset() const { return opset_; }
  const Op& op() const { return *op_; }
  // The first output's type as the program declares it; null, or unknown, where it does not.
  const ValueType* declared() const { return declared_; }
  void set_declared(const ValueType* type) { declared_ = type; }

  bool has(std::string_view name) const { return find(name) != nullptr; }
  size_t count(std::string_view name) const;  // how many values a variadic parameter binds; 0 if absent
  const ValueType& type(std::string_view name, size_t i = 0) const;
  DType dtype(std::string_view name, size_t i = 0) const;
  // The tensor's sizes; kUnknownSize where unknown. The rank is always known here.
  const Shape& shape(std::string_view name, size_t i = 0) const;
  int64_t rank(std::string_view name, size_t i = 0) const {
    return static_cast<int64_t>(shape(name, i).size());
  }

  // The value, or null while unknown (or the parameter absent).
  const Datum* value(std::string_view name, size_t i = 0) const;
  const Tensor* tensor(std::string_view name, size_t i = 0) const;
  // All elements of an integer or bool tensor; nothing while the value is unknown or the parameter absent.
  std::optional<std::vector<int64_t>> ints(std::string_view name, size_t i = 0) const;
  // One element, or the parameter's default. Call only where the value is known or was left out.
  double number(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;

  // An error of this call: kInvalidArgument ("does not fit"), with the call's label as place.
  Error error(std::string message) const;

 protected:
  const NamedArguments* find(std::string_view name) const;
  const Param* param(std::string_view name) const;

  const OpDef* def_ = nullptr;
  Opset opset_ = Opset::kIos15;
  const Op* op_ = nullptr;
  const ValueType* declared_ = nullptr;
  std::vector<NamedArguments> arguments_;
};

// The two readings of a program. Typed: every tensor is rounded to its declared dtype. Exact: floating
// tensors are doubles throughout; the difference is what the declared precision costs.
enum class Reading : uint8_t { kTyped, kExact };

// What the engine provides while an operation runs.
struct EngineServices {
  Reading reading = Reading::kTyped;
  // Runs a nested block of the operation with these values as the block's inputs.
  std::function<Result<std::vector<Datum>>(size_t block, std::span<const Datum> inputs)> run_block;
  // An error once the deadline has passed or the caller cancelled; long loops ask now and then.
  std::function<Status()> tick;
  // The seed of a random operation that names none; advances with every use.
  std::function<uint64_t()> next_seed;
};

// A call with all its inputs known, and a place for its outputs.
class Evaluation : public Call {
 public:
  Evaluation(Call call, std::vector<ValueType> output_types, const EngineServices& services);

  // An input tensor. In the exact reading floating inputs are fp64 whatever the program declares (dtype()
  // still tells the declared one); in the typed reading they are as declared.
  const Tensor& input(std::string_view name, size_t i = 0) const { return *tensor(name, i); }

  size_t output_count() const { return outputs_.size(); }
  const ValueType& output_type(size_t i) const { return output_types_[i]; }
  // How the engine stores a tensor of this declared dtype under the current reading.
  DType storage(DType declared) const;
  // A zero-filled tensor for output i, of its inferred shape, or of `shape` where inference left sizes open.
  Result<Tensor> make_output(size_t i) const;
  Result<Tensor> make_output(size_t i, Shape shape) const;
  void set_output(size_t i, Datum value) { outputs_[i] = std::move(value); }
  std::vector<Datum> take_outputs() { return std::move(outputs_); }

  Result<std::vector<Datum>> run_block(size_t block, std::span<const Datum> inputs) const {
    return services_->run_block(block, inputs);
  }
  Status tick() const { return services_->tick ? services_->tick() : Status(); }
  uint64_t next_seed() const { return services_->next_seed ? services_->next_seed() : 0; }
  Reading reading() const { return services_->reading; }

 private:
  std::vector<ValueType> output_types_;
  std::vector<Datum> outputs_;
  const EngineServices* services_;
};

// Looks the operation up, checks the call and infers its output types. Unknown rank of an input: unknown
// outputs.
Result<std::vector<ValueType>> infer_types(const Call& call);

// The arguments of an operation in a function, with whatever values `value_of` knows (it returns null
// otherwise), and the types `type_of` gives. Attributes that the definition lists as parameters (old
// constexpr operations) count. `literal_of` may stand in another value for a literal's own, as the exact
// reading does. Literals whose weights are not loaded are an error of code kWeightsMissing.
Result<Call> make_call(const Op& op, Opset opset, const std::function<const ValueType*(ValueId)>& type_of,
                       const std::function<const Datum*(ValueId)>& value_of,
                       const std::function<const Datum*(const Constant&)>& literal_of = nullptr);

// axis in [-rank, rank) to [0, rank).
Result<int64_t> normalized_axis(const Call& call, int64_t axis, int64_t rank);
// The same for several, sorted or not as given; duplicates are refused.
Result<std::vector<int64_t>> normalized_axes(const Call& call, std::span<const int64_t> axes, int64_t rank);

}  // namespace wf
