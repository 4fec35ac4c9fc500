// program(VERSION)[buildInfo = ...] { func NAME<OPSET>(TYPE NAME, ...) [attributes] { statements } -> (NAME,
// ...); }
//
// A statement is  TYPE NAME, ... = OPERATION(KEY = ARGUMENT, ...)[attributes];  or, without results, the call
// alone.
//
// How Apple's compiler writes the nested blocks of cond and while_loop is not known: no public sample has
// one. Windfall writes and reads them after the call's attributes, until a real sample shows better:
//   TYPE NAME = cond(pred = p)[name = string("c")] { () { statements } -> (a); () { statements } -> (b); };
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "program/text.h"
#include "program/text/cursor.h"
#include "program/text/value_parser.h"

namespace wf {
namespace {

using text::Cursor;
using text::Token;
using text::TokenKind;

class FunctionParser {
 public:
  FunctionParser(Cursor& cursor, Function& function) : cursor_(cursor), function_(function) {}

  Status parse() {
    WF_CHECK(cursor_.expect_word("func", "or '}' after the functions before"));
    WF_TRY(function_.name, cursor_.expect_name("the name of a function"));
    WF_CHECK(parse_opset());
    WF_TRY(function_.inputs, parse_parameters("function"));
    WF_TRY(function_.attributes, text::parse_attributes(cursor_));
    return parse_body(function_.body, 0);
  }

 private:
  struct Name {
    ValueId id;
    bool visible = true;  // false once the block that declared it is over
  };

  Status parse_opset() {
    WF_CHECK(cursor_.expect("<", "before the opset of a function"));
    const Token token = cursor_.peek();
    const auto opset = opset_from_text_name(token.text);
    if (token.kind != TokenKind::kName || !opset) {
      return Error(cursor_.unexpected("an opset from ios13 to ios18, or ios26"));
    }
    function_.opset = *opset;
    cursor_.take();
    return cursor_.expect(">", "after the opset of a function");
  }

  Result<std::vector<ValueId>> parse_parameters(std::string_view whose) {
    std::vector<ValueId> ids;
    WF_CHECK(cursor_.expect("(", fmt::format("before the parameters of a {}", whose)));
    while (!cursor_.at(")")) {
      if (!ids.empty())
        WF_CHECK(cursor_.expect(",", fmt::format("or ')' between the parameters of a {}", whose)));
      WF_TRY(const ValueId id, parse_declaration());
      ids.push_back(id);
    }
    cursor_.take();
    return ids;
  }

  // TYPE NAME
  Result<ValueId> parse_declaration() {
    WF_TRY(ValueType type, text::parse_type(cursor_));
    const size_t offset = cursor_.peek().offset;
    WF_TRY(std::string name, cursor_.expect_name("the name of a value"));
    const auto found = names_.find(name);
    if (found != names_.end() && found->second.visible)
      return cursor_.error_at(offset, fmt::format("a second value named '{}'", name));
    const ValueId id = function_.add_value(name, std::move(type));
    // A value of a block that is closed, or a result of the operation that this block belongs to.
    if (found != names_.end()) hidden_.emplace_back(name, found->second);
    names_.insert_or_assign(std::move(name), Name{id});
    declared_.push_back(id);
    return id;
  }

  Result<ValueId> parse_reference(std::string_view what) {
    const size_t offset = cursor_.peek().offset;
    WF_TRY(const std::string name, cursor_.expect_name(what));
    const auto found = names_.find(name);
    if (found == names_.end())
      return cursor_.error_at(offset, fmt::format("no value named '{}' is defined before", name));
    if (!found->second.visible) {
      return cursor_.error_at(
          offset, fmt::format("value '{}' belongs to a block that does not enclose this place", name));
    }
    return found->second.id;
  }

  // { statements } -> (NAME, ...)
  Status parse_body(Block& block, int depth) {
    if (depth > text::kMaxDepth)
      return cursor_.unexpected(fmt::format("blocks nested at most {} deep", text::kMaxDepth));
    WF_CHECK(cursor_.expect("{", "before the statements of a block"));
    while (!cursor_.at("}")) {
      WF_TRY(Op op, parse_statement(depth));
      block.ops.push_back(std::move(op));
    }
    cursor_.take();
    WF_CHECK(cursor_.expect("->", "before the results of a block"));
    WF_CHECK(cursor_.expect("(", "before the results of a block"));
    while (!cursor_.at(")")) {
      if (!block.outputs.empty()) WF_CHECK(cursor_.expect(",", "or ')' between the results of a block"));
      WF_TRY(const ValueId id, parse_reference("the name of a result"));
      block.outputs.push_back(id);
    }
    cursor_.take();
    cursor_.accept(";");  // Apple's compiler writes it, others leave it out
    return {};
  }

