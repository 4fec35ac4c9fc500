// ops: every operation this build runs, from the same tables the engines use.
#include "ops/op_def.h"

#include <fmt/format.h>

#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct OpsOptions {
  std::string name;
  bool internal = false;
};

std::string dtypes_text(DTypeSet dtypes) {
  if (dtypes.empty()) return "any";
  std::string text;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtypes.contains(dtype)) text += (text.empty() ? "" : ", ") + std::string(name_of(dtype));
  }
  return text;
}

Json fallback_json(const Param& param) {
  switch (param.fallback()) {
    case Param::Fallback::kNone:
      return nullptr;
    case Param::Fallback::kNumber:
      return json_number(param.fallback_number());
    case Param::Fallback::kInteger:
      return param.fallback_integer();
    case Param::Fallback::kFlag:
      return param.fallback_integer() != 0;
    case Param::Fallback::kText:
      return std::string(param.fallback_text());
  }
  return nullptr;
}

std::string param_text(const Param& param) {
  std::string text = param.is_optional() ? "optional" : "required";
  if (param.fallback() != Param::Fallback::kNone) text += ", default " + fallback_json(param).dump();
  if (param.is_constant()) text += ", constant";
  if (param.is_variadic()) text += ", one or more";
  return text;
}

Json op_json(const OpDef& op) {
  Json params = Json::array();
  for (const Param& param : op.params) {
    params.push_back({{"name", std::string(param.name())},
                      {"dtypes", dtypes_text(param.dtypes())},
                      {"optional", param.is_optional()},
                      {"default", fallback_json(param)},
                      {"constant", param.is_constant()},
                      {"variadic", param.is_variadic()}});
  }
  return {{"name", std::string(op.name)},
          {"since", std::string(text_name(op.since))},
          {"internal", op.internal},
          {"parameters", params},
          {"doc", std::string(op.doc)},
          {"tolerance", {{"fp32", op.tolerance.fp32}, {"fp16", op.tolerance.fp16}}}};
}

void print_one(const OpDef& op, const Session& session) {
  session.print(fmt::format("{} since {}{}\n  {}\n", session.bold(op.name), text_name(op.since),
                            op.internal ? " (internal: a step of a lowered neural network)" : "", op.doc));
  Table table({Align::kLeft, Align::kLeft, Align::kLeft});
  for (const Param& param : op.params) {
    table.add({std::string(param.name()), param_text(param), session.dim(dtypes_text(param.dtypes()))});
  }
  session.print(table.to_string(2));
}

std::string first_sentence(std::string_view doc) {
  const size_t end = doc.find(". ");
  const std::string sentence(doc.substr(0, end == std::string_view::npos ? doc.size() : end));
  return sentence.size() <= 80 ? sentence : sentence.substr(0, 77) + "...";
}

void print_list(const std::vector<const OpDef*>& ops, const Session& session) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft});
  for (const OpDef* op : ops) {
    table.add(
        {std::string(op->name), std::string(text_name(op->since)), session.dim(first_sentence(op->doc))});
  }
  session.print(table.to_string());
  session.tell(fmt::format("{} definitions; 'windfall ops NAME' shows one with its parameters", ops.size()));
}

Result<int> ops(const OpsOptions& options, Session& session) {
  std::vector<const OpDef*> chosen;
  for (const OpDef* op : all_ops()) {
    if (options.name.empty() ? options.internal || !op->internal : op->name == options.name)
      chosen.push_back(op);
  }
  if (chosen.empty() && !options.name.empty()) {
    return Error(ErrorCode::kNotFound, fmt::format("no operation '{}'", options.name), {},
                 "see windfall ops");
  }
  if (session.json) {
    Json list = Json::array();
    for (const OpDef* op : chosen) list.push_back(op_json(*op));
    session.print_json("ops", {{"operations", list}});
  } else if (options.name.empty()) {
    print_list(chosen, session);
  } else {
    for (const OpDef* op : chosen) print_one(*op, session);
  }
  return kOk;
}

}  // namespace

void add_ops_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<OpsOptions>();
  CLI::App* verb = make_verb(root, session, "ops",
                             "The operations this build runs, by opset, with parameters and defaults",
                             "  windfall ops\n"
                             "  windfall ops conv --json",
                             options, ops);
  verb->add_option("name", options->name, "Show only this operation, in full");
  verb->add_flag("--internal", options->internal, "List the steps of lowered neural networks too");
}

}  // namespace wf::tool
