#include "runtime/serving/buffer_pool.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"

namespace wf {

struct BufferPool::Core {
  const size_t most_idle;
  std::mutex mutex;
  std::vector<AlignedBuffer> idle;  // the longest unused first; room for most_idle was reserved
  uint64_t allocations = 0;

  explicit Core(size_t most) : most_idle(most) { idle.reserve(most); }

  AlignedBuffer take(int64_t bytes) {
    const std::lock_guard lock(mutex);
    const auto found = std::ranges::find(idle, bytes, &AlignedBuffer::size);
    if (found == idle.end()) {
      ++allocations;
      return AlignedBuffer(bytes);
    }
    AlignedBuffer buffer = std::move(*found);
    idle.erase(found);
    return buffer;
  }

  void give_back(AlignedBuffer buffer) {
    const std::lock_guard lock(mutex);
    if (most_idle == 0) return;
    if (idle.size() == most_idle) idle.erase(idle.begin());
    idle.push_back(std::move(buffer));
  }
};

BufferPool::BufferPool(size_t most_idle) : core_(std::make_shared<Core>(most_idle)) {}

std::shared_ptr<std::byte> BufferPool::take(int64_t bytes) {
  struct Lease {
    std::shared_ptr<Core> core;
    AlignedBuffer buffer;
    Lease(std::shared_ptr<Core> from, AlignedBuffer taken)
        : core(std::move(from)), buffer(std::move(taken)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { core->give_back(std::move(buffer)); }
  };
  AlignedBuffer buffer = core_->take(bytes);
  if (!buffer.valid()) return nullptr;
  auto lease = std::make_shared<Lease>(core_, std::move(buffer));
  std::byte* const data = lease->buffer.data();
  return {std::move(lease), data};
}

uint64_t BufferPool::allocations() const {
  const std::lock_guard lock(core_->mutex);
  return core_->allocations;
}

size_t BufferPool::idle() const {
  const std::lock_guard lock(core_->mutex);
  return core_->idle.size();
}

}  // namespace wf
