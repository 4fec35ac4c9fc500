// Compute units: our numbers (those of the C ABI), Core ML's, and what a plan's devices amount to.
#pragma once

#include <cstdint>
#include <optional>

namespace wf::bridge {

// MLComputeUnits, as documented.
enum AppleUnits : int64_t { kAppleCpuOnly = 0, kAppleCpuAndGpu = 1, kAppleAll = 2, kAppleCpuAndNe = 3 };

// The C ABI numbers 0 All, 1 CpuOnly, 2 CpuAndGpu, 3 CpuAndNe; nothing for another number.
constexpr std::optional<int64_t> apple_units(int abi_number) {
  constexpr int64_t kOfAbi[] = {kAppleAll, kAppleCpuOnly, kAppleCpuAndGpu, kAppleCpuAndNe};
  if (abi_number < 0 || abi_number > 3) return std::nullopt;
  return kOfAbi[abi_number];
}

// The C ABI's number for a set of devices that really work.
constexpr int abi_units(bool gpu, bool neural_engine) {
  if (gpu && neural_engine) return 0;
  return gpu ? 2 : neural_engine ? 3 : 1;
}

}  // namespace wf::bridge
