// The rules every program keeps, whatever file it came from. Engines rely on them without looking again.
#include <fmt/format.h>

#include <set>

#include "program/text.h"

namespace wf {
namespace {

constexpr int kMaxBlockDepth =
    64;  // blocks deeper than this are damage: everything that walks blocks recurses

Error broken(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

class FunctionVerifier {
 public:
  explicit FunctionVerifier(const Function& function)
      : function_(function), states_(function.values.size(), State::kUnseen) {}

  Status verify() {
    std::set<std::string_view> names;
    for (const Value& value : function_.values) {
      if (!names.insert(value.name).second) return broken(fmt::format("two values named '{}'", value.name));
    }
    for (const ValueId id : function_.inputs) WF_CHECK(define(id));
    if (!function_.body.inputs.empty()) return broken("the body of a function has inputs of its own");
    return verify_block(function_.body, 0);
  }

 private:
  enum class State : uint8_t { kUnseen, kVisible, kOutOfScope };

  Status define(ValueId id) {
    if (id.index >= states_.size())
      return broken(fmt::format("value number {} of {}", id.index, states_.size()));
    if (states_[id.index] != State::kUnseen) {
      return broken(fmt::format("value '{}' is defined twice", function_.value(id).name));
    }
    states_[id.index] = State::kVisible;
    defined_.push_back(id);
    return {};
  }

  Status use(ValueId id) const {
    if (id.index >= states_.size())
      return broken(fmt::format("value number {} of {}", id.index, states_.size()));
    if (states_[id.index] == State::kVisible) return {};
    const bool gone = states_[id.index] == State::kOutOfScope;
    return broken(fmt::format("value '{}' is used {}", function_.value(id).name,
                              gone ? "outside the block it belongs to" : "before it is defined"));
  }

  Status verify_block(const Block& block, int depth) {
    if (depth > kMaxBlockDepth) return broken(fmt::format("blocks nest deeper than {}", kMaxBlockDepth));
    for (const Op& op : block.ops) {
      if (auto status = verify_op(op, depth); !status) return std::move(status).error().at(op.label());
    }
    for (const ValueId id : block.outputs) WF_CHECK(use(id));
    return {};
  }

  Status verify_op(const Op& op, int depth) {
    std::string_view before;
    for (const Argument& argument : op.inputs) {
      if (argument.name == before) return broken(fmt::format("two arguments named '{}'", argument.name));
      before = argument.name;
      for (const Binding& binding : argument.bindings) {
        if (const auto* id = std::get_if<ValueId>(&binding)) WF_CHECK(use(*id));
      }
    }
    for (const Block& block : op.blocks) {
      const size_t first = defined_.size();
      for (const ValueId id : block.inputs) WF_CHECK(define(id));
      WF_CHECK(verify_block(block, depth + 1));
      for (size_t i = first; i < defined_.size(); ++i) states_[defined_[i].index] = State::kOutOfScope;
      defined_.resize(first);
    }
    if (op.type == "cond") WF_CHECK(verify_cond(op));
    if (op.type == "while_loop") WF_CHECK(verify_loop(op));
    for (const ValueId id : op.outputs) WF_CHECK(define(id));
    return {};
  }

  Status verify_counts(const Op& op, size_t block, size_t inputs, size_t outputs) const {
    if (op.blocks.size() != 2) return broken(fmt::format("{} nested blocks, expected 2", op.blocks.size()));
    const Block& checked = op.blocks[block];
    if (checked.inputs.size() == inputs && checked.outputs.size() == outputs) return {};
    return broken(fmt::format("nested block {} has {} inputs and {} outputs, expected {} and {}", block,
                              checked.inputs.size(), checked.outputs.size(), inputs, outputs));
  }

  Status verify_cond(const Op& op) const {
    WF_CHECK(verify_counts(op, 0, 0, op.outputs.size()));
    return verify_counts(op, 1, 0, op.outputs.size());
  }

  // Block 0 decides whether to go on, block 1 is the body; both take the loop's variables.
  Status verify_loop(const Op& op) const {
    const Argument* variables = op.find_input("loop_vars");
    const size_t count = variables ? variables->bindings.size() : 0;
    WF_CHECK(verify_counts(op, 0, count, 1));
    WF_CHECK(verify_counts(op, 1, count, count));
    if (op.outputs.size() != count) {
      return broken(fmt::format("{} outputs for {} loop variables", op.outputs.size(), count));
    }
    for (size_t i = 0; i < count; ++i) {
      const Binding& binding = variables->bindings[i];
      const auto* id = std::get_if<ValueId>(&binding);
      const ValueType& type = id ? function_.value(*id).type : std::get<Constant>(binding).type;
      for (const Block& block : op.blocks) {
        const Value& input = function_.value(block.inputs[i]);
        if (fits(type, input.type)) continue;
        return broken(fmt::format("loop variable {} is a {}, its block input '{}' a {}", i, to_string(type),
                                  input.name, to_string(input.type)));
      }
    }
    return {};
  }

  const Function& function_;
  std::vector<State> states_;
  std::vector<ValueId> defined_;  // in the open blocks, in order
};

}  // namespace

Status verify(const Program& program) {
  std::set<std::string_view> names;
  for (const Function& function : program.functions) {
    if (!names.insert(function.name).second)
      return broken(fmt::format("two functions named '{}'", function.name));
    if (auto status = FunctionVerifier(function).verify(); !status) {
      return std::move(status).error().at(fmt::format("function {}", function.name));
    }
  }
  return {};
}

}  // namespace wf
