// golden: record a model's answers, or check it against recorded ones.
#include "lab/golden.h"

#include <fmt/format.h>

#include "findings_view.h"
#include "lab/generate.h"
#include "lab/model_facts.h"
#include "model_inputs.h"
#include "predict_options.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct RecordOptions {
  PredictOptions predict;
  std::string folder, engine = "reference:exact";
  InputOptions inputs;
  uint64_t cases = 3;
};

struct CheckOptions {
  PredictOptions predict;
  std::string folder, engine = default_engine(), budget;
};

Result<int> record(const RecordOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.predict.model));
  WF_TRY(Model model,
         Model::prepare(file, {.engine = options.engine, .prepare = {.function = options.predict.function}}));
  std::vector<Features> inputs;
  if (!options.inputs.given.empty()) {
    WF_TRY(Features given, model_inputs(model, options.inputs, session));
    inputs.push_back(std::move(given));
  } else {
    for (uint64_t i = 0; i < options.cases; ++i) {
      WF_TRY(Features generated, generate_inputs(model, options.inputs.random_seed.value_or(0) + i));
      inputs.push_back(std::move(generated));
    }
  }
  const std::string oracle = fmt::format("windfall {} engine {}, {}", WINDFALL_VERSION, options.engine,
                                         file->path.filename().string());
  WF_TRY(Golden golden, record_golden(model, std::move(inputs), oracle));
  WF_CHECK(write_golden(options.folder, golden));
  if (session.json) {
    session.print_json("golden.record",
                       {{"folder", options.folder}, {"cases", golden.cases.size()}, {"oracle", oracle}});
  } else {
    session.print(fmt::format("{} cases recorded in {}\n", golden.cases.size(), options.folder));
  }
  return kOk;
}

Result<int> check(const CheckOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.predict.model));
  WF_TRY(Budget budget, parse_budget(options.budget, facts_of(*file).budget));
  WF_TRY(Model model, Model::prepare(std::move(file), {.engine = options.engine,
                                                       .prepare = {.function = options.predict.function}}));
  WF_TRY(Golden golden, read_golden(options.folder, model.interface()));
  WF_TRY(GoldenReport report, check_golden(model, golden, budget, options.predict.infer_options()));
  if (session.json) {
    session.print_json(
        "golden.check",
        {{"oracle", golden.oracle}, {"cases", report_json(golden, report)}, {"passed", report.passed()}});
  } else {
    session.print(report_text(session, golden, report));
    session.print(fmt::format(
        "{}: {} cases, worst L-inf {:.1e} of the output's scale (budget {}: {:g})\n",
        report.passed() ? session.good("every golden is met") : session.bad("a golden is not met"),
        report.cases.size(), report.worst_rel(), budget.name, budget.max_rel));
  }
  return report.passed() ? kOk : kFinding;
}

}  // namespace

void add_golden_verb(CLI::App& root, Session& session) {
  CLI::App* golden =
      root.add_subcommand("golden", "Records a model's answers, or checks them (see golden record --help)");
  golden->require_subcommand(1);
  golden->footer(
      "Examples:\n"
      "  windfall golden record model.mlpackage golden/ --cases 5\n"
      "  windfall golden check model.mlpackage golden/");

  auto recorded = std::make_shared<RecordOptions>();
  CLI::App* verb =
      make_verb(*golden, session, "record", "Stores inputs and the outputs an engine gives for them",
                "  windfall golden record model.mlpackage golden/ --cases 5 --random-inputs 7\n"
                "  windfall golden record model.mlpackage golden/ --input x=x.npy",
                recorded, record);
  recorded->predict.add_to(*verb);
  verb->add_option("folder", recorded->folder, "Where golden.json and its .npy files go")->required();
  verb->add_option("--engine", recorded->engine, "The oracle")->capture_default_str();
  verb->add_option("--cases", recorded->cases, "How many cases of generated inputs")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1000}))
      ->capture_default_str();
  recorded->inputs.add_to(*verb);

  auto checked = std::make_shared<CheckOptions>();
  verb = make_verb(*golden, session, "check", "Runs stored inputs and compares with the stored outputs",
                   "  windfall golden check model.mlpackage golden/\n"
                   "  windfall golden check model.mlpackage golden/ --budget 1e-3,1e-4 --json",
                   checked, check);
  checked->predict.add_to(*verb);
  verb->add_option("folder", checked->folder, "Folder with golden.json")->required();
  verb->add_option("--engine", checked->engine, "Engine to judge")->capture_default_str();
  verb->add_option("--budget", checked->budget,
                   "fp32, fp16, int8 or LINF,RMSE (default: by the model's precision)");
}

}  // namespace wf::tool
