// Packed weights of a function, shared by its plans for different shapes, and by processes where there is a
// store.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "kernels/gemm/packed_matrix.h"
#include "plan/weight_store.h"

namespace wf {

class PackedWeights {
 public:
  using Matrices = WeightStore::Matrices;

  PackedWeights() = default;
  PackedWeights(ScopedStore store, Isa isa) : store_(std::move(store)), isa_(isa) {}

  // What `make` gave for this value and this form of packing, made once. `form` tells apart what different
  // operations make of one value. With `extents`, one for each matrix, the store is asked first; without, the
  // matrices are always made here.
  Result<Matrices> get(uint32_t value, uint64_t form, const std::function<Result<Matrices>()>& make,
                       std::span<const MatrixExtent> extents = {}) {
    const std::lock_guard guard(lock_);
    const auto found = packed_.find({value, form});
    if (found != packed_.end()) return found->second;
    const bool may_be_stored = store_.store && !extents.empty();
    if (may_be_stored) {
      Matrices stored = store_.store->find(key_of(value, form), isa_, extents);
      if (!stored.empty()) return packed_.emplace(std::pair(value, form), std::move(stored)).first->second;
    }
    WF_TRY(Matrices matrices, make());
    for (const auto& matrix : matrices) {
      if (!matrix->bytes.valid()) return Error(ErrorCode::kEnvironment, "no memory for packed weights");
    }
    if (may_be_stored) store_.store->made(key_of(value, form), matrices);
    packed_.emplace(std::pair(value, form), matrices);
    return matrices;
  }

  // The `count` elements of a constant as fp32, made once.
  Result<std::shared_ptr<AlignedBuffer>> floats(
      uint32_t value, int64_t count, const std::function<Result<std::shared_ptr<AlignedBuffer>>()>& make) {
    const std::lock_guard guard(lock_);
    const auto found = floats_.find(value);
    if (found != floats_.end()) return found->second;
    std::shared_ptr<AlignedBuffer> floats;
    if (store_.store) floats = store_.store->find_floats(key_of(value, kFloatForm), count);
    if (!floats) {
      WF_TRY(floats, make());
      if (store_.store) store_.store->made_floats(key_of(value, kFloatForm), floats);
    }
    floats_.emplace(value, floats);
    return floats;
  }

 private:
  WeightKey key_of(uint32_t value, uint64_t form) const { return {store_.scope, value, form}; }

  ScopedStore store_;
  Isa isa_ = Isa::kPortable;
  std::mutex lock_;
  std::map<std::pair<uint32_t, uint64_t>, Matrices> packed_;
  std::map<uint32_t, std::shared_ptr<AlignedBuffer>> floats_;
};

}  // namespace wf
