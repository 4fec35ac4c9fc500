// Packed weights of a function, shared by its plans for different shapes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/error.h"
#include "kernels/gemm/packed_matrix.h"

namespace wf {

class PackedWeights {
 public:
  using Matrices = std::vector<std::shared_ptr<const PackedMatrix>>;

  // What `make` gave for this value and this form of packing, made once. `form` tells apart what different
  // operations make of one value.
  Result<Matrices> get(uint32_t value, uint64_t form, const std::function<Result<Matrices>()>& make) {
    const std::lock_guard guard(lock_);
    const auto found = packed_.find({value, form});
    if (found != packed_.end()) return found->second;
    WF_TRY(Matrices matrices, make());
    for (const auto& matrix : matrices) {
      if (!matrix->bytes.valid()) return Error(ErrorCode::kEnvironment, "no memory for packed weights");
    }
    packed_.emplace(std::pair(value, form), matrices);
    return matrices;
  }

 private:
  std::mutex lock_;
  std::map<std::pair<uint32_t, uint64_t>, Matrices> packed_;
};

}  // namespace wf
