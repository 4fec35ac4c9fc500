// Program > Function > Block > Op > Value: the one form that every tensor model becomes (MIL).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "program/datum.h"
#include "program/opset.h"
#include "program/type.h"

namespace wf {

// A value of a function, by its index in Function::values.
struct ValueId {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  auto operator<=>(const ValueId&) const = default;
};

// Where a constant's bytes lie: a path as the file writes it ("@model_path/weights/weight.bin") and the
// offset of the blob's metadata record.
struct BlobRef {
  std::string path;
  uint64_t offset = 0;
  bool operator==(const BlobRef&) const = default;
};

// A literal. `data` is unknown while the weights a blob names are not loaded. Where it is known, `type` has
// the sizes of the data: no operation is asked to infer from sizes that a file left open.
struct Constant {
  ValueType type;
  Datum data;
  std::optional<BlobRef> blob;
  std::string doc;
};

// An argument is bound to one thing, or (variadic parameters) to several.
using Binding = std::variant<ValueId, Constant>;
struct Argument {
  std::string name;
  std::vector<Binding> bindings;
};

struct NamedConstant {
  std::string name;
  Constant value;
};

struct Block;

struct Op {
  std::string type;              // "conv"
  std::vector<Argument> inputs;  // sorted by name
  std::vector<ValueId> outputs;
  std::vector<Block> blocks;  // bodies of cond and while_loop
  std::vector<NamedConstant>
      attributes;  // sorted by name; "name", "val" of a const, parameters of old constexpr ops

  const Argument* find_input(std::string_view name) const;
  const Constant* find_attribute(std::string_view name) const;
  std::string label() const;  // "conv 'features_0'": its type and its own name, for messages
};

struct Block {
  std::vector<ValueId> inputs;  // nested blocks only
  std::vector<Op> ops;
  std::vector<ValueId> outputs;
};

struct Value {
  std::string name;  // unique where it is visible: sibling blocks may share names
  ValueType type;    // as declared; unknown where the source does not say
};

struct Function {
  std::string name;
  Opset opset = Opset::kIos15;
  std::vector<Value> values;
  std::vector<ValueId> inputs;
  Block body;
  std::vector<NamedConstant> attributes;  // sorted by name

  const Value& value(ValueId id) const { return values[id.index]; }
  Value& value(ValueId id) { return values[id.index]; }
  ValueId add_value(std::string name, ValueType type);
};

struct Program {
  int64_t version = 1;
  std::vector<Function> functions;        // sorted by name
  std::vector<NamedConstant> attributes;  // sorted by name; "buildInfo"
  std::string doc;

  const Function* find(std::string_view name) const;
};

// Calls visit(const Op&, int depth) for each operation, nested blocks included, in program order.
template <class F>
void for_each_op(const Block& block, F&& visit, int depth = 0) {
  for (const Op& op : block.ops) {
    visit(op, depth);
    for (const Block& inner : op.blocks) for_each_op(inner, visit, depth + 1);
  }
}

// Where and how two programs differ first, or nothing if they are identical: names, types, arguments,
// constants bit for bit. Blob paths and offsets may differ, their contents may not.
std::optional<std::string> first_difference(const Program& a, const Program& b);

}  // namespace wf
