// Waiting for what other threads do, without a guess at how long they take.
#pragma once

#include <chrono>
#include <thread>

namespace wf::test {

// True as soon as `condition` holds; false if it does not within a minute, which no machine needs.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace wf::test
