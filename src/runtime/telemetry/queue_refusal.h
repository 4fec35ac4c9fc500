// Why a predictor did not take a task, in the words that operators count.
#pragma once

#include <cstdint>
#include <string_view>

namespace wf {

enum class QueueRefusal : uint8_t {
  kQueueFull,     // as many tasks wait as may
  kLoadShed,      // it would wait longer than its deadline allows
  kMemory,        // the process would hold more than it may
  kShuttingDown,  // nothing new is taken
};
inline constexpr int kQueueRefusals = 4;
constexpr std::string_view name_of(QueueRefusal refusal) {
  constexpr std::string_view kNames[kQueueRefusals] = {"queue_full", "load_shed", "memory", "shutting_down"};
  return kNames[static_cast<int>(refusal)];
}

}  // namespace wf
