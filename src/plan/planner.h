// Makes a plan of a function of known shapes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "passes/static_function.h"
#include "plan/attention.h"
#include "plan/lowering.h"
#include "plan/packed_weights.h"
#include "plan/plan.h"
#include "plan/precision.h"

namespace wf {

struct PlanOptions {
  Isa isa = Isa::kPortable;
  int threads = 1;
  Precision precision = Precision::kBetterThanHalf;
  // Weights that plans of the same function and instruction set share; null: the plan's own.
  std::shared_ptr<PackedWeights> weights;
};

// `declared` is the function as the file has it: what inputs and outputs are outside.
Result<std::unique_ptr<Plan>> make_plan(const Function& declared, StaticFunction function,
                                        const PlanOptions& options);

class Planner {
 public:
  Planner(const Function& declared, StaticFunction function, const PlanOptions& options);
  Result<std::unique_ptr<Plan>> make();

 private:
  friend class Lowering;

  // Operations that one elementwise step does, or that are done at the end of a product's.
  struct Group {
    std::vector<size_t> members;  // indices of operations, in order; the last one gives the result
    int anchor = -1;              // index of the product that comes first, if any
  };

  Status bind_inputs();
  Status bind_outputs();
  void remove_dead_operations();
  void count_uses();
  bool is_elementwise(const Op& op) const;
  void find_groups();
  void grow(Group& group, int index);
  // The program of a group, and its operands in the order of their registers.
  Result<ElementwiseProgram> program_of(const Group& group, std::vector<ValueId>& operands) const;

  void find_attention();
  Status lower_attention(const AttentionMatch& match);

  Status lower(size_t op);
  Status lower_group(const Group& group);
  Result<bool> lower_with_rule(size_t op, const Epilogue* epilogue, ValueId result, bool* took);
  Status lower_with_reference(const Op& op, const Call& call);
  Status emit_elementwise(const ElementwiseProgram& program, const std::vector<ValueId>& ids,
                          std::vector<View> operands, ValueId result);

  Order order_wanted(ValueId id) const;
  Result<View> view_of(ValueId id);
  void set_view(ValueId id, View view);
  void release_operands(const Op& op);  // one read less of each
  Result<View> constant_view(const Tensor& tensor);
  bool is_shared_constant(ValueId id) const;
  Result<View> shared_constant_view(ValueId id);
  View add_buffer(PlanBuffer buffer, DType dtype, const Shape& shape, const Order& order);
  View allocate(DType dtype, const Shape& shape, const Order& order);
  Result<View> arrange(const View& view, const Order& order);
  void emit(Step step);
  void emit_copy(const View& from, const View& to, std::string kernel);
  void place_buffers();

  const Function& declared_;
  std::shared_ptr<StaticFunction> function_;  // steps that fall back to the reference hold it
  PlanOptions options_;
  std::unique_ptr<Plan> plan_;
  std::vector<View> views_;        // by value index
  std::vector<int> uses_;          // by value index: reads left
  std::vector<int> readers_;       // by buffer: values in it that will be read
  std::vector<int> producer_;      // by value index: operation, or -1
  std::vector<bool> elementwise_;  // by operation
  std::vector<AttentionMatch> attentions_;
  std::vector<int> attention_of_;  // by operation: -1, or the attention it belongs to
  std::vector<Group> groups_;
  std::vector<int> group_of_;  // by operation: -1, or the group it belongs to
  std::string label_;          // of the operation being lowered
};

}  // namespace wf
