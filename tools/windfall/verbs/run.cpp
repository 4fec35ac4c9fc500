// run: a model's answer to inputs from files.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "drawing.h"
#include "model_inputs.h"
#include "outputs_view.h"
#include "predict_options.h"
#include "runtime/cache/cache.h"
#include "table.h"
#include "value_files.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct RunOptions {
  PredictOptions predict;
  InputOptions inputs;
  std::string engine = default_engine();
  std::vector<std::string> outputs;  // DIR, FILE.npz or NAME=FILE
  size_t top_k = 5;
  int64_t timed_runs = 0, steps = 1;
  std::string telemetry;  // "", "summary", "json", "prometheus"
  bool show = false, cache = false, precompiled = false;
};

struct Timing {
  double load_ms = 0;
  std::vector<double> totals_ms;  // of every timed run
  PredictTimes mean;

  double quantile(double q) const {  // nearest rank
    std::vector<double> sorted = totals_ms;
    std::sort(sorted.begin(), sorted.end());
    const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
  }
};

double total(const PredictTimes& times) {
  return times.marshal_in_ms + times.predict_ms + times.marshal_out_ms;
}

// `steps` predictions in one conversation: a stateful model remembers, the answer is the last one's.
Result<Features> converse(const Model& model, const Features& inputs, const RunOptions& options,
                          PredictTimes* times) {
  WF_TRY(ModelState state, model.new_state());
  for (int64_t step = 1;; ++step) {
    auto outputs = model.predict(inputs, &state, options.predict.infer_options(), times);
    if (!outputs || step >= options.steps) return outputs;
  }
}

Status measure(const Model& model, const Features& inputs, const RunOptions& options, Timing& timing) {
  for (int64_t i = 0; i < options.timed_runs; ++i) {
    PredictTimes times;
    WF_TRY(Features outputs, converse(model, inputs, options, &times));
    timing.totals_ms.push_back(total(times));
    const auto runs = static_cast<double>(options.timed_runs);
    timing.mean.marshal_in_ms += times.marshal_in_ms / runs;
    timing.mean.predict_ms += times.predict_ms / runs;
    timing.mean.marshal_out_ms += times.marshal_out_ms / runs;
  }
  return {};
}

// NAME=FILE where NAME is an output; anything else names a file or folder for all of them.
Status store(const std::vector<std::string>& targets, const Features& outputs, const Interface& interface,
             const Session& session) {
  for (const std::string& target : targets) {
    const size_t at = target.find('=');
    const Datum* one = at == std::string::npos ? nullptr : find_feature(outputs, target.substr(0, at));
    if (one) {
      WF_CHECK(write_value(target.substr(at + 1), *one));
      continue;
    }
    WF_TRY(const std::string left_out, write_values(target, outputs, interface));
    if (!left_out.empty()) session.tell(fmt::format("{} cannot hold {}", target, left_out));
  }
  return {};
}

std::string pictures_text(const Features& inputs, const Interface& interface, const Session& session) {
  std::string text;
  for (const auto& [name, value] : inputs) {
    const Feature* feature = interface.find_input(name);
    if (feature && feature->image() && value.tensor())
      text += draw_picture(*value.tensor(), session.colours());
  }
  return text;
}

std::string timing_text(const Timing& timing) {
  return fmt::format(
      "{} runs: p50 {}, p99 {}; of the mean: inputs {}, prediction {}, outputs {}; loaded in {}\n",
      timing.totals_ms.size(), human_ms(timing.quantile(0.5)), human_ms(timing.quantile(0.99)),
      human_ms(timing.mean.marshal_in_ms), human_ms(timing.mean.predict_ms),
      human_ms(timing.mean.marshal_out_ms), human_ms(timing.load_ms));
}

Json timing_json(const Timing& timing) {
  return {{"runs", timing.totals_ms.size()},
          {"load_ms", timing.load_ms},
          {"p50_ms", timing.quantile(0.5)},
          {"p99_ms", timing.quantile(0.99)},
          {"mean",
           {{"marshal_in_ms", timing.mean.marshal_in_ms},
            {"predict_ms", timing.mean.predict_ms},
            {"marshal_out_ms", timing.mean.marshal_out_ms}}}};
}

