// Random numbers for the random operations and for samples.
#pragma once

#include <cstdint>

#include "ops/call.h"

namespace wf {

// Counter-based: element i of a stream depends on the seed and on i alone, so that results do not depend on
// the order of computation. The bits are SplitMix64's (Steele, Lea, Flood: Fast splittable pseudorandom
// number generators, 2014), started at the mixed seed: neighbouring seeds give unrelated streams.
class RandomStream {
 public:
  explicit RandomStream(uint64_t seed) : base_(mixed(seed)) {}

  uint64_t bits(uint64_t i) const { return mixed(base_ + i * kStep); }
  // In [0, 1), 53 random bits.
  double uniform(uint64_t i) const { return static_cast<double>(bits(i) >> 11) * 0x1p-53; }
  // Standard normal (Box and Muller), from the uniforms 2i and 2i + 1.
  double normal(uint64_t i) const;

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  static uint64_t mixed(uint64_t z) {
    z += kStep;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t base_;
};

// The stream of a random operation: by its parameter "seed", or by the engine's next seed where that is
// negative.
RandomStream random_stream(const Evaluation& eval);

}  // namespace wf
