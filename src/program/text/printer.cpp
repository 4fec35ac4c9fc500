#include <fmt/format.h>

#include "program/text.h"
#include "program/text/cursor.h"
#include "program/text/tensor_literal.h"

namespace wf {
namespace {

class Printer {
 public:
  explicit Printer(const TextOptions& options)
      : version_(options.version), bare_scalars_(options.version != "1.0") {}

  std::string print(const Program& program) {
    add("program({})\n", version_);
    if (!program.attributes.empty()) {
      print_attributes(program.attributes);
      out_ += '\n';
    }
    out_ += "{\n";
    for (const Function& function : program.functions) print_function(function);
    out_ += "}";
    return std::move(out_);
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
  }

  void print_function(const Function& function) {
    function_ = &function;
    out_ += "    func ";
    print_name(function.name);
    add("<{}>", text_name(function.opset));
    print_parameters(function.inputs);
    if (!function.attributes.empty()) {
      out_ += ' ';
      print_attributes(function.attributes);
    }
    out_ += ' ';
    print_body(function.body, 8);
    out_ += ";\n";
  }

  void print_parameters(const std::vector<ValueId>& parameters) {
    print_items(parameters, "(", ")", [&](ValueId id) { print_declaration(id); });
  }

  void print_body(const Block& block, int indent) {
    out_ += "{\n";
    for (const Op& op : block.ops) print_statement(op, indent + 4);
    add("{:{}}}} -> ", "", indent);
    print_items(block.outputs, "(", ")", [&](ValueId id) { print_name(function_->value(id).name); });
  }

  void print_statement(const Op& op, int indent) {
    add("{:{}}", "", indent);
    if (!op.outputs.empty()) {
      print_items(op.outputs, "", " = ", [&](ValueId id) { print_declaration(id); });
    }
    print_name(op.type);
    print_items(op.inputs, "(", ")", [&](const Argument& argument) { print_argument(argument); });
    if (!op.attributes.empty()) print_attributes(op.attributes);
    if (!op.blocks.empty()) {
      out_ += " {\n";
      for (const Block& block : op.blocks) {
        add("{:{}}", "", indent + 4);
        print_parameters(block.inputs);
        out_ += ' ';
        print_body(block, indent + 4);
        out_ += ";\n";
      }
      add("{:{}}}}", "", indent);
    }
    out_ += ";\n";
  }

  void print_argument(const Argument& argument) {
    print_name(argument.name);
    out_ += " = ";
    if (argument.bindings.size() == 1) return print_binding(argument.bindings[0]);
    print_items(argument.bindings, "(", ")", [&](const Binding& binding) { print_binding(binding); });
  }

  void print_binding(const Binding& binding) {
    if (const auto* id = std::get_if<ValueId>(&binding)) return print_name(function_->value(*id).name);
    print_constant(std::get<Constant>(binding));
  }

  void print_attributes(const std::vector<NamedConstant>& attributes) {
    print_items(attributes, "[", "]", [&](const NamedConstant& attribute) {
      print_name(attribute.name);
      out_ += " = ";
      print_constant(attribute.value);
    });
  }

  void print_constant(const Constant& constant) {
    print_type(constant.type);
    out_ += '(';
    if (constant.blob) {
      out_ += "BLOBFILE(path = ";
      print_type(tensor_type(DType::kString, {}));
      out_ += '(';
      text::append_quoted(out_, constant.blob->path, '"');
      out_ += "), offset = ";
      print_type(tensor_type(DType::kUInt64, {}));
      add("({}))", constant.blob->offset);
    } else {
      print_literal(constant.data, constant.type);
    }
    out_ += ')';
  }

  void print_literal(const Datum& datum, const ValueType& type) {
    if (const TensorType* tensor_type = type.tensor(); tensor_type && datum.tensor()) {
      text::append_tensor_literal(out_, *datum.tensor(), *tensor_type);
    } else if (const ListType* list_type = type.list(); list_type && datum.list()) {
      print_items(datum.list()->items, "[", "]",
                  [&](const Datum& item) { print_literal(item, *list_type->element); });
    } else if (const TupleType* tuple_type = type.tuple();
               tuple_type && datum.tuple() && tuple_type->items.size() == datum.tuple()->items.size()) {
      size_t i = 0;
      print_items(datum.tuple()->items, "(", ")",
                  [&](const Datum& item) { print_literal(item, tuple_type->items[i++]); });
    } else if (const DictType* dict_type = type.dict(); dict_type && datum.dict()) {
      print_items(datum.dict()->items, "{", "}", [&](const auto& item) {
        out_ += '{';
        print_literal(item.first, *dict_type->key);
        out_ += ", ";
        print_literal(item.second, *dict_type->value);
        out_ += '}';
      });
    }
  }

  void print_type(const ValueType& type) {
    if (const TensorType* tensor = type.tensor()) {
      const bool scalar = tensor->shape && tensor->shape->empty();
      out_ += scalar && bare_scalars_ ? std::string(name_of(tensor->dtype)) : to_string(*tensor);
    } else if (const StateType* state = type.state()) {
      add("state<{}>", to_string(state->tensor));
    } else if (const ListType* list = type.list()) {
      out_ += "list<";
      print_type(*list->element);
      add(", {}>", list->length < 0 ? "?" : std::to_string(list->length));
    } else if (const DictType* dict = type.dict()) {
      out_ += "dict<";
      print_type(*dict->key);
      out_ += ", ";
      print_type(*dict->value);
      out_ += '>';
    } else if (const TupleType* tuple = type.tuple()) {
      print_items(tuple->items, "tuple<", ">", [&](const ValueType& item) { print_type(item); });
    } else {
      out_ += "unknown";
    }
  }

  void print_declaration(ValueId id) {
    const Value& value = function_->value(id);
    print_type(value.type);
    out_ += ' ';
    print_name(value.name);
  }

  // Names from protobuf files may hold any character; Apple's compiler renames those, we put them in back
  // quotes.
  void print_name(std::string_view name) {
    if (text::is_plain_name(name)) {
      out_ += name;
    } else {
      text::append_quoted(out_, name, '`');
    }
  }

  template <class Items, class Print>
  void print_items(const Items& items, std::string_view open, std::string_view close, Print&& print) {
    out_ += open;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ", ";
      first = false;
      print(item);
    }
    out_ += close;
  }

  std::string version_;
  bool bare_scalars_;
  std::string out_;
  const Function* function_ = nullptr;
};

}  // namespace

std::string print_text(const Program& program, const TextOptions& options) {
  return Printer(options).print(program);
}

}  // namespace wf
