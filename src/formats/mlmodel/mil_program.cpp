#include "formats/mlmodel/mil_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "formats/mlmodel/mil_value.h"
#include "proto/data_structures.h"
#include "proto/mil.h"

namespace wf {
namespace {

using Owner = std::shared_ptr<const void>;

constexpr size_t kMaxOps =
    size_t{1} << 20;  // of one function; the largest real models have some ten thousand
constexpr size_t kMaxFunctions = 4096;

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

struct Entry {
  std::string key;
  Message value;
};

// The entries of a map field by key; the same key twice is damage.
Result<std::vector<Entry>> read_map(const Message& owner, uint32_t field, std::string_view what) {
  std::vector<Entry> entries;
  for (const Message& each : owner.messages(field)) {
    entries.push_back({each.text(proto::MapEntry::kKey), each.message(proto::MapEntry::kValue)});
  }
  std::ranges::sort(entries, {}, &Entry::key);
  const auto twice = std::ranges::adjacent_find(entries, {}, &Entry::key);
  if (twice != entries.end()) return bad(fmt::format("{} '{}' is given twice", what, twice->key));
  return entries;
}

Result<std::vector<NamedConstant>> read_attributes(const Message& message, uint32_t field,
                                                   const Owner& owner) {
  WF_TRY(auto entries, read_map(message, field, "attribute"));
  std::vector<NamedConstant> attributes;
  for (Entry& entry : entries) {
    auto value = read_constant(entry.value, owner);
    if (!value) return std::move(value).error().at(fmt::format("attribute '{}'", entry.key));
    attributes.push_back({std::move(entry.key), *std::move(value)});
  }
  return attributes;
}

// Reads one function. Names become ValueIds as they are met; a name is visible from its definition to the end
// of its block, nested blocks included. Sibling blocks (the branches of a cond) may use the same names for
// their own values.
class FunctionReader {
 public:
  FunctionReader(const Owner& owner, std::vector<std::string>& notes) : owner_(owner), notes_(notes) {}

  Result<Function> read(std::string name, const Message& message) {
    using Field = proto::Function;
    function_.name = std::move(name);
    WF_TRY(const Message body, choose_body(message));
    WF_TRY(function_.attributes, read_attributes(message, Field::kAttributes, owner_));
    WF_TRY(function_.inputs, define_all(message, Field::kInputs));
    WF_TRY(function_.body, read_block(body));
    return std::move(function_);
  }

 private:
  // A function may hold a body for each of several opsets; its `opset` field names the one that counts.
  Result<Message> choose_body(const Message& message) {
    const std::string opset = message.text(proto::Function::kOpset);
    const auto known = opset_from_proto_name(opset);
    if (!known) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("opset '{}' is not known, this build knows CoreML3 to CoreML9", opset), {},
                   "a newer Windfall may read the model");
    }
    function_.opset = *known;
    WF_TRY(auto bodies, read_map(message, proto::Function::kBlockSpecializations, "opset"));
    std::string others;
    const Message* chosen = nullptr;
    for (const Entry& each : bodies) {
      if (each.key == opset) {
        chosen = &each.value;
      } else {
        others += (others.empty() ? "" : ", ") + each.key;
      }
    }
    if (!chosen) {
      return bad(fmt::format("no body for its opset {}, there is one for: {}", opset,
                             others.empty() ? "none" : others));
    }
    if (!others.empty()) {
      notes_.push_back(
          fmt::format("function {} has bodies for other opsets too, not read: {}", function_.name, others));
    }
    return *chosen;
  }

  Result<ValueId> define(std::string name, ValueType type) {
    if (name.empty()) return bad("a value without a name");
    const ValueId id{static_cast<uint32_t>(function_.values.size())};
    if (!visible_.emplace(name, id).second) return bad(fmt::format("value '{}' is defined twice", name));
    return function_.add_value(std::move(name), std::move(type));
  }

  Result<std::vector<ValueId>> define_all(const Message& message, uint32_t field) {
    std::vector<ValueId> ids;
    for (const Message& each : message.messages(field)) {
      std::string name = each.text(proto::NamedValueType::kName);
      auto type = read_value_type(each.message(proto::NamedValueType::kType));
      if (!type) return std::move(type).error().at(fmt::format("value '{}'", name));
      WF_TRY(const ValueId id, define(std::move(name), *std::move(type)));
      ids.push_back(id);
    }
    return ids;
  }

