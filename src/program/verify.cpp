// The rules every program keeps, whatever file it came from. Engines rely on them without looking again.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "program/literal.h"
#include "program/text.h"

namespace wf {
namespace {

constexpr int kMaxBlockDepth = 64;
constexpr size_t kMaxValues = size_t{1} << 24;  // of one function

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

// Names that occur once each, in order.
template <class Items>
Status check_names(const Items& items, std::string_view what) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].name.empty()) return bad(fmt::format("an {} without a name", what));
    if (i == 0 || items[i - 1].name < items[i].name) continue;
    return bad(fmt::format("{} '{}' is given twice or out of order", what, items[i].name));
  }
  return {};
}

Status check_attributes(const std::vector<NamedConstant>& attributes) {
  WF_CHECK(check_names(attributes, "attribute"));
  for (const NamedConstant& attribute : attributes) {
    if (auto status = verify_literal(attribute.value); !status) {
      return std::move(status).error().at(fmt::format("attribute '{}'", attribute.name));
    }
  }
  return {};
}

class FunctionCheck {
 public:
  explicit FunctionCheck(const Function& function) : function_(function), state_(function.values.size()) {}

  Status run() {
    WF_REQUIRE(function_.values.size() <= kMaxValues, kBadModel,
               fmt::format("{} values, expected at most {}", function_.values.size(), kMaxValues));
    WF_CHECK(check_attributes(function_.attributes));
    for (const ValueId id : function_.inputs) {
      if (auto status = define(id); !status) return std::move(status).error().at("input");
    }
    WF_REQUIRE(function_.body.inputs.empty(), kBadModel, "the function's body has block inputs of its own");
    return check_block(function_.body, 0);
  }

 private:
  enum class State : uint8_t { kUndefined, kVisible, kOutOfScope };

  std::string name_of(ValueId id) const {
    return id.index < function_.values.size() ? fmt::format("'{}'", function_.value(id).name)
                                              : fmt::format("#{}", id.index);
  }

  Status define(ValueId id) {
    if (id.index >= state_.size()) return bad(fmt::format("value {} does not exist", name_of(id)));
    if (state_[id.index] != State::kUndefined)
      return bad(fmt::format("value {} is defined twice", name_of(id)));
    const std::string& name = function_.value(id).name;
    if (name.empty()) return bad("a value without a name");
    if (!visible_names_.insert(name).second) return bad(fmt::format("the name '{}' is defined twice", name));
    state_[id.index] = State::kVisible;
    scope_.push_back(id);
    return {};
  }

  Status check_use(ValueId id) const {
    if (id.index >= state_.size()) return bad(fmt::format("value {} does not exist", name_of(id)));
    switch (state_[id.index]) {
      case State::kVisible:
        return {};
      case State::kOutOfScope:
        return bad(fmt::format("{} is used outside of the block that defines it", name_of(id)));
      case State::kUndefined:
        break;
    }
    return bad(fmt::format("{} is used before it is defined", name_of(id)));
  }

  Status check_block(const Block& block, int depth) {
    WF_REQUIRE(depth <= kMaxBlockDepth, kBadModel,
               fmt::format("blocks are nested more than {} deep", kMaxBlockDepth));
    const size_t outer = scope_.size();
    for (const ValueId id : block.inputs) {
      if (auto status = define(id); !status) return std::move(status).error().at("block input");
    }
    for (const Op& op : block.ops) {
      if (auto status = check_op(op, depth); !status) return std::move(status).error().at(op.label());
    }
    for (const ValueId id : block.outputs) {
      if (auto status = check_use(id); !status) return std::move(status).error().at("block output");
    }
    for (size_t i = outer; i < scope_.size(); ++i) {
      state_[scope_[i].index] = State::kOutOfScope;
      visible_names_.erase(function_.value(scope_[i]).name);
    }
    scope_.resize(outer);
    return {};
  }

  Status check_op(const Op& op, int depth) {
    WF_REQUIRE(!op.type.empty(), kBadModel, "an operation without a type");
    WF_CHECK(check_attributes(op.attributes));
    WF_CHECK(check_names(op.inputs, "argument"));
    if (op.type == "const") {
      WF_REQUIRE(op.find_attribute("val"), kBadModel, "a const without its attribute 'val'");
      WF_REQUIRE(op.outputs.size() == 1, kBadModel,
                 fmt::format("a const with {} outputs", op.outputs.size()));
    }
    for (const Argument& argument : op.inputs) {
      for (const Binding& binding : argument.bindings) {
        const auto* constant = std::get_if<Constant>(&binding);
        auto status = constant ? verify_literal(*constant) : check_use(std::get<ValueId>(binding));
        if (!status) return std::move(status).error().at(fmt::format("argument '{}'", argument.name));
      }
    }
    for (const Block& block : op.blocks) WF_CHECK(check_block(block, depth + 1));
    if (op.type == "cond") WF_CHECK(check_cond(op));
    if (op.type == "while_loop") WF_CHECK(check_loop(op));
    for (const ValueId id : op.outputs) WF_CHECK(define(id));
    return {};
  }

  Status check_counts(const Op& op, size_t block, size_t inputs, size_t outputs) const {
    if (op.blocks.size() != 2) return bad(fmt::format("{} nested blocks, expected 2", op.blocks.size()));
    const Block& checked = op.blocks[block];
    if (checked.inputs.size() == inputs && checked.outputs.size() == outputs) return {};
    return bad(fmt::format("nested block {} has {} inputs and {} outputs, expected {} and {}", block,
                           checked.inputs.size(), checked.outputs.size(), inputs, outputs));
  }

  Status check_cond(const Op& op) const {
    WF_CHECK(check_counts(op, 0, 0, op.outputs.size()));
    return check_counts(op, 1, 0, op.outputs.size());
  }

  // Block 0 decides whether to go on, block 1 is the body; both take the loop's variables.
  Status check_loop(const Op& op) const {
    const Argument* variables = op.find_input("loop_vars");
    const size_t count = variables ? variables->bindings.size() : 0;
    WF_CHECK(check_counts(op, 0, count, 1));
    WF_CHECK(check_counts(op, 1, count, count));
    if (op.outputs.size() != count) {
      return bad(fmt::format("{} outputs for {} loop variables", op.outputs.size(), count));
    }
    for (size_t i = 0; i < count; ++i) {
      const Binding& binding = variables->bindings[i];
      const auto* id = std::get_if<ValueId>(&binding);
      const ValueType& type = id ? function_.value(*id).type : std::get<Constant>(binding).type;
      for (const Block& block : op.blocks) {
        const Value& input = function_.value(block.inputs[i]);
        if (fits(type, input.type)) continue;
        return bad(fmt::format("loop variable {} is a {}, its block input '{}' a {}", i, to_string(type),
                               input.name, to_string(input.type)));
      }
    }
    return {};
  }

  const Function& function_;
  std::vector<State> state_;
  std::vector<ValueId> scope_;  // every visible value, innermost block last
  std::unordered_set<std::string_view> visible_names_;
};

}  // namespace

Status verify(const Program& program) {
  WF_REQUIRE(!program.functions.empty(), kBadModel, "a program without functions");
  WF_CHECK(check_names(program.functions, "function"));
  WF_CHECK(check_attributes(program.attributes));
  for (const Function& function : program.functions) {
    if (auto status = FunctionCheck(function).run(); !status) {
      return std::move(status).error().at(fmt::format("function {}", function.name));
    }
  }
  return {};
}

}  // namespace wf
