// info: what a model takes, gives and holds, without running it.
#include <fmt/format.h>

#include "lab/model_facts.h"
#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct InfoOptions {
  std::string model;
};

std::vector<std::string> words_of(const Counts& counts) {
  std::vector<std::string> words;
  for (const auto& [name, count] : counts) words.push_back(fmt::format("{} x{}", name, count));
  return words;
}

Json counts_json(const Counts& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

std::string features_text(const Session& session, std::string_view title,
                          const std::vector<Feature>& features) {
  if (features.empty()) return "";
  Table table({Align::kLeft, Align::kLeft, Align::kLeft});
  for (const Feature& feature : features) {
    table.add({feature.name, to_string(feature), session.dim(feature.doc)});
  }
  return session.bold(title) + "\n" + table.to_string(2);
}

std::string interface_text(const Session& session, const Interface& interface) {
  return features_text(session, "inputs", interface.inputs) +
         features_text(session, "outputs", interface.outputs) +
         features_text(session, "states", interface.states);
}

Json features_json(const std::vector<Feature>& features) {
  Json json = Json::array();
  for (const Feature& feature : features) {
    json.push_back({{"name", feature.name},
                    {"type", to_string(feature)},
                    {"optional", feature.optional},
                    {"doc", feature.doc}});
  }
  return json;
}

Json interface_json(const Interface& interface) {
  return {{"inputs", features_json(interface.inputs)},
          {"outputs", features_json(interface.outputs)},
          {"states", features_json(interface.states)}};
}

std::string facts_text(const ModelFile& file, const ModelFacts& facts) {
  Table table({Align::kLeft, Align::kLeft});
  std::string type = facts.kind;
  if (file.specification_version > 0) type += fmt::format(", specification {}", file.specification_version);
  if (file.updatable) type += ", updatable";
  table.add({"type", type});
  if (!facts.oldest_os.empty()) table.add({"loads on", facts.oldest_os + ", or newer"});
  table.add({"container", file.container});
  table.add({"size", fmt::format("{} on disk, {} of weights", human_bytes(facts.file_bytes),
                                 human_bytes(facts.weight_bytes))});
  if (facts.precision == "mixed") {
    table.add({"precision",
               fmt::format("mixed: {} values in fp16, {} in fp32", facts.half_values, facts.single_values)});
  } else if (!facts.precision.empty()) {
    table.add({"precision", facts.precision});
  }
  if (!facts.compression.empty()) {
    table.add({"compression", fmt::format("{}", fmt::join(words_of(facts.compression), ", "))});
  }
  return table.to_string(2);
}

std::string metadata_text(const Session& session, const Metadata& metadata) {
  Table table({Align::kLeft, Align::kLeft});
  const auto add = [&table](const std::string& name, const std::string& value) {
    if (!value.empty()) table.add({name, value.size() > 200 ? value.substr(0, 200) + "..." : value});
  };
  add("description", metadata.short_description);
  add("author", metadata.author);
  add("license", metadata.license);
  add("version", metadata.version);
  for (const auto& [name, value] : metadata.user_defined) add(name, value);
  const std::string lines = table.to_string(2);
  return lines.empty() ? "" : session.bold("metadata") + "\n" + lines;
}

std::string parts_text(const Session& session, const ModelFile& file) {
  std::string text;
  for (size_t i = 0; i < file.parts.size(); ++i) {
    text += fmt::format("  {}  {}\n", i, facts_of(file.parts[i]).kind);
  }
  return text.empty() ? "" : session.bold("parts") + "\n" + text;
}

std::string troubles_text(const Session& session, const ModelFile& file) {
  std::string text;
  for (const Refusal& refusal : file.refusals) {
    text += fmt::format("{} {}: needs {}\n", session.bad("cannot run:"), refusal.what, refusal.needs);
  }
  for (const std::string& name : file.missing_weights)
    text += fmt::format("{} {}\n", session.bad("weights missing:"), name);
  for (const std::string& note : file.notes) text += fmt::format("note: {}\n", note);
  return text;
}

void print_text(const ModelFile& file, const ModelFacts& facts, const Session& session) {
  session.print(session.bold(file.path.filename().string()) + "\n" + facts_text(file, facts));
  session.print(interface_text(session, file.description.interface));
  for (const auto& [name, interface] : file.description.functions) {
    const bool is_default = name == file.description.default_function;
    session.print(session.bold("function " + name) + (is_default ? " (default)" : "") + "\n" +
                  interface_text(session, interface));
  }
  if (!facts.layers.empty()) {
    session.print(session.bold(fmt::format("layers ({})", file.layer_types.size())) + "\n" +
                  wrapped(words_of(facts.layers), 2));
  }
  if (!facts.operations.empty()) {
    session.print(session.bold(fmt::format("operations ({})", facts.operation_count)) + "\n" +
                  wrapped(words_of(facts.operations), 2));
  }
  session.print(parts_text(session, file) + metadata_text(session, file.description.metadata) +
                troubles_text(session, file));
}

Json file_json(const ModelFile& file, const ModelFacts& facts) {
  Json functions = Json::object();
  for (const auto& [name, interface] : file.description.functions)
    functions[name] = interface_json(interface);
  Json refusals = Json::array();
  for (const Refusal& refusal : file.refusals) {
    refusals.push_back({{"what", refusal.what},
                        {"needs", refusal.needs},
                        {"proprietary", refusal.supplier == Supplier::kApple}});
  }
  Json parts = Json::array();
  for (const ModelFile& part : file.parts) parts.push_back(file_json(part, facts_of(part)));
  const Metadata& metadata = file.description.metadata;
  Json user = Json::object();
  for (const auto& [name, value] : metadata.user_defined) user[name] = value;
  Json json = {{"path", file.path.string()},
               {"container", file.container},
               {"type", file.type},
               {"kind", facts.kind},
               {"specification_version", file.specification_version},
               {"oldest_os", facts.oldest_os},
               {"updatable", file.updatable},
               {"runs", can_run(file)},
               {"precision", facts.precision},
               {"file_bytes", facts.file_bytes},
               {"weight_bytes", facts.weight_bytes}};
  json.update(interface_json(file.description.interface));
  json["functions"] = functions;
  json["default_function"] = file.description.default_function;
  json["operation_count"] = facts.operation_count;
  json["operations"] = counts_json(facts.operations);
  json["layers"] = counts_json(facts.layers);
  json["compression"] = counts_json(facts.compression);
  json["weight_elements"] = counts_json(facts.weight_elements);
  json["parts"] = parts;
  json["metadata"] = {{"description", metadata.short_description},
                      {"author", metadata.author},
                      {"license", metadata.license},
                      {"version", metadata.version},
                      {"user", user}};
  json["refusals"] = refusals;
  json["missing_weights"] = file.missing_weights;
  json["notes"] = file.notes;
  return json;
}

Result<int> info(const InfoOptions& options, Session& session) {
  WF_TRY(ModelFile file, read_model_file(options.model, {.allow_missing_weights = true}));
  const ModelFacts facts = facts_of(file);
  if (session.json) {
    session.print_json("info", file_json(file, facts));
  } else {
    print_text(file, facts, session);
  }
  return kOk;
}

}  // namespace

void add_info_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* verb = make_verb(root, session, "info", "What a model takes, gives and holds, without running it",
                             "  windfall info model.mlpackage\n"
                             "  windfall info model.mlmodelc --json | jq .operations",
                             options, info);
  verb->add_option("model", options->model, "A .mlmodel, .mlpackage or .mlmodelc")->required();
}

}  // namespace wf::tool
