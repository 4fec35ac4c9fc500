// Memory aligned for any vector unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace wf {

// A cache line, and the widest vector register.
inline constexpr size_t kAlignment = 64;

inline int64_t aligned_size(int64_t bytes) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (bytes + kStep - 1) / kStep * kStep;
}

// Empty, or `size` bytes of unspecified content. A failed allocation leaves it empty: ask valid().
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(int64_t size)
      : bytes_(static_cast<std::byte*>(
            std::aligned_alloc(kAlignment, static_cast<size_t>(aligned_size(size > 0 ? size : 1))))),
        size_(bytes_ ? size : 0) {}

  // Somebody else's memory, aligned to kAlignment, that `owner` keeps alive; it may be read only (a mapped
  // file).
  static AlignedBuffer borrowed(const std::byte* bytes, int64_t size, std::shared_ptr<const void> owner) {
    AlignedBuffer buffer;
    buffer.bytes_ = {const_cast<std::byte*>(bytes), Free{std::move(owner)}};
    buffer.size_ = size;
    return buffer;
  }

  bool valid() const { return bytes_ != nullptr; }
  int64_t size() const { return size_; }
  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(bytes_.get());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(bytes_.get());
  }

 private:
  struct Free {
    std::shared_ptr<const void> owner;  // null: allocated here
    void operator()(std::byte* bytes) const {
      if (!owner) std::free(bytes);
    }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  int64_t size_ = 0;
};

}  // namespace wf
