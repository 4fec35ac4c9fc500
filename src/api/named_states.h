// The states that callers of version 1 name: a handle's conversations.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/model.h"

namespace wf::api {

class NamedStates {
 public:
  static constexpr size_t kMost = 1024;

  // One prediction's hold on a state; nobody else gets it meanwhile.
  class Hold {
   public:
    Hold(NamedStates* owner, std::string name, std::shared_ptr<ModelState> state)
        : owner_(owner), name_(std::move(name)), state_(std::move(state)) {}
    Hold(Hold&& other) noexcept = default;
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (state_) owner_->release(name_);
    }
    ModelState& state() const { return *state_; }

   private:
    NamedStates* owner_;
    std::string name_;
    std::shared_ptr<ModelState> state_;
  };

  // Made, all zero, if there is none of this name or `reset` asks for it. kInvalidArgument if another
  // prediction has it, or there are kMost.
  Result<Hold> hold(const Model& model, const std::string& name, bool reset);
  void drop(const std::string& name);

 private:
  struct Entry {
    std::shared_ptr<ModelState> state;
    bool held = false;
  };
  void release(const std::string& name) noexcept;

  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace wf::api
