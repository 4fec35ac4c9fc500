// gate: is this model, on this machine, fit to be relied on? Four gates, each a verdict.
#include <fmt/format.h>

#include <fstream>

#include "findings_view.h"
#include "lab/gates/load_cycles.h"
#include "lab/gates/service.h"
#include "lab/gates/soak.h"
#include "lab/gates/speed.h"
#include "lab/generate.h"
#include "lab/model_facts.h"
#include "model_inputs.h"
#include "predict_options.h"
#include "runtime/cache/cache.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct GateVerbOptions {
  std::string model, function, engine = "auto", expected_engine = "reference", budget;
  InputOptions inputs;
  LoadCyclesOptions cycles;
  bool no_cache = false;
  LoadCyclesLimits cycles_limits;
  ServiceOptions service;
  ServiceLimits service_limits;
  SpeedOptions speed;
  SpeedLimits speed_limits;
  std::string served_by;
  double soak_s = 3600, deadline_ms = 1000;
  int threads = 4;
  int64_t seeds = 4;
  SoakLimits soak_limits;
  std::string log;

  LoadOptions load() const { return {.engine = engine, .prepare = {.function = function}}; }
};

template <class Measured>
Result<int> tell(const GateVerbOptions& options, const Measured& measured, const Verdict& verdict,
                 Session& session) {
  if (session.json) {
    Json body = to_json(verdict);
    body["model"] = options.model;
    body["measured"] = to_json(measured);
    session.print_json("gate", body);
  } else {
    for (const Check& check : verdict.checks)
      session.print(fmt::format("{}  {}\n", check.passed ? session.good("passed") : session.bad("failed"),
                                to_string(check)));
    session.print(fmt::format("gate {}: {}\n", static_cast<char>(verdict.gate - 'a' + 'A'),
                              verdict.passed() ? session.good("passed") : session.bad("failed")));
  }
  return verdict.passed() ? kOk : kFinding;
}

Result<int> gate_a(const GateVerbOptions& options, Session& session) {
  LoadCyclesOptions cycles = options.cycles;
  cycles.load = options.load();
  if (!options.no_cache) {
    WF_TRY(cycles.load.cache, Cache::shared());
  }
  cycles.cancelled = &Session::interrupted();
  WF_TRY(const LoadCyclesMeasured measured, measure_load_cycles(options.model, cycles));
  return tell(options, measured, judge(measured, options.cycles_limits), session);
}

Result<Budget> budget_of(const GateVerbOptions& options, const ModelFile& file) {
  return parse_budget(options.budget, facts_of(file).budget);
}

// Inputs as the description wants them; which engine prepared the model does not matter.
Result<Features> inputs_of(const GateVerbOptions& options, const std::shared_ptr<const ModelFile>& file,
                           const Session& session) {
  WF_TRY(Model model, Model::prepare(file, options.load()));
  return model_inputs(model, options.inputs, session);
}

Result<int> gate_b(const GateVerbOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.model));
  ServiceOptions service = options.service;
  service.load = options.load();
  service.expected_engine = options.expected_engine;
  service.cancelled = &Session::interrupted();
  WF_TRY(service.budget, budget_of(options, *file));
  WF_TRY(const Features inputs, inputs_of(options, file, session));
  WF_TRY(const ServiceMeasured measured, measure_service(file, inputs, service));
  return tell(options, measured, judge(measured, options.service_limits), session);
}

Result<int> gate_c(const GateVerbOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.model));
  SpeedOptions speed = options.speed;
  speed.prepare.function = options.function;
  speed.cancelled = &Session::interrupted();
  SpeedLimits limits = options.speed_limits;
  limits.engine = options.served_by.empty() ? speed.engine : options.served_by;
  WF_TRY(const Features inputs, inputs_of(options, file, session));
  WF_TRY(const SpeedMeasured measured, measure_speed(file, inputs, speed));
  return tell(options, measured, judge(measured, limits), session);
}

Result<int> gate_d(const GateVerbOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.model));
  SoakOptions soak;
  soak.load = options.load();
  soak.expected_engine = options.expected_engine;
  WF_TRY(soak.budget, budget_of(options, *file));
  soak.duration = std::chrono::milliseconds(static_cast<int64_t>(options.soak_s * 1000));
  soak.deadline = std::chrono::milliseconds(static_cast<int64_t>(options.deadline_ms));
  soak.threads = options.threads;
  soak.cancelled = &Session::interrupted();
  std::ofstream log;
  if (!options.log.empty()) {
    log.open(options.log, std::ios::app);
    WF_REQUIRE(log.is_open(), kEnvironment, "the log cannot be opened for appending", options.log);
    soak.on_tick = [&log](const Json& tick) { log << tick.dump() << '\n' << std::flush; };
  }
  std::vector<Features> inputs;
  {
    WF_TRY(Model model, Model::prepare(file, options.load()));
    for (int64_t seed = 0; seed < options.seeds; ++seed) {
      InputOptions one = options.inputs;
      one.random_seed = static_cast<uint64_t>(seed);
      WF_TRY(Features values, model_inputs(model, one, session));
      inputs.push_back(std::move(values));
    }
  }
  WF_TRY(const SoakMeasured measured, measure_soak(file, inputs, soak));
  const Verdict verdict = judge(measured, options.soak_limits);
  if (log.is_open()) {
    Json last = to_json(verdict);
    last["event"] = "verdict";
    last["measured"] = to_json(measured);
    log << last.dump() << '\n' << std::flush;
    WF_REQUIRE(log.good(), kEnvironment, "the log cannot be written", options.log);
  }
  return tell(options, measured, verdict, session);
}

