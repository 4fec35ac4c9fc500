#include "lab/parity.h"

#include <fmt/format.h>

namespace wf {
namespace {

struct Seen {
  std::string operation, name;
  Datum value;
};

// Compares the values of the second run, as they come, with those kept from the first.
class Follower {
 public:
  Follower(const std::vector<Seen>& kept, const Budget& budget, ParityReport& report)
      : kept_(kept), budget_(budget), report_(report) {}

  void see(const Op& op, std::string_view name, const Datum& expected) {
    if (lost_) return;
    if (next_ >= kept_.size() || kept_[next_].name != name) {
      lost_ = true;  // a loop turned once more, or the other branch was taken: nothing lines up from here on
      if (!report_.first_parting) {
        Finding finding;
        finding.name = name;
        finding.trouble =
            "only one engine computed this value here: they took different ways through the program";
        report_.first_parting = Parting{static_cast<int64_t>(next_), op.label(), std::move(finding)};
      }
      return;
    }
    const Seen& actual = kept_[next_];
    Parting here{static_cast<int64_t>(next_++), actual.operation,
                 judge(actual.name, &actual.value, expected, budget_)};
    report_.values_compared += 1;
    const double worst_so_far = report_.worst_value ? report_.worst_value->finding.comparison->max_rel : -1;
    if (here.finding.comparison && here.finding.comparison->max_rel > worst_so_far)
      report_.worst_value = here;
    if (!here.finding.passed && !report_.first_parting) report_.first_parting = std::move(here);
  }

 private:
  const std::vector<Seen>& kept_;
  const Budget& budget_;
  ParityReport& report_;
  size_t next_ = 0;
  bool lost_ = false;
};

Result<Features> run(const std::shared_ptr<const ModelFile>& file, const std::string& engine,
                     const Features& inputs, const ParityOptions& options, const InferOptions& infer,
                     PredictTimes& times) {
  WF_TRY(Model model, Model::prepare(file, {.engine = engine, .prepare = options.prepare}));
  WF_TRY(ModelState state, model.new_state());
  auto outputs = model.predict(inputs, &state, infer, &times);
  if (!outputs) return std::move(outputs).error().at("engine " + engine);
  return outputs;
}

}  // namespace

Result<ParityReport> compare_engines(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                     const ParityOptions& options) {
  ParityReport report;
  std::vector<Seen> kept;
  InferOptions infer = options.infer;
  infer.observer = [&kept](const Op& op, std::string_view name, const Datum& value) {
    kept.push_back({op.label(), std::string(name), value});
  };
  WF_TRY(Features actual, run(file, options.actual_engine, inputs, options, infer, report.actual_times));

  Follower follower(kept, options.budget, report);
  infer.observer = [&follower](const Op& op, std::string_view name, const Datum& value) {
    follower.see(op, name, value);
  };
  WF_TRY(Features expected,
         run(file, options.expected_engine, inputs, options, infer, report.expected_times));

  for (const auto& [name, value] : expected) {
    report.outputs.push_back(judge(name, find_feature(actual, name), value, options.budget));
  }
  return report;
}

}  // namespace wf