  Result<Op> parse_statement(int depth) {
    Op op;
    // The results become visible after the call, so that a statement cannot name its own.
    std::vector<std::pair<ValueId, Name*>> results;
    if (!cursor_.second_is("(")) {
      do {
        const size_t offset = cursor_.peek().offset;
        WF_TRY(const ValueId id, parse_declaration());
        for (const ValueId other : op.outputs) {
          if (function_.value(other).name == function_.value(id).name)
            return cursor_.error_at(offset, fmt::format("two results named '{}'", function_.value(id).name));
        }
        Name& name = names_.at(function_.value(id).name);
        name.visible = false;
        results.emplace_back(id, &name);
        op.outputs.push_back(id);
      } while (cursor_.accept(","));
      WF_CHECK(cursor_.expect("=", "after the results of a statement"));
    }
    WF_TRY(op.type, cursor_.expect_name("the name of an operation"));
    WF_TRY(op.inputs, parse_arguments(op.type));
    WF_TRY(op.attributes, text::parse_attributes(cursor_));
    if (cursor_.accept("{")) {
      while (!cursor_.accept("}")) {
        WF_TRY(Block block, parse_nested(depth + 1));
        op.blocks.push_back(std::move(block));
      }
    }
    WF_CHECK(cursor_.expect(";", fmt::format("after the call of {}", op.type)));
    for (const auto& [id, name] : results) name->visible = true;
    return op;
  }

  // (TYPE NAME, ...) { statements } -> (NAME, ...);
  Result<Block> parse_nested(int depth) {
    const size_t first = declared_.size(), first_hidden = hidden_.size();
    Block block;
    WF_TRY(block.inputs, parse_parameters("block"));
    WF_CHECK(parse_body(block, depth));
    for (size_t i = first; i < declared_.size(); ++i)
      names_.at(function_.value(declared_[i]).name).visible = false;
    declared_.resize(first);
    for (; hidden_.size() > first_hidden; hidden_.pop_back())
      names_.at(hidden_.back().first) = hidden_.back().second;
    return block;
  }

  Result<std::vector<Argument>> parse_arguments(std::string_view op_type) {
    const size_t offset = cursor_.peek().offset;
    std::vector<Argument> arguments;
    WF_CHECK(cursor_.expect("(", fmt::format("before the arguments of {}", op_type)));
    while (!cursor_.at(")")) {
      if (!arguments.empty())
        WF_CHECK(cursor_.expect(",", fmt::format("or ')' between the arguments of {}", op_type)));
      WF_TRY(Argument argument, parse_argument(op_type));
      arguments.push_back(std::move(argument));
    }
    cursor_.take();
    std::ranges::sort(arguments, {}, &Argument::name);
    const auto twice = std::ranges::adjacent_find(arguments, {}, &Argument::name);
    if (twice == arguments.end()) return arguments;
    return cursor_.error_at(offset, fmt::format("two arguments of {} named '{}'", op_type, twice->name));
  }

  // KEY = NAME | VALUE | (NAME | VALUE, ...)
  Result<Argument> parse_argument(std::string_view op_type) {
    Argument argument;
    WF_TRY(argument.name, cursor_.expect_name(fmt::format("the name of a parameter of {}", op_type)));
    WF_CHECK(cursor_.expect("=", fmt::format("after {}'s parameter '{}'", op_type, argument.name)));
    if (!cursor_.accept("(")) {
      WF_TRY(Binding binding, parse_binding());
      argument.bindings.push_back(std::move(binding));
      return argument;
    }
    while (!cursor_.at(")")) {
      if (!argument.bindings.empty())
        WF_CHECK(cursor_.expect(",", "or ')' between the values of an argument"));
      WF_TRY(Binding binding, parse_binding());
      argument.bindings.push_back(std::move(binding));
    }
    cursor_.take();
    return argument;
  }

  Result<Binding> parse_binding() {
    const bool quoted = cursor_.peek().quoted;
    if (!quoted && (cursor_.second_is("(") || cursor_.second_is("<"))) {
      WF_TRY(Constant constant, text::parse_constant(cursor_));
      return Binding(std::move(constant));
    }
    WF_TRY(const ValueId id, parse_reference("the name of a value, or a value with its type"));
    return Binding(id);
  }

  Cursor& cursor_;
  Function& function_;
  std::unordered_map<std::string, Name> names_;
  std::vector<ValueId> declared_;                     // in the open blocks, in order
  std::vector<std::pair<std::string, Name>> hidden_;  // by declarations in the open blocks
};

}  // namespace

Result<Program> parse_text(std::string_view source) {
  Cursor cursor(source);
  Program program;
  WF_CHECK(cursor.expect_word("program", "at the start"));
  WF_CHECK(cursor.expect("(", "after 'program'"));
  const Token version = cursor.peek();
  if (version.text != "1.0" && version.text != "1.3") return cursor.unexpected("version 1.0 or 1.3");
  cursor.take();
  WF_CHECK(cursor.expect(")", "after the version"));
  WF_TRY(program.attributes, text::parse_attributes(cursor));
  WF_CHECK(cursor.expect("{", "before the functions"));
  while (!cursor.accept("}")) {
    Function function;
    const size_t offset = cursor.peek().offset;
    WF_CHECK(FunctionParser(cursor, function).parse());
    if (program.find(function.name))
      return cursor.error_at(offset, fmt::format("a second function named '{}'", function.name));
    program.functions.push_back(std::move(function));
  }
  if (cursor.peek().kind != TokenKind::kEnd) return cursor.unexpected("nothing after the program");
  std::ranges::sort(program.functions, {}, &Function::name);
  return program;
}

}  // namespace wf
