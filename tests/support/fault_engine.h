// An engine that fails as it is told: for tests of what stands around engines, and for soaks. Needs no test
// framework.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "runtime/engine.h"

namespace wf::test {

enum class Fault : uint8_t {
  kNone,
  kError,        // an Error, see set_error()
  kThrow,        // a std::runtime_error
  kHang,         // no answer until release(); then the right one. An engine that stops by itself hangs until
                 // its deadline or a cancel at most
  kSlow,         // the right answer, after the delay of set_delay()
  kWrongOutput,  // the right answer with its first output's first element changed
  kNonFinite,    // the right answer with a NaN (of floating outputs)
  kTooFew,       // one output less than the schema has
  kHalfState,    // an error after every state was set to nonsense
};
inline constexpr size_t kFaults = 9;

// Makes each call to `inner` fail or not: first as scripted, then at random as weighted, else not. Any thread
// may set anything at any time. Prepared models may outlive the engine.
class FaultEngine final : public InferenceEngine {
 public:
  FaultEngine(const InferenceEngine& inner, std::string name, bool stops_by_itself = true);
  ~FaultEngine() override;  // releases

  // The faults of the next calls, in the order they begin.
  void script(std::vector<Fault> faults);
  // Afterwards each call has fault f with probability weights[f].second; the same seed, the same sequence.
  void at_random(uint64_t seed, std::vector<std::pair<Fault, double>> weights);
  void set_error(Error error);                      // of kError and kHalfState; kInternal unless set
  void set_delay(std::chrono::microseconds delay);  // of kSlow; a millisecond unless set
  // The next `times` preparations fail so (-1: all from now on; 0: none any more).
  void refuse_to_prepare(Error error, int times = -1);
  void hang_in_prepare(bool on);  // until release()

  // Lets everything that hangs go on. What hangs later needs another one.
  void release();
  // Until so many calls or preparations hang at this moment.
  void wait_until_hanging(int count) const;

  uint64_t calls() const;              // begun
  uint64_t faults(Fault fault) const;  // done
  uint64_t preparations() const;       // begun
  int inside() const;                  // calls and preparations that have not come back

  std::string_view name() const override { return name_; }
  std::string_view doc() const override { return "fails as it is told"; }
  CapabilityReport capabilities() const override { return inner_.capabilities(); }
  bool stops_by_itself() const override { return stops_; }
  Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                       const PrepareOptions& options) const override;

 private:
  struct Faults;  // shared with the models
  class FaultModel;

  const InferenceEngine& inner_;
  std::string name_;
  bool stops_;
  std::shared_ptr<Faults> faults_;
};

}  // namespace wf::test