  Result<ValueId> find(const std::string& name) const {
    const auto found = visible_.find(name);
    if (found == visible_.end()) {
      return bad(
          fmt::format("'{}' is used, but no value of that name is defined before and visible here", name));
    }
    return found->second;
  }

  Result<Block> read_block(const Message& message) {
    using Field = proto::Block;
    const size_t first_value = function_.values.size();
    ops_ += message.count(Field::kOperations);
    WF_REQUIRE(ops_ <= kMaxOps, kBadModel, fmt::format("more than {} operations in one function", kMaxOps));
    Block block;
    WF_TRY(block.inputs, define_all(message, Field::kInputs));
    block.ops.reserve(message.count(Field::kOperations));
    for (const Message& each : message.messages(Field::kOperations)) {
      Op op;
      if (auto status = read_op(each, op); !status) return std::move(status).error().at(op.label());
      block.ops.push_back(std::move(op));
    }
    for (const std::string& name : message.texts(Field::kOutputs)) {
      auto id = find(name);
      if (!id) return std::move(id).error().at("block output");
      block.outputs.push_back(*id);
    }
    for (size_t i = first_value; i < function_.values.size(); ++i) visible_.erase(function_.values[i].name);
    return block;
  }

  // Fills what it can even if it fails, so that the error can name the operation.
  Status read_op(const Message& message, Op& op) {
    using Field = proto::Operation;
    op.type = message.text(Field::kType);
    WF_REQUIRE(!op.type.empty(), kBadModel, "an operation without a type");
    WF_TRY(op.attributes, read_attributes(message, Field::kAttributes, owner_));
    WF_TRY(auto inputs, read_map(message, Field::kInputs, "argument"));
    for (Entry& entry : inputs) {
      auto argument = read_argument(entry.value);
      if (!argument) return std::move(argument).error().at(fmt::format("argument '{}'", entry.key));
      op.inputs.push_back({std::move(entry.key), *std::move(argument)});
    }
    for (const Message& each : message.messages(Field::kBlocks)) {
      WF_TRY(Block block, read_block(each));
      op.blocks.push_back(std::move(block));
    }
    WF_TRY(op.outputs, define_all(message, Field::kOutputs));
    return {};
  }

  Result<std::vector<Binding>> read_argument(const Message& message) const {
    std::vector<Binding> bindings;
    for (const Message& each : message.messages(proto::Argument::kArguments)) {
      switch (each.which({proto::Binding::kName, proto::Binding::kValue})) {
        case proto::Binding::kName: {
          WF_TRY(const ValueId id, find(each.text(proto::Binding::kName)));
          bindings.emplace_back(id);
          break;
        }
        case proto::Binding::kValue: {
          WF_TRY(Constant constant, read_constant(each.message(proto::Binding::kValue), owner_));
          bindings.emplace_back(std::move(constant));
          break;
        }
        default:
          return bad("bound neither to a name nor to a value");
      }
    }
    return bindings;
  }

  const Owner& owner_;
  std::vector<std::string>& notes_;
  Function function_;
  std::unordered_map<std::string, ValueId> visible_;
  size_t ops_ = 0;
};

}  // namespace

Result<Program> read_mil_program(const Message& message, const Owner& owner,
                                 std::vector<std::string>& notes) {
  using Field = proto::Program;
  Program program;
  program.version = message.i64(Field::kVersion);
  program.doc = message.text(Field::kDocString);
  if (program.version != 1) notes.push_back(fmt::format("program version {}, expected 1", program.version));
  WF_REQUIRE(
      message.count(Field::kFunctions) <= kMaxFunctions, kBadModel,
      fmt::format("{} functions, expected at most {}", message.count(Field::kFunctions), kMaxFunctions));
  WF_TRY(program.attributes, read_attributes(message, Field::kAttributes, owner));
  WF_TRY(auto functions, read_map(message, Field::kFunctions, "function"));
  for (const Entry& each : functions) {
    auto function = FunctionReader(owner, notes).read(each.key, each.value);
    if (!function) return std::move(function).error().at(fmt::format("function {}", each.key));
    program.functions.push_back(*std::move(function));
  }
  WF_REQUIRE(!program.functions.empty(), kBadModel, "a program without functions");
  return program;
}

}  // namespace wf
