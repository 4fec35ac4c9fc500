#include "api/named_states.h"

#include <fmt/format.h>

namespace wf::api {

Result<NamedStates::Hold> NamedStates::hold(const Model& model, const std::string& name, bool reset) {
  std::shared_ptr<ModelState> fresh;
  std::string own_name = name;
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  if (found != entries_.end() && found->second.held) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("state '{}' is in use by another prediction", name),
                 {}, "one prediction after the other, or a state for each");
  }
  if (found == entries_.end() || reset) {
    if (found == entries_.end() && entries_.size() >= kMost) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the handle keeps {} states, the most it may", kMost), {},
                   R"(drop those that are done: "state":{"name":...,"drop":true})");
    }
    WF_TRY(ModelState zeros, model.new_state());
    fresh = std::make_shared<ModelState>(std::move(zeros));
    if (found == entries_.end()) found = entries_.emplace(name, Entry()).first;
    found->second.state = std::move(fresh);
  }
  found->second.held = true;
  return Hold(this, std::move(own_name), found->second.state);
}

void NamedStates::drop(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(name); found != entries_.end()) entries_.erase(found);
}

void NamedStates::release(const std::string& name) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.held = false;
}

}  // namespace wf::api
