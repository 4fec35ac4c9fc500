#include <fmt/format.h>

#include "formats/mlmodel/mil_program.h"
#include "formats/mlmodel/mil_value_writer.h"
#include "program/text.h"
#include "program/walk.h"
#include "proto/data_structures.h"
#include "proto/mil.h"

namespace wf {
namespace {

class ProgramWriter {
 public:
  ProgramWriter(const BlobRefs& blobs, WireWriter& out) : blobs_(blobs), out_(out) {}

  void write(const Program& program) {
    using Field = proto::Program;
    out_.put_int(Field::kVersion, program.version);
    for (const Function& function : program.functions) {
      write_entry(Field::kFunctions, function.name, [&] { write_function(function); });
    }
    out_.put_text(Field::kDocString, program.doc);
    write_attributes(Field::kAttributes, program.attributes);
  }

 private:
  // One entry of a map whose values are messages.
  template <class F>
  void write_entry(uint32_t field, std::string_view key, F&& fill) {
    out_.add_message(field, [&] {
      out_.put_text(proto::MapEntry::kKey, key);
      out_.add_message(proto::MapEntry::kValue, fill);
    });
  }

  void write_value(uint32_t field, const Constant& constant) {
    const auto blob = blobs_.find(&constant);
    write_constant(field, constant, blob == blobs_.end() ? nullptr : &blob->second, out_);
  }

  void write_attributes(uint32_t field, const std::vector<NamedConstant>& attributes) {
    for (const NamedConstant& attribute : attributes) {
      out_.add_message(field, [&] {
        out_.put_text(proto::MapEntry::kKey, attribute.name);
        write_value(proto::MapEntry::kValue, attribute.value);
      });
    }
  }

  void write_values(uint32_t field, const Function& function, const std::vector<ValueId>& ids) {
    for (const ValueId id : ids) {
      out_.add_message(field, [&] {
        out_.put_text(proto::NamedValueType::kName, function.value(id).name);
        write_value_type(proto::NamedValueType::kType, function.value(id).type, out_);
      });
    }
  }

  void write_function(const Function& function) {
    using Field = proto::Function;
    write_values(Field::kInputs, function, function.inputs);
    out_.put_text(Field::kOpset, proto_name(function.opset));
    write_entry(Field::kBlockSpecializations, proto_name(function.opset),
                [&] { write_block(function, function.body); });
    write_attributes(Field::kAttributes, function.attributes);
  }

  void write_block(const Function& function, const Block& block) {
    using Field = proto::Block;
    write_values(Field::kInputs, function, block.inputs);
    for (const ValueId id : block.outputs) out_.add_text(Field::kOutputs, function.value(id).name);
    for (const Op& op : block.ops) {
      out_.add_message(Field::kOperations, [&] { write_op(function, op); });
    }
  }

  void write_op(const Function& function, const Op& op) {
    using Field = proto::Operation;
    out_.put_text(Field::kType, op.type);
    for (const Argument& argument : op.inputs) {
      write_entry(Field::kInputs, argument.name, [&] {
        for (const Binding& binding : argument.bindings) write_binding(function, binding);
      });
    }
    write_values(Field::kOutputs, function, op.outputs);
    for (const Block& block : op.blocks) {
      out_.add_message(Field::kBlocks, [&] { write_block(function, block); });
    }
    write_attributes(Field::kAttributes, op.attributes);
  }

  void write_binding(const Function& function, const Binding& binding) {
    out_.add_message(proto::Argument::kArguments, [&] {
      if (const auto* constant = std::get_if<Constant>(&binding)) {
        write_value(proto::Binding::kValue, *constant);
      } else {
        out_.add_text(proto::Binding::kName, function.value(std::get<ValueId>(binding)).name);
      }
    });
  }

  const BlobRefs& blobs_;
  WireWriter& out_;
};

}  // namespace

void write_mil_program(const Program& program, const BlobRefs& blobs, WireWriter& out) {
  ProgramWriter(blobs, out).write(program);
}

Status check_writable(const Program& program) {
  WF_CHECK(verify(program));
  for (const Function& function : program.functions) {
    for (const Value& value : function.values) {
      if (value.type.known()) continue;
      return Error(ErrorCode::kInvalidArgument, "the format wants a type for every value, this one has none",
                   fmt::format("function {}: value '{}'", function.name, value.name));
    }
  }
  bool complete = true;
  for_each_constant(program, [&](const Constant& constant) { complete = complete && constant.data.known(); });
  WF_REQUIRE(complete, kWeightsMissing, "weights of the program are not loaded, so they cannot be written",
             {}, "load the model with its weight files first");
  return {};
}

}  // namespace wf
