#include "lab/matrix/calibration.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wf {

double calibration_ms() {
  static thread_local std::array<float, 1024> near{};
  static thread_local std::vector<uint32_t> far(size_t{1} << 20);  // 4 MiB
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 200; ++round) {
    for (float& x : near) x = x * 0.999f + 0.5f;
  }
  uint32_t sum = 0;
  for (size_t i = 0; i < far.size(); i += 16) {  // a cache line each
    sum += far[i];
    far[i] = sum + static_cast<uint32_t>(near[i % near.size()]);
  }
  const auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

}  // namespace wf
