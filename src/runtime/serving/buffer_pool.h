// Buffers that come back: memory for the inputs of batches, reused once nobody holds it any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wf {

// Any number of threads. Buffers may outlive the pool.
class BufferPool {
 public:
  // Keeps up to so many buffers that nobody uses.
  explicit BufferPool(size_t most_idle);

  // `bytes` of unspecified content, aligned to kAlignment; null if there is no memory. With its last holder
  // gone the buffer is kept for the next one of its size.
  std::shared_ptr<std::byte> take(int64_t bytes);

  uint64_t allocations() const;  // ever
  size_t idle() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace wf
