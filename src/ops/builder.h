// Builds a function operation by operation, inferring every type on the way: for readers that lower another
// form to MIL.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ops/call.h"
#include "program/program.h"

namespace wf {

// What an argument can be written as. Numbers become const operations: double a scalar fp32, int an int32
// scalar, vector<int64_t> an int32 vector, vector<bool> a bool vector.
struct BuilderArgument {
  std::vector<std::variant<ValueId, Datum>> values;

  BuilderArgument(ValueId id) : values{id} {}  // NOLINT(google-explicit-constructor)
  BuilderArgument(const std::vector<ValueId>& ids) : values(ids.begin(), ids.end()) {}  // NOLINT
  BuilderArgument(Tensor tensor) : values{Datum(std::move(tensor))} {}  // NOLINT(google-explicit-constructor)
  BuilderArgument(Datum datum) : values{std::move(datum)} {}            // NOLINT(google-explicit-constructor)
  BuilderArgument(double value);                                        // NOLINT(google-explicit-constructor)
  BuilderArgument(int value) : BuilderArgument(static_cast<int64_t>(value)) {}  // NOLINT
  BuilderArgument(int64_t value);                     // NOLINT(google-explicit-constructor)
  BuilderArgument(bool value);                        // NOLINT(google-explicit-constructor)
  BuilderArgument(const char* text);                  // NOLINT(google-explicit-constructor)
  BuilderArgument(std::string_view text);             // NOLINT(google-explicit-constructor)
  BuilderArgument(const std::vector<int64_t>& ints);  // NOLINT(google-explicit-constructor)
  BuilderArgument(const std::vector<bool>& flags);    // NOLINT(google-explicit-constructor)
};

// Errors are sticky: after the first, every call returns an invalid ValueId and status() tells what went
// wrong, so that building code reads straight through.
class Builder {
 public:
  explicit Builder(Function& function) : function_(&function) { blocks_.push_back(&function.body); }

  ValueId input(std::string_view name, ValueType type);
  ValueId constant(Tensor value, std::string_view name = "const");
  using Arguments = std::initializer_list<std::pair<std::string_view, BuilderArgument>>;
  // One output, named after `name` (made unique).
  ValueId op(std::string_view type, Arguments arguments, std::string_view name = {});
  std::vector<ValueId> op_n(std::string_view type, Arguments arguments, size_t outputs,
                            std::string_view name = {});
  // Optional arguments are easier with a vector.
  using ArgumentList = std::vector<std::pair<std::string_view, BuilderArgument>>;
  std::vector<ValueId> op_list(std::string_view type, const ArgumentList& arguments, size_t outputs,
                               std::string_view name = {});

  // A constexpr operation in the form of the opsets before iOS18: its parameters are attributes.
  ValueId constexpr_op(std::string_view type, Arguments arguments, std::string_view name);

  // Nested blocks: operations go to the innermost open block. close_block() returns it with these outputs.
  void open_block(std::vector<ValueId> inputs = {});
  Block close_block(std::vector<ValueId> outputs);
  // Where the building stands, and back to there: what was built since, an error included, is forgotten.
  struct Mark {
    size_t open_blocks, values;
  };
  Mark mark() const { return {owned_.size(), function_->values.size()}; }
  void rewind_out_of_block(Mark mark);
  // A new value of this type that is an input of the next block.
  ValueId block_input(std::string_view name, ValueType type);
  // cond and while_loop: the blocks were built before.
  std::vector<ValueId> op_with_blocks(std::string_view type, const ArgumentList& arguments,
                                      std::vector<Block> blocks, const std::vector<ValueType>& output_types,
                                      std::string_view name = {});

  // An operation whose output types follow from more than its arguments; `attributes` besides its name.
  std::vector<ValueId> op_with_attributes(std::string_view type, const ArgumentList& arguments,
                                          std::vector<NamedConstant> attributes,
                                          const std::vector<ValueType>& output_types,
                                          std::string_view name = {});

  void set_outputs(std::vector<ValueId> outputs) { function_->body.outputs = std::move(outputs); }
  // Gives a value the name the outside knows it by; an inner value that has the name gets another.
  void rename(ValueId id, std::string_view name);

  const ValueType& type(ValueId id) const;
  const Shape& shape(ValueId id) const;  // an empty shape after an error
  int64_t rank(ValueId id) const { return static_cast<int64_t>(shape(id).size()); }
  const Tensor* known_value(ValueId id) const;  // of a constant

  Status status() const { return error_ ? Status(*error_) : Status(); }
  bool ok() const { return !error_.has_value(); }
  void fail(Error error);

 private:
  Block& block() { return owned_.empty() ? *blocks_.back() : *owned_.back(); }
  std::string unique_name(std::string_view wanted);
  // Infers the operation's types and puts it into the open block.
  std::vector<ValueId> append(Op op, size_t outputs, const std::string& unique);
  // Puts it into the open block, with outputs of these types.
  std::vector<ValueId> append_typed(Op op, const std::vector<ValueType>& types, const std::string& unique);
  Op make_op(std::string_view type, const ArgumentList& arguments, const std::string& name);

  Function* function_;
  std::vector<Block*> blocks_;
  std::vector<std::unique_ptr<Block>> owned_;  // open nested blocks, innermost last
  std::map<std::string, int, std::less<>> names_;
  std::map<uint32_t, Datum> known_;
  std::optional<Error> error_;
};

}  // namespace wf
