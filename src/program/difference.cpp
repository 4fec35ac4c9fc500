#include <fmt/format.h>

#include <algorithm>

#include "program/program.h"

namespace wf {
namespace {

// nullopt: no difference. Otherwise where ("function main: conv 'x': ") and how.
using Difference = std::optional<std::string>;

Difference within(std::string_view place, Difference difference) {
  if (difference) *difference = fmt::format("{}: {}", place, *difference);
  return difference;
}

Difference compare_constants(const Constant& a, const Constant& b) {
  if (!(a.type == b.type)) return fmt::format("type {} against {}", to_string(a.type), to_string(b.type));
  if (a.doc != b.doc) return fmt::format("documented as '{}' against '{}'", a.doc, b.doc);
  if (a.data.known() != b.data.known()) return "the data of one side are not loaded";
  if (!same_bits(a.data, b.data)) return fmt::format("values of a {} differ", to_string(a.type));
  return std::nullopt;
}

Difference compare_attributes(const std::vector<NamedConstant>& a, const std::vector<NamedConstant>& b) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size() || a[i].name != b[i].name) {
      return fmt::format("attribute '{}' against '{}'", i < a.size() ? a[i].name : "",
                         i < b.size() ? b[i].name : "");
    }
    if (auto difference = compare_constants(a[i].value, b[i].value)) {
      return within(fmt::format("attribute '{}'", a[i].name), difference);
    }
  }
  return std::nullopt;
}

class FunctionComparison {
 public:
  FunctionComparison(const Function& a, const Function& b) : a_(a), b_(b) {}

  Difference run() const {
    if (a_.opset != b_.opset)
      return fmt::format("opset {} against {}", text_name(a_.opset), text_name(b_.opset));
    if (auto difference = compare_values(a_.inputs, b_.inputs)) return within("inputs", difference);
    if (auto difference = compare_attributes(a_.attributes, b_.attributes)) return difference;
    return compare_blocks(a_.body, b_.body);
  }

 private:
  Difference compare_values(const std::vector<ValueId>& a, const std::vector<ValueId>& b) const {
    if (a.size() != b.size()) return fmt::format("{} values against {}", a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const Value &x = a_.value(a[i]), &y = b_.value(b[i]);
      if (x.name != y.name) return fmt::format("'{}' against '{}'", x.name, y.name);
      if (!(x.type == y.type))
        return fmt::format("'{}' is {} against {}", x.name, to_string(x.type), to_string(y.type));
    }
    return std::nullopt;
  }

  Difference compare_blocks(const Block& a, const Block& b) const {
    if (auto difference = compare_values(a.inputs, b.inputs)) return within("block inputs", difference);
    for (size_t i = 0; i < std::min(a.ops.size(), b.ops.size()); ++i) {
      if (auto difference = compare_ops(a.ops[i], b.ops[i])) return within(a.ops[i].label(), difference);
    }
    if (a.ops.size() != b.ops.size())
      return fmt::format("{} operations against {}", a.ops.size(), b.ops.size());
    return within("block outputs", compare_values(a.outputs, b.outputs));
  }

  Difference compare_ops(const Op& a, const Op& b) const {
    if (a.type != b.type) return fmt::format("operation {} against {}", a.type, b.type);
    if (auto difference = compare_attributes(a.attributes, b.attributes)) return difference;
    for (size_t i = 0; i < std::max(a.inputs.size(), b.inputs.size()); ++i) {
      if (i >= a.inputs.size() || i >= b.inputs.size() || a.inputs[i].name != b.inputs[i].name) {
        return fmt::format("argument '{}' against '{}'", i < a.inputs.size() ? a.inputs[i].name : "",
                           i < b.inputs.size() ? b.inputs[i].name : "");
      }
      if (auto difference = compare_bindings(a.inputs[i].bindings, b.inputs[i].bindings)) {
        return within(fmt::format("argument '{}'", a.inputs[i].name), difference);
      }
    }
    if (a.blocks.size() != b.blocks.size())
      return fmt::format("{} blocks against {}", a.blocks.size(), b.blocks.size());
    for (size_t i = 0; i < a.blocks.size(); ++i) {
      if (auto difference = compare_blocks(a.blocks[i], b.blocks[i]))
        return within(fmt::format("block {}", i), difference);
    }
    return within("outputs", compare_values(a.outputs, b.outputs));
  }

  Difference compare_bindings(const std::vector<Binding>& a, const std::vector<Binding>& b) const {
    if (a.size() != b.size()) return fmt::format("{} values against {}", a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].index() != b[i].index()) return "a value against a literal";
      if (const auto* literal = std::get_if<Constant>(&a[i])) {
        if (auto difference = compare_constants(*literal, std::get<Constant>(b[i]))) return difference;
      } else {
        const std::string &x = a_.value(std::get<ValueId>(a[i])).name,
                          &y = b_.value(std::get<ValueId>(b[i])).name;
        if (x != y) return fmt::format("'{}' against '{}'", x, y);
      }
    }
    return std::nullopt;
  }

  const Function& a_;
  const Function& b_;
};

}  // namespace

std::optional<std::string> first_difference(const Program& a, const Program& b) {
  if (a.version != b.version) return fmt::format("program version {} against {}", a.version, b.version);
  if (a.doc != b.doc) return fmt::format("documented as '{}' against '{}'", a.doc, b.doc);
  if (auto difference = compare_attributes(a.attributes, b.attributes)) return difference;
  for (size_t i = 0; i < std::max(a.functions.size(), b.functions.size()); ++i) {
    if (i >= a.functions.size() || i >= b.functions.size() || a.functions[i].name != b.functions[i].name) {
      return fmt::format("function '{}' against '{}'", i < a.functions.size() ? a.functions[i].name : "",
                         i < b.functions.size() ? b.functions[i].name : "");
    }
    if (auto difference = FunctionComparison(a.functions[i], b.functions[i]).run()) {
      return within(fmt::format("function {}", a.functions[i].name), difference);
    }
  }
  return std::nullopt;
}

}  // namespace wf
