// parity: does an engine give the right numbers? Against another engine, or against stored goldens.
#include "lab/parity.h"

#include <fmt/format.h>

#include "findings_view.h"
#include "lab/golden.h"
#include "lab/model_facts.h"
#include "model_inputs.h"
#include "predict_options.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct ParityVerbOptions {
  PredictOptions predict;
  std::vector<std::string> engines = {"reference", "reference:exact"};
  std::string golden, budget;
  std::vector<std::string> assertions;
  InputOptions inputs;
};

struct Judge {
  Budget budget;
  std::vector<Assertion> assertions;

  // The first condition that an output does not meet, or "".
  std::string broken_assertion(const std::vector<Finding>& findings) const {
    for (const Finding& finding : findings) {
      for (const Assertion& assertion : assertions) {
        if (!finding.comparison || !assertion.holds(*finding.comparison)) {
          return fmt::format("{}: {} does not hold", finding.name, assertion.text);
        }
      }
    }
    return "";
  }
};

std::string budget_text(const Budget& budget) {
  return fmt::format("budget {}: L-inf {:g}, RMSE {:g}, relative to the output's scale (largest |expected|)",
                     budget.name, budget.max_rel, budget.rmse_rel);
}

Json budget_json(const Budget& budget) {
  return {{"name", budget.name}, {"max_rel", budget.max_rel}, {"rmse_rel", budget.rmse_rel}};
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) json.push_back(finding_json(finding));
  return json;
}

Result<int> verdict(bool passed, double worst_rel, const std::string& broken, Json body, Session& session) {
  const bool good = passed && broken.empty();
  if (session.json) {
    body["assertion"] = broken;
    body["passed"] = good;
    session.print_json("parity", body);
  } else {
    if (!broken.empty()) session.print(session.bad(broken) + "\n");
    session.print(fmt::format("{}: worst L-inf {:.1e} of the output's scale\n",
                              good ? session.good("parity holds") : session.bad("parity does not hold"),
                              worst_rel));
  }
  return good ? kOk : kFinding;
}

Json parting_json(const std::optional<Parting>& parting) {
  if (!parting) return nullptr;
  return {{"position", parting->position},
          {"operation", parting->operation},
          {"value", finding_json(parting->finding)}};
}

std::string parting_text(const Session& session, std::string_view title, const Parting& parting) {
  return fmt::format("{}: value {}, {}\n{}", title, parting.position, parting.operation,
                     finding_text(session, parting.finding));
}

Result<int> against_engine(const ParityVerbOptions& options, std::shared_ptr<const ModelFile> file,
                           const Judge& judge, Session& session) {
  if (options.engines.size() != 2) {
    return Error(ErrorCode::kInvalidArgument, "two engines are compared, the second being the truth",
                 "--engines", "known: " + engine_names());
  }
  const PrepareOptions prepare{.function = options.predict.function};
  WF_TRY(Model model, Model::prepare(file, {.engine = options.engines[1], .prepare = prepare}));
  WF_TRY(Features inputs, model_inputs(model, options.inputs, session));
  const ParityOptions parity{.actual_engine = options.engines[0],
                             .expected_engine = options.engines[1],
                             .budget = judge.budget,
                             .prepare = prepare,
                             .infer = options.predict.infer_options()};
  WF_TRY(ParityReport report, compare_engines(file, inputs, parity));
  if (!session.json) {
    session.print(fmt::format("{} against {}, {}\n", options.engines[0], options.engines[1],
                              budget_text(judge.budget)));
    for (const Finding& finding : report.outputs) session.print(finding_text(session, finding));
    session.print(fmt::format("{} values on the way compared\n", report.values_compared));
    if (report.first_parting)
      session.print(parting_text(session, "first over budget", *report.first_parting));
    if (report.worst_value) session.print(parting_text(session, "largest on the way", *report.worst_value));
  }
  const Json body = {{"engines", options.engines},
                     {"budget", budget_json(judge.budget)},
                     {"outputs", findings_json(report.outputs)},
                     {"values_compared", report.values_compared},
                     {"first_parting", parting_json(report.first_parting)},
                     {"worst_value", parting_json(report.worst_value)}};
  return verdict(report.passed(), worst_rel(report.outputs), judge.broken_assertion(report.outputs), body,
                 session);
}

Result<int> against_golden(const ParityVerbOptions& options, std::shared_ptr<const ModelFile> file,
                           const Judge& judge, Session& session) {
  WF_TRY(Model model, Model::prepare(std::move(file), {.engine = options.engines[0],
                                                       .prepare = {.function = options.predict.function}}));
  WF_TRY(Golden golden, read_golden(options.golden, model.interface()));
  WF_TRY(GoldenReport report, check_golden(model, golden, judge.budget, options.predict.infer_options()));
  if (!session.json) {
    session.print(fmt::format("{} against goldens of: {}\n{}\n", options.engines[0],
                              golden.oracle.empty() ? "(not said)" : golden.oracle,
                              budget_text(judge.budget)));
  }
  if (!session.json) session.print(report_text(session, golden, report));
  std::string broken;
  for (size_t i = 0; i < report.cases.size() && broken.empty(); ++i)
    broken = judge.broken_assertion(report.cases[i]);
  const Json body = {{"engine", options.engines[0]},
                     {"oracle", golden.oracle},
                     {"budget", budget_json(judge.budget)},
                     {"cases", report_json(golden, report)}};
  return verdict(report.passed(), report.worst_rel(), broken, body, session);
}

Result<int> parity(const ParityVerbOptions& options, Session& session) {
  Judge judge;
  for (const std::string& text : options.assertions) {
    WF_TRY(Assertion assertion, parse_assertion(text));
    judge.assertions.push_back(std::move(assertion));
  }
  WF_TRY(auto file, read_model(options.predict.model));
  WF_TRY(judge.budget, parse_budget(options.budget, facts_of(*file).budget));
  return options.golden.empty() ? against_engine(options, std::move(file), judge, session)
                                : against_golden(options, std::move(file), judge, session);
}

}  // namespace

void add_parity_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<ParityVerbOptions>();
  options->inputs.random_seed = 0;
  CLI::App* verb =
      make_verb(root, session, "parity",
                "Compares two engines, or an engine with goldens: errors, worst element, first parting",
                "  windfall parity model.mlpackage --engines reference,reference:exact\n"
                "  windfall parity model.mlpackage --golden golden/ --assert \"max_abs<1e-3\"",
                options, parity);
  options->predict.add_to(*verb);
  verb->add_option("--engines", options->engines, "The engine to judge, and the one taken for the truth")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--golden", options->golden, "Folder with golden.json: compare the first engine with it");
  verb->add_option("--budget", options->budget,
                   "fp32, fp16, int8 or LINF,RMSE (default: by the model's precision)");
  verb->add_option("--assert", options->assertions,
                   "Condition every output must meet, as in \"max_abs<1e-3\"");
  options->inputs.add_to(*verb);
}

}  // namespace wf::tool
