// Handles that callers hold instead of addresses: a slot's number and how often the slot was used before. A
// freed handle, a foreign pointer and NULL are looked up, not followed, so they are refused.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace wf::api {

static_assert(sizeof(void*) == 8, "handles take 64 bits");

// What a handle stands for; part of its value.
enum class HandleKind : uint64_t {
  kBridgeModel = 1,
  kError,
  kModel,
  kOptions,
  kTensor,
  kState,
  kRequest,
  kPredictor,
  kLayerCall
};

template <class T>
class HandleTable {
 public:
  explicit HandleTable(HandleKind kind) : tag_(kMark | static_cast<uint64_t>(kind) << kKindShift) {}

  // Throws std::bad_alloc; then nothing has changed.
  void* add(std::shared_ptr<T> object) {
    const std::unique_lock lock(mutex_);
    if (first_free_ == kNone) {
      if (slots_.size() > kIndexMask) throw std::bad_alloc();
      slots_.emplace_back();
      first_free_ = slots_.size() - 1;
    }
    const uint64_t index = first_free_;
    Slot& slot = slots_[index];
    first_free_ = slot.next_free;
    slot.object = std::move(object);
    return reinterpret_cast<void*>(tag_ | slot.generation << kGenerationShift | index);
  }

  // Null for everything but a handle of this table that was not removed.
  std::shared_ptr<T> find(const void* handle) const {
    const std::shared_lock lock(mutex_);
    const Slot* slot = slot_of(handle);
    return slot ? slot->object : nullptr;
  }

  // As find(); the handle is no more. The object lives on while a call still uses it.
  std::shared_ptr<T> remove(const void* handle) {
    const std::unique_lock lock(mutex_);
    auto* slot = const_cast<Slot*>(slot_of(handle));
    if (!slot) return nullptr;
    std::shared_ptr<T> object = std::move(slot->object);
    slot->object = nullptr;
    if (++slot->generation <= kGenerationMask) {  // a slot whose numbers are used up is retired
      slot->next_free = first_free_;
      first_free_ = static_cast<uint64_t>(slot - slots_.data());
    }
    return object;
  }

 private:
  // The upper byte lies outside of what processors accept as an address: no pointer looks like a handle.
  static constexpr uint64_t kMark = uint64_t{0x57} << 56;
  static constexpr int kKindShift = 52, kGenerationShift = 24;
  static constexpr uint64_t kIndexMask = (uint64_t{1} << 24) - 1, kGenerationMask = (uint64_t{1} << 28) - 1;
  static constexpr uint64_t kNone = ~uint64_t{0};

  struct Slot {
    std::shared_ptr<T> object;
    uint64_t generation = 0;
    uint64_t next_free = kNone;
  };

  const Slot* slot_of(const void* handle) const {
    const auto value = reinterpret_cast<uint64_t>(handle);
    if ((value & ~((uint64_t{1} << kKindShift) - 1)) != tag_) return nullptr;
    const uint64_t index = value & kIndexMask;
    if (index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    const bool current = slot.generation == (value >> kGenerationShift & kGenerationMask);
    return current && slot.object ? &slot : nullptr;
  }

  uint64_t tag_;
  mutable std::shared_mutex mutex_;
  std::vector<Slot> slots_;
  uint64_t first_free_ = kNone;
};

}  // namespace wf::api
