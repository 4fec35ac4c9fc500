#pragma once

#include <atomic>

#include "bridge/apple/objc.h"

struct wfa_state {
  wf::bridge::Ref<id> object;  // an MLState, a class that older systems lack
  std::atomic<bool> busy{false}, lost{false};
};

namespace wf::bridge {

// The only use of a state for as long as it lives.
class StateUse {
 public:
  explicit StateUse(wfa_state* state) : state_(state) {}
  ~StateUse() {
    if (taken_) state_->busy = false;
  }
  StateUse(const StateUse&) = delete;
  int take(wfa_failure* failure) {
    if (!state_) return WFA_OK;
    if (state_->busy.exchange(true)) {
      return fail(failure, WFA_BUSY, "the state is in use by another prediction",
                  "make one state per conversation, and predict one step after the other");
    }
    taken_ = true;
    if (state_->lost) {
      return fail(failure, WFA_STATE_LOST, "the state is lost: a prediction on it failed or was given up",
                  "begin anew with a fresh state");
    }
    return WFA_OK;
  }

 private:
  wfa_state* state_;
  bool taken_ = false;
};

}  // namespace wf::bridge