CLI::App* add_gate(CLI::App& gates, Session& session, const std::string& letter, const std::string& doc,
                   const std::string& example, const std::shared_ptr<GateVerbOptions>& options,
                   Result<int> (*work)(const GateVerbOptions&, Session&)) {
  CLI::App* gate =
      make_verb(gates, session, letter, doc, "  windfall gate " + letter + " " + example, options, work);
  gate->add_option("model", options->model, "A .mlmodel, .mlpackage or .mlmodelc")->required();
  gate->add_option("--function", options->function,
                   "Function of a multifunction model (its default otherwise)");
  return gate;
}

// What gates have that call a model and know the truth.
void add_judged(CLI::App& gate, const std::shared_ptr<GateVerbOptions>& options) {
  gate.add_option("--engine", options->engine, "The engine that is judged")->capture_default_str();
  gate.add_option("--expected", options->expected_engine, "The engine taken for the truth")
      ->capture_default_str();
  gate.add_option("--budget", options->budget,
                  "fp32, fp16, int8 or LINF,RMSE (default: by the model's precision)");
}

template <class T>
void add_number(CLI::App& gate, const std::string& name, T& value, const std::string& doc) {
  gate.add_option(name, value, doc)->check(CLI::PositiveNumber)->capture_default_str();
}

}  // namespace

void add_gate_verb(CLI::App& root, Session& session) {
  CLI::App* gates = root.add_subcommand("gate",
                                        "Judges whether a model is fit to be relied on: loads, service, "
                                        "speed, soak; exit code 1 if not");
  gates->require_subcommand(1);

  auto a = std::make_shared<GateVerbOptions>();
  CLI::App* gate =
      add_gate(*gates, session, "a", "Compiles and loads again and again: no memory grows, the cache serves",
               "model.mlpackage --cycles 1000", a, gate_a);
  gate->add_option("--engine", a->engine, "The engine that loads")->capture_default_str();
  add_number(*gate, "--cycles", a->cycles.cycles, "Loads that are judged");
  add_number(*gate, "--warm-up", a->cycles.warm_up, "Loads before memory is first looked at");
  add_number(*gate, "--growth", a->cycles_limits.resident_growth, "Bytes memory must grow less than");
  gate->add_flag("--no-cache", a->no_cache,
                 "Load from the source each time, not from the cache of compiled models");

  auto b = std::make_shared<GateVerbOptions>();
  b->inputs.random_seed = 0;
  gate = add_gate(*gates, session, "b", "Serves as described: schema, timeout, p99, parity, no breaker trips",
                  "model.mlpackage --p99 50", b, gate_b);
  add_judged(*gate, b);
  add_number(*gate, "--runs", b->service.runs, "Predictions that are timed");
  add_number(*gate, "--p99", b->service_limits.p99_ms, "Milliseconds the p99 may be");
  add_number(*gate, "--late", b->service_limits.late_ms, "Milliseconds a call may end after its deadline");
  b->inputs.add_to(*gate);

  auto c = std::make_shared<GateVerbOptions>();
  c->inputs.random_seed = 0;
  gate = add_gate(*gates, session, "c",
                  "An engine against another, by turns: the ratio of their p99, and who served",
                  "model.mlpackage --engine cpu --baseline reference", c, gate_c);
  gate->add_option("--engine", c->speed.engine, "The engine that is judged")->capture_default_str();
  gate->add_option("--baseline", c->speed.baseline, "The engine it is held against")->capture_default_str();
  gate->add_option("--served-by", c->served_by,
                   "Who must have served every call (default: the engine itself)");
  const std::map<std::string, ComputeUnits> units = {{"all", ComputeUnits::kAll},
                                                     {"cpu_only", ComputeUnits::kCpuOnly},
                                                     {"cpu_and_gpu", ComputeUnits::kCpuAndGpu},
                                                     {"cpu_and_ne", ComputeUnits::kCpuAndNe}};
  gate->add_option("--units", c->speed_limits.compute_units, "Compute units that must have served every call")
      ->transform(CLI::Transformer(units));
  add_number(*gate, "--runs", c->speed.runs, "Predictions of each engine that are timed");
  add_number(*gate, "--ratio", c->speed_limits.ratio, "What the p99 may be of the baseline's");
  c->inputs.add_to(*gate);

  auto d = std::make_shared<GateVerbOptions>();
  d->inputs.random_seed = 0;
  gate = add_gate(*gates, session, "d",
                  "Soak: concurrent calls, every answer checked, drift of memory and latency",
                  "model.mlpackage --seconds 600 --log soak.jsonl", d, gate_d);
  add_judged(*gate, d);
  add_number(*gate, "--seconds", d->soak_s, "How long");
  add_number(*gate, "--threads", d->threads, "Threads that call");
  add_number(*gate, "--deadline", d->deadline_ms, "Milliseconds each call has");
  add_number(*gate, "--seeds", d->seeds, "Different generated inputs");
  add_number(*gate, "--answered", d->soak_limits.answered_percent, "Percent of calls that must be answered");
  add_number(*gate, "--late", d->soak_limits.late_ms, "Milliseconds a call may end after its deadline");
  add_number(*gate, "--growth", d->soak_limits.resident_growth,
             "Bytes memory may grow from the first tenth to the last");
  add_number(*gate, "--drift", d->soak_limits.latency_ratio,
             "What the p50 of the last tenth may be of the first's");
  gate->add_option("--log", d->log, "Append JSON lines: a tick about a hundred times, and the verdict");
  d->inputs.add_to(*gate);
}

}  // namespace wf::tool
