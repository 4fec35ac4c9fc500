// Packed weights that outlive the process: what a plan would pack, found instead of made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/gemm/packed_matrix.h"
#include "kernels/isa.h"

namespace wf {

// What whoever asks for a packed matrix will read of it. A stored one must be exactly this large, and of bf16
// elements (for a left operand of bf16) only if that is expected.
struct MatrixExtent {
  int64_t inner = 0, columns = 0;
  bool is_bfloat = false;
  bool operator==(const MatrixExtent&) const = default;
};

struct WeightKey {
  std::string scope;   // whose: "main", "0/main" in the first part of a pipeline
  uint32_t value = 0;  // index of the value in its function
  uint64_t form = 0;   // the form of packing, kFloatForm for a constant as fp32
  auto operator<=>(const WeightKey&) const = default;
};
inline constexpr uint64_t kFloatForm = ~uint64_t{0};

// Safe to share between threads. A store is of one model and one instruction set; what it gives fits
// `extents` or is not given at all, whatever a file on disk may say.
class WeightStore {
 public:
  using Matrices = std::vector<std::shared_ptr<const PackedMatrix>>;

  virtual ~WeightStore() = default;
  // Empty: not there, to be packed.
  virtual Matrices find(const WeightKey& key, Isa isa, std::span<const MatrixExtent> extents) const = 0;
  // `count` fp32 values; null: not there.
  virtual std::shared_ptr<AlignedBuffer> find_floats(const WeightKey& key, int64_t count) const = 0;
  // What had to be made, for a store that keeps it.
  virtual void made(const WeightKey& /*key*/, const Matrices& /*matrices*/) {}
  virtual void made_floats(const WeightKey& /*key*/, const std::shared_ptr<AlignedBuffer>& /*floats*/) {}
};

// A store and whose weights are meant.
struct ScopedStore {
  std::shared_ptr<WeightStore> store;  // null: none
  std::string scope;

  ScopedStore inner(std::string_view name) const {
    return {store, scope.empty() ? std::string(name) : scope + "/" + std::string(name)};
  }
};

}  // namespace wf
