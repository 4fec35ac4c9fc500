#include "runtime/auto_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/own_values.h"
#include "runtime/prepared_link.h"
#include "runtime/telemetry/telemetry.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

bool is_cancelled(const InferOptions& options) {
  return options.cancelled && options.cancelled->load(std::memory_order_relaxed);
}

bool is_callers_or_models(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kNotFound ||
         code == ErrorCode::kBadModel || code == ErrorCode::kWeightsMissing;
}

Result<std::vector<Datum>> checked_outputs(const PreparedModel& model, std::span<const Datum> inputs,
                                           const InferOptions& options) {
  WF_TRY(std::vector<Datum> outputs, model.infer(inputs, options));
  WF_REQUIRE(
      outputs.size() == model.io_schema().outputs.size(), kInternal,
      fmt::format("it gave {} outputs, the model has {}", outputs.size(), model.io_schema().outputs.size()));
  return outputs;
}

class ChainModel final : public AutoModel {
 public:
  ChainModel(IoSchema schema, std::string key, CompiledMeta meta,
             std::vector<std::shared_ptr<PreparedLink>> links, const AutoOptions& options)
      : AutoModel(std::move(schema), std::move(key), std::move(meta)),
        links_(std::move(links)),
        infer_timeout_(options.infer_timeout),
        telemetry_(options.telemetry),
        calls_(*options.calls) {}

  std::vector<LinkStatus> chain() const override {
    std::vector<LinkStatus> all;
    for (size_t i = 0; i < links_.size(); ++i) all.push_back(links_[i]->status(next_of(i)));
    return all;
  }
  CircuitBreaker* breaker(size_t index) const override {
    return index < links_.size() ? &links_[index]->breaker() : nullptr;
  }

 private:
  // Why an engine did not serve a call.
  struct Passed {
    const PreparedLink* link = nullptr;
    std::string why;
  };

  // One call on its way through the chain.
  struct Passage {
    const PreparedLink* first_passed = nullptr;    // which engine should have served it
    std::string why;                               // and why it did not
    std::vector<CircuitBreaker::Permit> suspects;  // to blame if another engine answers
    std::optional<Error> error;                    // what to return if none does

    void pass(const PreparedLink& link, std::string reason) {
      if (first_passed) return;
      first_passed = &link;
      why = std::move(reason);
    }
  };

  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override {
    Passage passage;
    for (size_t i = 0; i < links_.size(); ++i) {
      PreparedLink& link = *links_[i];
      const PreparedLink* next = next_of(i);
      CircuitBreaker::Permit permit;
      const auto instance =
          link.enter(permit, next, [&](std::string why) { passage.pass(link, std::move(why)); });
      if (!instance) continue;

      const PreparedLink* give_way_to = link.link().keeps_time_for_next ? next : nullptr;
      const auto begin = Clock::now();
      Attempt attempt = call(link, instance, inputs, options, give_way_to, begin);
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      const bool within_sla = !link.link().sla_ms || ms <= *link.link().sla_ms;
      if (attempt.result) {
        link.add_latency(ms);
        permit.record(true, within_sla);
        tell_answer(link, passage, options);
        return std::move(attempt.result);
      }

      const Error& error = attempt.result.error();
      const bool time_is_over = error.code == ErrorCode::kDeadlineExceeded;
      const bool had_all_time = !give_way_to && options.deadline;
      if (is_cancelled(options) || is_callers_or_models(error.code) || (time_is_over && had_all_time))
        return std::move(attempt.result);
      passage.pass(link, error.to_string());
      if (attempt.was_begun && error.code == ErrorCode::kRuntime) {
        passage.suspects.push_back(std::move(permit));
      } else if (attempt.was_begun && error.code != ErrorCode::kUnsupported) {
        permit.record(false, within_sla && !time_is_over);
      }
      if (!passage.error || error.code != ErrorCode::kUnsupported) passage.error = error;
    }
    if (passage.error) return *std::move(passage.error);
    return Error(ErrorCode::kRuntime, fmt::format("no engine can serve now; {}: {}",
                                                  passage.first_passed->engine().name(), passage.why));
  }

  void tell_answer(const PreparedLink& link, Passage& passage, const InferOptions& options) const {
    for (CircuitBreaker::Permit& suspect : passage.suspects) suspect.record(false);
    const InferenceEngine& engine = link.engine();
    if (options.report)
      *options.report = {std::string(engine.name()), engine.capabilities().compute_units_actual};
    if (passage.first_passed && telemetry_) {
      telemetry_->record_fallback(Operation::kPredict, passage.first_passed->engine().name(), engine.name(),
                                  passage.why, cache_key());
    }
  }

  // The engine that would serve if link i did not, or null.
  const PreparedLink* next_of(size_t i) const {
    for (size_t next = i + 1; next < links_.size(); ++next) {
      if (links_[next]->is_ready()) return links_[next].get();
    }
    return nullptr;
  }

  struct Attempt {
    Result<std::vector<Datum>> result;
    bool was_begun = true;  // the engine saw the call
  };

