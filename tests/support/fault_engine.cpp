#include "support/fault_engine.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

namespace wf::test {
namespace {

// A copy of the first tensor among `outputs` with its first element changed; what else there is stays.
void change_first_element(std::vector<Datum>& outputs, bool to_nan) {
  for (Datum& output : outputs) {
    const Tensor* tensor = output.tensor();
    if (!tensor || tensor->size() == 0 || tensor->dtype() == DType::kString) continue;
    if (to_nan && !is_floating(tensor->dtype())) continue;
    std::vector<double> values = read_doubles(*tensor);
    values[0] = to_nan ? std::numeric_limits<double>::quiet_NaN() : values[0] + 1;
    if (auto changed = Tensor::of_doubles(tensor->dtype(), tensor->shape(), values))
      output = *std::move(changed);
    return;
  }
}

void spoil_states(std::span<const Datum> inputs) {
  for (const Datum& input : inputs) {
    StateCell* cell = input.state();
    if (!cell) continue;
    const std::vector<double> nonsense(static_cast<size_t>(cell->tensor.size()), 99);
    if (auto spoilt = Tensor::of_doubles(cell->tensor.dtype(), cell->tensor.shape(), nonsense))
      cell->tensor = *std::move(spoilt);
  }
}

// Counts a call while it lasts, however it ends.
class Inside {
 public:
  explicit Inside(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Inside() { --count_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

struct FaultEngine::Faults {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<Fault> script;  // the next one last
  SeededRandom random{0};
  std::vector<std::pair<Fault, double>> weights;
  Error error{ErrorCode::kInternal, "an injected fault"};
  std::chrono::microseconds delay{1000};
  Error refusal;
  int refusals = 0;
  bool hang_in_prepare = false;
  uint64_t releases = 0;
  int hanging = 0;
  std::atomic<int> inside{0};
  uint64_t calls = 0, preparations = 0;
  std::array<uint64_t, kFaults> done{};

  Fault next() {
    const std::lock_guard lock(mutex);
    ++calls;
    Fault fault = Fault::kNone;
    if (!script.empty()) {
      fault = script.back();
      script.pop_back();
    } else if (!weights.empty()) {
      double draw = random.uniform();
      for (const auto& [each, weight] : weights) {
        if ((draw -= weight) < 0) {
          fault = each;
          break;
        }
      }
    }
    ++done[static_cast<size_t>(fault)];
    return fault;
  }

  // False if the deadline or a cancel came first; `options` null: nothing but a release ends it.
  bool hang(const InferOptions* options) {
    std::unique_lock lock(mutex);
    const uint64_t before = releases;
    ++hanging;
    changed.notify_all();
    const auto stopped = [&] {
      return options && ((options->deadline && std::chrono::steady_clock::now() >= *options->deadline) ||
                         (options->cancelled && options->cancelled->load()));
    };
    while (releases == before && !stopped()) {
      if (options)
        changed.wait_for(lock, std::chrono::milliseconds(1));
      else
        changed.wait(lock);
    }
    --hanging;
    return releases != before;
  }

  std::chrono::microseconds slowness() const {
    const std::lock_guard lock(mutex);
    return delay;
  }
  Error injected() const {
    const std::lock_guard lock(mutex);
    return error;
  }
};

class FaultEngine::FaultModel final : public PreparedModel {
 public:
  FaultModel(std::shared_ptr<const PreparedModel> inner, std::shared_ptr<Faults> faults, bool stops)
      : inner_(std::move(inner)), faults_(std::move(faults)), stops_(stops) {}

  std::string cache_key() const override { return "fault|" + inner_->cache_key(); }
  const IoSchema& io_schema() const override { return inner_->io_schema(); }
  SlaEstimate sla_estimate() const override { return inner_->sla_estimate(); }
  CompiledMeta meta() const override { return inner_->meta(); }

  Result<std::vector<Datum>> infer(std::span<const Datum> inputs,
                                   const InferOptions& options) const override {
    const Inside inside(faults_->inside);
    return faulty(inputs, options);
  }

 private:
  Result<std::vector<Datum>> faulty(std::span<const Datum> inputs, const InferOptions& options) const {
    const Fault fault = faults_->next();
    switch (fault) {
      case Fault::kError:
        return faults_->injected();
      case Fault::kThrow:
        throw std::runtime_error("an injected exception");
      case Fault::kHalfState:
        spoil_states(inputs);
        return faults_->injected();
      case Fault::kHang:
        if (!faults_->hang(stops_ ? &options : nullptr))
          return Error(ErrorCode::kDeadlineExceeded, "hung until its time was over");
        break;
      case Fault::kSlow:
        std::this_thread::sleep_for(faults_->slowness());
        break;
      default:
        break;
    }
    InferOptions own = options;
    if (!stops_) own.deadline.reset(), own.cancelled = nullptr;
    WF_TRY(std::vector<Datum> outputs, inner_->infer(inputs, own));
    if (fault == Fault::kTooFew && !outputs.empty()) outputs.pop_back();
    if (fault == Fault::kWrongOutput || fault == Fault::kNonFinite)
      change_first_element(outputs, fault == Fault::kNonFinite);
    return outputs;
  }

  std::shared_ptr<const PreparedModel> inner_;
  std::shared_ptr<Faults> faults_;
  bool stops_;
};

FaultEngine::FaultEngine(const InferenceEngine& inner, std::string name, bool stops_by_itself)
    : inner_(inner), name_(std::move(name)), stops_(stops_by_itself), faults_(std::make_shared<Faults>()) {}

FaultEngine::~FaultEngine() { release(); }

void FaultEngine::script(std::vector<Fault> faults) {
  std::ranges::reverse(faults);
  const std::lock_guard lock(faults_->mutex);
  faults_->script = std::move(faults);
}

void FaultEngine::at_random(uint64_t seed, std::vector<std::pair<Fault, double>> weights) {
  const std::lock_guard lock(faults_->mutex);
  faults_->random = SeededRandom(seed);
  faults_->weights = std::move(weights);
}

void FaultEngine::set_error(Error error) {
  const std::lock_guard lock(faults_->mutex);
  faults_->error = std::move(error);
}

void FaultEngine::set_delay(std::chrono::microseconds delay) {
  const std::lock_guard lock(faults_->mutex);
  faults_->delay = delay;
}

void FaultEngine::refuse_to_prepare(Error error, int times) {
  const std::lock_guard lock(faults_->mutex);
  faults_->refusal = std::move(error);
  faults_->refusals = times;
}

void FaultEngine::hang_in_prepare(bool on) {
  const std::lock_guard lock(faults_->mutex);
  faults_->hang_in_prepare = on;
}

void FaultEngine::release() {
  const std::lock_guard lock(faults_->mutex);
  ++faults_->releases;
  faults_->changed.notify_all();
}

void FaultEngine::wait_until_hanging(int count) const {
  std::unique_lock lock(faults_->mutex);
  faults_->changed.wait(lock, [&] { return faults_->hanging >= count; });
}

uint64_t FaultEngine::calls() const {
  const std::lock_guard lock(faults_->mutex);
  return faults_->calls;
}

uint64_t FaultEngine::faults(Fault fault) const {
  const std::lock_guard lock(faults_->mutex);
  return faults_->done[static_cast<size_t>(fault)];
}

uint64_t FaultEngine::preparations() const {
  const std::lock_guard lock(faults_->mutex);
  return faults_->preparations;
}

int FaultEngine::inside() const { return faults_->inside; }

Result<std::shared_ptr<const PreparedModel>> FaultEngine::prepare(const ModelFile& file,
                                                                  const PrepareOptions& options) const {
  const auto faults = faults_;
  bool hang = false;
  {
    const std::lock_guard lock(faults->mutex);
    ++faults->preparations;
    if (faults->refusals != 0) {
      faults->refusals -= faults->refusals > 0 ? 1 : 0;
      return faults->refusal;
    }
    hang = faults->hang_in_prepare;
  }
  const bool stops = stops_;
  const InferenceEngine& inner = inner_;  // the engine itself may be gone when a hang ends
  const Inside inside(faults->inside);
  if (hang) faults->hang(nullptr);
  auto prepared = inner.prepare(file, options);
  if (!prepared) return std::move(prepared).error();
  return std::shared_ptr<const PreparedModel>(
      std::make_shared<FaultModel>(*std::move(prepared), faults, stops));
}

}  // namespace wf::test
