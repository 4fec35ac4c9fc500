// compare: the same input through two engines, or two recorded outputs: where do they differ, and why?
#include <fmt/format.h>

#include "lab/compare/side_by_side.h"
#include "model_inputs.h"
#include "predict_options.h"
#include "value_files.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct CompareVerbOptions {
  PredictOptions predict;
  std::vector<std::string> engines = {"cpu", "reference"};
  std::vector<std::string> recorded;
  double tolerance = 1e-3;
  InputOptions inputs;
};

Result<Features> recording(const std::string& path) {
  WF_TRY(const auto values, read_values(path, {}, nullptr));
  Features out;
  for (const FileValue& value : values) out.emplace_back(value.name, value.value);
  return out;
}

Json to_json(const SideBySide& sides) {
  Json components = Json::array(), outputs = Json::array();
  for (const Component& each : sides.components)
    components.push_back(
        {{"component", each.name}, {"first", each.first}, {"second", each.second}, {"same", each.same()}});
  for (const auto& [name, diagnosis] : sides.outputs) {
    outputs.push_back({{"output", name},
                       {"diagnosis", diagnosis.name},
                       {"title", diagnosis.title},
                       {"evidence", diagnosis.evidence},
                       {"fix", diagnosis.fix},
                       {"explained", diagnosis.explained}});
  }
  return {{"agree", sides.agree()}, {"components", components}, {"outputs", outputs}};
}

int show(const SideBySide& sides, Session& session) {
  if (session.json) {
    session.print_json("compare", to_json(sides));
    return sides.agree() ? kOk : kFinding;
  }
  for (const Component& each : sides.components) {
    session.print(
        each.same() ? fmt::format("  {}: {}\n", each.name, each.first)
                    : fmt::format("{} {}: {} | {}\n", session.bold("*"), each.name, each.first, each.second));
  }
  for (const auto& [name, diagnosis] : sides.outputs) {
    const bool same = diagnosis.name == "same";
    session.print(fmt::format("{} '{}': {} ({})\n", same ? session.good("same") : session.bad("differs"),
                              name, diagnosis.title, diagnosis.name));
    if (!diagnosis.evidence.empty()) session.print(fmt::format("    evidence: {}\n", diagnosis.evidence));
    if (!same && !diagnosis.fix.empty()) session.print(fmt::format("    fix: {}\n", diagnosis.fix));
  }
  return sides.agree() ? kOk : kFinding;
}

Result<int> compare_verb(const CompareVerbOptions& options, Session& session) {
  if (!options.recorded.empty()) {
    if (options.recorded.size() != 2 || !options.predict.model.empty()) {
      return Error(ErrorCode::kInvalidArgument, "two recordings are compared, without a model", "--outputs",
                   "windfall compare --outputs FIRST.npz,SECOND.npz");
    }
    WF_TRY(const Features first, recording(options.recorded[0]));
    WF_TRY(const Features second, recording(options.recorded[1]));
    return show(compare_recordings(first, second, options.tolerance), session);
  }
  if (options.predict.model.empty() || options.engines.size() != 2) {
    return Error(ErrorCode::kInvalidArgument,
                 "needs a model and two engines, or --outputs and two recordings", "--engines",
                 "known engines: " + engine_names());
  }
  WF_TRY(auto file, read_model(options.predict.model));
  const PrepareOptions prepare{.function = options.predict.function};
  WF_TRY(Model model, Model::prepare(file, {.engine = options.engines[1], .prepare = prepare}));
  WF_TRY(const Features inputs, model_inputs(model, options.inputs, session));
  WF_TRY(const SideBySide sides,
         compare_sides(file, inputs, {options.engines[0], prepare}, {options.engines[1], prepare},
                       options.predict.infer_options(), options.tolerance));
  return show(sides, session);
}

}  // namespace

void add_compare_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<CompareVerbOptions>();
  options->inputs.random_seed = 0;
  CLI::App* verb =
      make_verb(root, session, "compare",
                "Holds two engines or two recorded outputs side by side and names why they differ",
                "  windfall compare model.mlpackage --engines coreml,reference\n"
                "  windfall compare --outputs binding.npz,python.npz",
                options, compare_verb);
  options->predict.add_to(*verb);
  verb->get_option("model")->required(false);
  verb->add_option("--engines", options->engines, "The side in question, and the one taken for right")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--outputs", options->recorded,
                   "Two files of recorded outputs instead (.npz, .npy, .safetensors, .json)")
      ->delimiter(',');
  verb->add_option("--tolerance", options->tolerance, "What counts as equal, relative to the output's scale")
      ->capture_default_str();
  options->inputs.add_to(*verb);
}

}  // namespace wf::tool
