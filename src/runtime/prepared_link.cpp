#include "runtime/prepared_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/callers_form.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

// Before so many answers of both engines nothing is said about which is faster.
constexpr uint64_t kMeasured = 20;
// The 99th percentile is computed anew after every answer at first, then after each of so many.
constexpr uint64_t kRecompute = 32;

BreakerOptions named(BreakerOptions options, std::string_view engine, Telemetry* telemetry) {
  options.name = engine;
  options.telemetry = telemetry;
  return options;
}

bool same_specs(const std::vector<TensorSpec>& a, const std::vector<TensorSpec>& b) {
  return std::ranges::equal(a, b, [](const TensorSpec& x, const TensorSpec& y) {
    return x.name == y.name && x.type == y.type && x.in_callers_form == y.in_callers_form &&
           x.may_be_unknown == y.may_be_unknown;
  });
}

bool same_schema(const IoSchema& a, const IoSchema& b) {
  return same_specs(a.inputs, b.inputs) && same_specs(a.outputs, b.outputs) && same_specs(a.states, b.states);
}

Error strange_schema() {
  return {ErrorCode::kInternal, "its schema is not the one the model was loaded with"};
}

}  // namespace

PreparedLink::PreparedLink(const ChainLink& link, std::shared_ptr<const ModelFile> file,
                           PrepareOptions options, AbandonableCalls& calls, Telemetry* telemetry,
                           bool callers_form)
    : link_(link),
      file_(std::move(file)),
      options_(std::move(options)),
      calls_(calls),
      callers_form_(callers_form),
      breaker_(named(link.breaker, link.engine->name(), telemetry)) {}

// On whatever thread prepares, and never on two at once.
Status PreparedLink::pass_trial() {
  if (!link_.trial || passed_trial_ || breaker_.forced() == true) return {};
  const TrialVerdict verdict = link_.trial(*file_, options_);
  const std::lock_guard lock(mutex_);
  trial_ =
      fmt::format("{}{}: {}", name_of(verdict.ending), verdict.remembered ? " before" : "", verdict.text);
  Status status = to_status(verdict);
  passed_trial_ = status.ok();
  return status;
}

Result<PreparedLink::Instance> PreparedLink::make() {
  WF_CHECK(without_exceptions<bool>(engine().name(), [this]() -> Result<bool> {
    WF_CHECK(pass_trial());
    return true;
  }));
  return without_exceptions<Instance>(engine().name(), [&]() -> Result<Instance> {
    WF_TRY(Instance made, engine().prepare(*file_, options_));
    const Interface* interface = file_->description.find(options_.function);
    return callers_form_ && interface ? in_callers_form(std::move(made), *interface) : made;
  });
}

Status PreparedLink::prepare(std::chrono::milliseconds wait) {
  if (engine().prepares_soon()) {
    take_up(make());
  } else {
    prepare_in_background();
  }
  std::unique_lock lock(mutex_);
  prepared_.wait_for(lock, wait, [&] { return !preparing_; });
  if (instance_) return {};
  if (!preparing_) return *trouble_;
  return Error(ErrorCode::kDeadlineExceeded,
               fmt::format("{} has not prepared the model after {} ms and goes on in the background",
                           engine().name(), wait.count()));
}

void PreparedLink::prepare_in_background() {
  {
    const std::lock_guard lock(mutex_);
    if (preparing_ || instance_ || now() < retry_at_) return;
    preparing_ = true;
  }
  if (!calls_.post([self = shared_from_this()] { self->take_up(self->make()); })) {
    take_up(Error(ErrorCode::kRuntime,
                  fmt::format("too many workers are out to prepare the model with {}", engine().name())));
  }
}

void PreparedLink::take_up(Result<Instance> made) {
  const std::lock_guard lock(mutex_);
  preparing_ = false;
  if (made && expected_ && !same_schema((*made)->io_schema(), *expected_)) made = strange_schema();
  if (made) {
    instance_ = *std::move(made);
    trouble_.reset();
  } else {
    trouble_ = std::move(made).error();
    retry_at_ = now() + link_.breaker.first_backoff;
    breaker_.trip(trouble_->to_string(), TripReason::kNotPrepared);
  }
  prepared_.notify_all();
}

void PreparedLink::expect(const IoSchema& schema) {
  const std::lock_guard lock(mutex_);
  expected_ = schema;
  if (!instance_ || same_schema(instance_->io_schema(), schema)) return;
  instance_ = nullptr;
  trouble_ = strange_schema();
  retry_at_ = Clock::time_point::max();  // it would be the same again
}

PreparedLink::Instance PreparedLink::enter(CircuitBreaker::Permit& permit, const PreparedLink* next,
                                           const std::function<void(std::string why)>& pass) {
  const bool forced = breaker_.forced().has_value();
  if (next && !forced) {
    const EnablementVerdict verdict = enablement(next);
    if (verdict.enablement == Enablement::kTooSlow) {
      pass(fmt::format("its p99 is {:.2f} of that of {}", verdict.ratio, next->engine().name()));
      return nullptr;
    }
  }
  if (next || forced) {
    permit = breaker_.admit();
    if (!permit) {
      pass(forced ? "forced off" : "breaker: " + breaker_.last_trip());
      return nullptr;
    }
  }
  if (Instance ready = instance()) return ready;
  prepare_in_background();
  const std::lock_guard lock(mutex_);
  pass(trouble_ ? "not prepared: " + trouble_->to_string() : "being prepared");
  return nullptr;
}

void PreparedLink::discard(const Instance& instance) {
  {
    const std::lock_guard lock(mutex_);
    if (instance_ != instance) return;  // another call's discovery
    instance_ = nullptr;
    trouble_.reset();
  }
  prepare_in_background();
}

PreparedLink::Instance PreparedLink::instance() const {
  const std::lock_guard lock(mutex_);
  return instance_;
}

void PreparedLink::add_latency(double ms) {
  latencies_.add(ms);
  const uint64_t count = ++measured_;
  if (count <= kRecompute || count % kRecompute == 0) p99_ms_ = *latencies_.percentile(0.99);
}

std::optional<double> PreparedLink::p99_ms() const {
  return measured_ == 0 ? std::nullopt : std::optional<double>(p99_ms_.load());
}

EnablementVerdict PreparedLink::enablement(const PreparedLink* next) const {
  if (!link_.must_be_faster || !next || measured_ < kMeasured || next->measured_ < kMeasured) return {};
  return enablement_of(p99_ms(), next->p99_ms());
}

LinkStatus PreparedLink::status(const PreparedLink* next) const {
  LinkStatus status;
  status.engine = engine().name();
  status.breaker = breaker_.state();
  status.enablement = enablement(next).enablement;
  status.p99_ms = p99_ms();
  status.trouble = breaker_.last_trip();
  const std::lock_guard lock(mutex_);
  status.ready = instance_ != nullptr;
  status.trial = trial_;
  if (trouble_) status.trouble = trouble_->to_string();
  return status;
}

}  // namespace wf
