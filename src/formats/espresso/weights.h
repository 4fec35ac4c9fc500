// model.espresso.weights: u64 count, a table of (u64 id, u64 size) and the blobs, one after the other in the
// table's order. Even ids are padding, so that the others begin at multiples of 64 bytes. All little-endian.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "tensor/tensor.h"

namespace wf {

class EspressoWeights {
 public:
  // Checks the table; `owner` keeps the bytes alive, as long as a tensor lives.
  static Result<EspressoWeights> from_bytes(Bytes bytes, std::shared_ptr<const void> owner);

  uint64_t byte_size() const { return bytes_.size(); }
  // Blob `id` as a view of `shape`. Blobs may be longer than their tensor: biases are stored with zeros
  // behind them.
  Result<Tensor> tensor(uint64_t id, DType stored, const Shape& shape) const;

 private:
  struct Range {
    size_t offset = 0, size = 0;
  };
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
  std::map<uint64_t, Range> blobs_;
};

}  // namespace wf
