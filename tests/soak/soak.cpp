// Gate D with faults: an hour (or so) of concurrent calls through a chain whose first engine fails, throws,
// hangs, is slow or loses outputs at random, while memory now and then does not suffice and a cache of
// compiled models is damaged beside it. `./dev soak`.
//
//   windfall_soak MODEL [SECONDS [LOG]]      exit code 0: passed, 1: not, 2: usage or a model that cannot run
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <thread>

#include "base/folder.h"
#include "lab/gates/soak.h"
#include "lab/generate.h"
#include "lab/model_facts.h"
#include "runtime/auto_engine.h"
#include "soak/cache_trouble.h"
#include "support/fault_engine.h"

namespace wf::test {
namespace {

constexpr int kInputs = 4;
constexpr auto kDeadline = std::chrono::milliseconds(2000);

// Of calls to the first engine; one in eight fails somehow, more than a breaker stands for long.
const std::vector<std::pair<Fault, double>> kFaultsAtRandom = {
    {Fault::kError, 0.06}, {Fault::kThrow, 0.02},  {Fault::kHang, 0.001},
    {Fault::kSlow, 0.03},  {Fault::kTooFew, 0.01}, {Fault::kHalfState, 0.01},
};

const std::vector<std::pair<Fault, const char*>> kFaultNames = {
    {Fault::kError, "error"}, {Fault::kThrow, "exception"},       {Fault::kHang, "hang"},
    {Fault::kSlow, "slow"},   {Fault::kTooFew, "missing output"}, {Fault::kHalfState, "half a state"},
};

// The faulty engine, which cannot be stopped; then the fast one and the specification.
AutoOptions chain_of(std::shared_ptr<FaultEngine> faulty) {
  AutoOptions options;
  ChainLink first;
  first.engine = std::move(faulty);
  first.keeps_time_for_next = true;
  first.breaker.memory_limit.reset();
  // It asks again soon: else it would be open nearly always, and a soak would see few faults.
  first.breaker.first_backoff = std::chrono::milliseconds(20);
  first.breaker.max_backoff = std::chrono::milliseconds(200);
  options.chain.push_back(std::move(first));
  for (ChainLink& link : default_chain(all_engines())) options.chain.push_back(std::move(link));
  options.telemetry = &Telemetry::process();
  return options;
}

// Until it is stopped: what hangs is let go every few seconds, and for a twentieth of a second in every ten
// tensors may not take more memory than they hold.
void trouble(const std::stop_token& stop, FaultEngine& faulty) {
  const int64_t usual = TensorMemory::limit();
  for (int step = 1; !stop.stop_requested(); ++step) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (step % 60 == 0) faulty.release();
    if (step % 200 == 199) TensorMemory::set_limit(TensorMemory::live());
    if (step % 200 == 0) TensorMemory::set_limit(usual);
  }
  TensorMemory::set_limit(usual);
  faulty.release();
}

// The truth for it is the reference engine's.
Result<CacheTroubleOptions> cache_trouble_of(const std::string& path,
                                             const std::shared_ptr<const ModelFile>& file,
                                             const Features& inputs, const Budget& budget) {
  CacheTroubleOptions options;
  options.model = path;
  options.folder = std::filesystem::temp_directory_path() / fmt::format("windfall_soak.{}", ::getpid());
  options.inputs = inputs;
  options.budget = budget;
  WF_TRY(const Model truth, Model::prepare(file, {.engine = "reference"}));
  WF_TRY(ModelState state, truth.new_state());
  WF_TRY(options.expected, truth.predict(inputs, &state));
  return options;
}

Result<Verdict> soak(const std::string& path, std::chrono::seconds duration, std::ofstream& log) {
  WF_TRY(ModelFile read, read_model_file(path));
  const auto file = std::make_shared<const ModelFile>(std::move(read));
  std::vector<Features> inputs;
  {
    WF_TRY(Model model, Model::prepare(file));
    for (int seed = 0; seed < kInputs; ++seed) {
      WF_TRY(Features values, generate_inputs(model, static_cast<uint64_t>(seed)));
      inputs.push_back(std::move(values));
    }
  }
  WF_TRY(const InferenceEngine* cpu, find_engine("cpu"));
  const auto faulty = std::make_shared<FaultEngine>(*cpu, "faulty", /*stops_by_itself=*/false);
  faulty->at_random(20, kFaultsAtRandom);
  faulty->set_delay(std::chrono::milliseconds(50));
  const AutoEngine engine(chain_of(faulty));

  SoakOptions options;
  options.load.own_engine = &engine;
  options.budget = *find_budget(facts_of(*file).budget);
  options.duration = duration;
  options.deadline = kDeadline;
  options.on_tick = [&log](const Json& tick) { log << tick.dump() << '\n' << std::flush; };
  // Calls that met the shortage of memory are answered with a clear error.
  SoakLimits limits;
  limits.excused = {std::string(name_of(ErrorCode::kEnvironment))};

  WF_TRY(const CacheTroubleOptions cache, cache_trouble_of(path, file, inputs[0], options.budget));
  CacheTroubleMeasured cached;
  auto measured = [&] {
    const std::jthread troubles([&faulty](const std::stop_token& stop) { trouble(stop, *faulty); });
    const std::jthread damages([&](const std::stop_token& stop) { cached = trouble_cache(stop, cache); });
    return measure_soak(file, inputs, options);
  }();
  remove_tree(cache.folder);
  if (!measured) return std::move(measured).error();
  Verdict verdict = judge(*measured, limits);
  verdict.checks.push_back(at_most("wrong_from_cache", static_cast<double>(cached.wrong), 0));
  verdict.checks.back().detail = cached.first_trouble;
  verdict.checks.push_back(at_least("cache_damages_noticed", static_cast<double>(cached.noticed), 1));
  uint64_t injected = 0;
  for (const auto& [fault, weight] : kFaultsAtRandom) injected += faulty->faults(fault);
  verdict.checks.push_back(at_least("injected_faults", static_cast<double>(injected), 1));
  Json last = to_json(verdict);
  last["event"] = "verdict";
  last["measured"] = to_json(*measured);
  Json faults = Json::object();
  for (const auto& [fault, name] : kFaultNames) faults[name] = faulty->faults(fault);
  last["faults"] = std::move(faults);
  last["cache"] = {{"loads", cached.loads},     {"hits", cached.hits},       {"damages", cached.damages},
                   {"noticed", cached.noticed}, {"refused", cached.refused}, {"wrong", cached.wrong}};
  last["telemetry"] = Json::parse(to_json(Telemetry::process().snapshot()));
  log << last.dump() << '\n' << std::flush;
  fmt::print("{} calls, {} answered rightly, {} clear errors; {} faults, of them {} hangs\n", measured->calls,
             measured->right, measured->clear_errors, injected, faulty->faults(Fault::kHang));
  fmt::print("{} loads through a cache, {} hits, {} damages, {} noticed, {} wrong\n", cached.loads,
             cached.hits, cached.damages, cached.noticed, cached.wrong);
  return verdict;
}

int run(int count, char** arguments) {
  int64_t seconds = 3600;
  const std::string_view given = count > 2 ? arguments[2] : "3600";
  const auto parsed = std::from_chars(given.data(), given.data() + given.size(), seconds);
  if (count < 2 || count > 4 || parsed.ptr != given.data() + given.size() || seconds < 1) {
    std::fputs("usage: windfall_soak MODEL [SECONDS [LOG]]\n", stderr);
    return 2;
  }
  std::ofstream log(count > 3 ? arguments[3] : "/dev/null", std::ios::app);
  const auto verdict = soak(arguments[1], std::chrono::seconds(seconds), log);
  if (!verdict) {
    fmt::print(stderr, "{}\n", verdict.error().to_string());
    return 2;
  }
  if (!log) {
    fmt::print(stderr, "the log cannot be written: {}\n", arguments[3]);
    return 2;
  }
  for (const Check& check : verdict->checks)
    fmt::print("{}  {}\n", check.passed ? "passed" : "failed", to_string(check));
  return verdict->passed() ? 0 : 1;
}

}  // namespace
}  // namespace wf::test

int main(int count, char** arguments) { return wf::test::run(count, arguments); }