  Attempt call(PreparedLink& link, const std::shared_ptr<const PreparedModel>& instance,
               std::span<const Datum> inputs, const InferOptions& options, const PreparedLink* give_way_to,
               Clock::time_point now) const {
    InferOptions own = options;
    own.report = nullptr;
    const bool stops = link.engine().stops_by_itself();
    if (!own.deadline && (give_way_to || !stops)) own.deadline = now + infer_timeout_;
    if (give_way_to && options.deadline)
      own.deadline = deadline_leaving_time(now, *own.deadline, give_way_to->p99_ms());
    const std::string_view who = link.engine().name();

    if (stops) {
      const std::vector<Datum> values = with_own_cells(inputs);
      Attempt attempt{without_exceptions<std::vector<Datum>>(
          who, [&] { return checked_outputs(*instance, values, own); })};
      if (attempt.result) set_states(inputs, values);
      return attempt;
    }

    // What is the caller's may be gone by the time the engine looks.
    own.cancelled = nullptr;
    own.observer = nullptr;
    auto copies = with_own_bytes(inputs);
    if (!copies) return {std::move(copies).error(), false};
    const auto values = std::make_shared<const std::vector<Datum>>(*std::move(copies));
    auto outcome = calls_.call([instance, values, own] { return checked_outputs(*instance, *values, own); },
                               *own.deadline, options.cancelled, who);
    if (outcome.ending == AbandonableCalls::Ending::kAbandoned) link.discard(instance);
    if (outcome.result) set_states(inputs, *values);
    return {std::move(outcome.result), outcome.ending != AbandonableCalls::Ending::kRefused};
  }

  std::vector<std::shared_ptr<PreparedLink>> links_;
  std::chrono::milliseconds infer_timeout_;
  Telemetry* telemetry_;
  AbandonableCalls& calls_;
};

// The error that tells most: an engine that cannot is less telling than one that failed.
void keep_telling(std::optional<Error>& kept, Error error) {
  if (!kept || kept->code == ErrorCode::kUnsupported) kept = std::move(error);
}

}  // namespace

Clock::time_point deadline_leaving_time(Clock::time_point now, Clock::time_point deadline,
                                        std::optional<double> next_p99_ms) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const Milliseconds left = deadline - now;
  const Milliseconds kept =
      next_p99_ms ? std::clamp(Milliseconds(*next_p99_ms * 1.5), left * 0.1, left * 0.75) : left * 0.5;
  return left.count() <= 0 ? deadline : deadline - std::chrono::duration_cast<Clock::duration>(kept);
}

AutoEngine::AutoEngine(AutoOptions options) : options_(std::move(options)) {
  if (!options_.calls) options_.calls = &AbandonableCalls::process();
}

std::string_view AutoEngine::doc() const {
  return "the fastest engine there is (coreml, cpu, reference); another one answers where it fails";
}

CapabilityReport AutoEngine::capabilities() const { return options_.chain.front().engine->capabilities(); }

Result<std::shared_ptr<const PreparedModel>> AutoEngine::prepare(const ModelFile& file,
                                                                 const PrepareOptions& options) const {
  const auto shared_file = std::make_shared<const ModelFile>(file);  // for preparing again
  std::vector<std::shared_ptr<PreparedLink>> links;
  std::shared_ptr<const PreparedModel> first;
  std::string first_engine;
  std::optional<Error> error;
  const bool callers_form = std::ranges::any_of(
      options_.chain, [](const ChainLink& link) { return link.engine->knows_the_description_alone(); });
  for (const ChainLink& link : options_.chain) {
    auto prepared = std::make_shared<PreparedLink>(link, shared_file, options, *options_.calls,
                                                   options_.telemetry, callers_form);
    if (auto status = prepared->prepare(options_.prepare_wait); !status) {
      Error trouble = std::move(status).error();
      if (is_callers_or_models(trouble.code)) return trouble;
      const bool can_never = trouble.code == ErrorCode::kUnsupported;
      keep_telling(error, std::move(trouble));
      if (can_never) continue;
    }
    if (!first && (first = prepared->instance())) first_engine = link.engine->name();
    links.push_back(std::move(prepared));
  }
  if (!first) return *std::move(error);
  for (const auto& link : links) link->expect(first->io_schema());
  if (const auto& wanted = options_.chain.front().engine->name();
      first_engine != wanted && options_.telemetry)
    options_.telemetry->record_fallback(Operation::kLoad, wanted, first_engine, error->to_string(),
                                        file.path.string());
  return std::shared_ptr<const PreparedModel>(std::make_shared<ChainModel>(
      first->io_schema(), "auto|" + first->cache_key(), first->meta(), std::move(links), options_));
}

std::vector<ChainLink> default_chain(std::span<const InferenceEngine* const> among) {
  std::vector<ChainLink> chain;
  for (const std::string_view name : {"coreml", "cpu", "reference"}) {
    const auto found = std::ranges::find(among, name, &InferenceEngine::name);
    if (found == among.end()) continue;
    ChainLink link;
    link.engine = std::shared_ptr<const InferenceEngine>(std::shared_ptr<const void>(), *found);
    if (name == "coreml") {
      link.breaker.forced = forced_by_environment();
      link.keeps_time_for_next = link.must_be_faster = true;
      link.trial = [](const ModelFile& file, const PrepareOptions& prepare) {
        return try_model(file, prepare, "coreml");
      };
    } else {
      link.breaker.memory_limit.reset();
    }
    chain.push_back(std::move(link));
  }
  return chain;
}

const InferenceEngine& auto_engine(std::span<const InferenceEngine* const> among) {
  static const auto* const engine =
      new AutoEngine({.chain = default_chain(among), .telemetry = &Telemetry::process(), .calls = nullptr});
  return *engine;
}

}  // namespace wf