std::string telemetry_text(const std::string& form) {
  const TelemetrySnapshot snapshot = Telemetry::process().snapshot();
  if (form == "prometheus") return to_prometheus(snapshot);
  return form == "json" ? to_json(snapshot) + "\n" : to_summary(snapshot);
}

Result<int> run(const RunOptions& options, Session& session) {
  Timing timing;
  const auto start = std::chrono::steady_clock::now();
  LoadOptions load;
  load.engine = options.engine;
  load.prepare.function = options.predict.function;
  load.precompiled_only = options.precompiled;
  if (options.cache) {
    WF_TRY(load.cache, Cache::shared());
  }
  WF_TRY(Model model, Model::load(options.predict.model, load));
  timing.load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (const CachedModel* cached = model.cached(); cached && !cached->note.empty())
    session.tell("without the cache: " + cached->note);
  WF_TRY(Features inputs, model_inputs(model, options.inputs, session));
  PredictTimes first;
  WF_TRY(Features outputs, converse(model, inputs, options, &first));
  WF_CHECK(measure(model, inputs, options, timing));
  WF_CHECK(store(options.outputs, outputs, model.interface(), session));

  const OutputView view{model.interface(), labels_of(model.file().description.metadata), options.top_k};
  if (session.json) {
    Json body = {{"model", options.predict.model},
                 {"engine", options.engine},
                 {"steps", options.steps},
                 {"predict_ms", total(first)},
                 {"outputs", outputs_json(outputs, view)}};
    if (model.cached()) body["cache"] = std::string(name_of(model.cached()->origin));
    if (options.timed_runs > 0) body["timing"] = timing_json(timing);
    if (!options.telemetry.empty()) body["telemetry"] = Json::parse(telemetry_text("json"));
    session.print_json("run", body);
    return kOk;
  }
  if (options.show) session.print(pictures_text(inputs, model.interface(), session));
  session.print(outputs_text(outputs, view, session));
  if (options.timed_runs > 0) session.print(timing_text(timing));
  if (!options.telemetry.empty()) {
    std::string text = telemetry_text(options.telemetry);
    text.pop_back();  // tell() ends the line
    session.tell(text);
  }
  return kOk;
}

}  // namespace

void add_run_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = make_verb(
      root, session, "run", "A model's answer to inputs from files",
      "  windfall run classifier.mlpackage --input cat.jpg --top-k 3\n"
      "  windfall run model.mlpackage -i tokens=ids.npy -i mask=[1,1,0] --output answers.npz --time 20",
      options, run);
  options->predict.add_to(*verb);
  options->inputs.add_to(*verb);
  verb->add_option("--engine", options->engine, "Engine to run on: " + engine_names())->capture_default_str();
  verb->add_option("-o,--output", options->outputs,
                   "Folder, FILE.npz, .safetensors or .json for all outputs; NAME=FILE.npy, .png, .json or "
                   ".raw for one")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_flag("--cache", options->cache, "Take the model compiled from the cache, or put it there first");
  verb->add_flag("--precompiled", options->precompiled, "Refuse anything but a compiled model (.mlmodelc)");
  verb->add_flag("--show", options->show, "Draw picture inputs, as the model gets them, in the terminal");
  verb->add_option("--top-k", options->top_k, "How many classes to show")->capture_default_str();
  verb->add_option("--steps", options->steps,
                   "Predictions in a row with the model's state kept; the last answer is shown")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--time", options->timed_runs, "Measure this many further runs (20 if no number follows)")
      ->expected(0, 1)
      ->default_str("20")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--telemetry", options->telemetry,
                   "What telemetry counted, on standard error (in the document with --json)")
      ->expected(0, 1)
      ->default_str("summary")
      ->check(CLI::IsMember({"summary", "json", "prometheus"}));
}

}  // namespace wf::tool
