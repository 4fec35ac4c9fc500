// One prediction of the reference engine.
#pragma once

#include <deque>
#include <vector>

#include "engine/reference/function_plan.h"
#include "engine/reference/interpreter.h"

namespace wf {

class Run {
 public:
  Run(const Function& function, const FunctionPlan& plan, const RunOptions& options);

  // The inputs have been checked against the function's declared types.
  Result<std::vector<Datum>> function(std::span<const Datum> inputs);

  // Evaluates one operation all of whose operands are constants of the plan or were computed by this Run: for
  // the plan itself, before anything else runs.
  Status evaluate(const Op& op);
  // A value that was computed elsewhere.
  Status define(ValueId id, Datum value, const ValueType& declared);
  const Datum* value_of(ValueId id) const;
  const ValueType* type_of_value(ValueId id) const;

 private:
  // What an operation reads that is not stored as the reading wants it: constants and inputs in fp16 or fp32
  // are widened for this operation alone when the reading is exact.
  struct Widened {
    std::deque<Datum> data;  // addresses stay
    std::vector<std::pair<const void*, const Datum*>> by_source;
    const Datum* of(const Datum* source) const;
  };

  Status tick() const;
  Result<std::vector<Datum>> block(const Block& body, std::span<const Datum> inputs);
  Status set_outputs(const Op& op, const std::vector<ValueType>& types, Evaluation& evaluation);
  Result<Widened> widened_operands(const Op& op) const;

  template <class Place>
  void drop_after(const std::unordered_map<const Place*, std::vector<ValueId>>& done, const Place& place);

  const Function& function_;
  const FunctionPlan& plan_;
  const RunOptions& options_;
  std::vector<Datum> data_;       // by value index, what was computed and is still needed
  std::vector<ValueType> types_;  // the types of those, with the declared dtypes whatever the reading stores
  uint64_t seed_;
};

}  // namespace wf
