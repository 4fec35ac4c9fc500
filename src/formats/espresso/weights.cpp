#include "formats/espresso/weights.h"

#include <fmt/format.h>

#include "base/checked_math.h"
#include "base/endian.h"

namespace wf {
namespace {
constexpr size_t kEntrySize = 16;
}

Result<EspressoWeights> EspressoWeights::from_bytes(Bytes bytes, std::shared_ptr<const void> owner) {
  const auto bad = [](std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); };
  if (bytes.size() < sizeof(uint64_t))
    return bad(fmt::format("{} bytes are no espresso weight file", bytes.size()));
  const auto count = load_little<uint64_t>(bytes, 0);
  const size_t table = sizeof(uint64_t);
  if (count > (bytes.size() - table) / kEntrySize)
    return bad(fmt::format("a table of {} blobs in {} bytes", count, bytes.size()));
  EspressoWeights weights;
  weights.bytes_ = bytes;
  weights.owner_ = std::move(owner);
  size_t offset = table + static_cast<size_t>(count) * kEntrySize;
  for (size_t i = 0; i < count; ++i) {
    const auto id = load_little<uint64_t>(bytes, table + i * kEntrySize);
    const auto size = load_little<uint64_t>(bytes, table + i * kEntrySize + sizeof(uint64_t));
    if (!range_fits(offset, size, bytes.size())) {
      return bad(fmt::format("blob {} of {} bytes at byte {} ends behind the file's {} bytes", id, size,
                             offset, bytes.size()));
    }
    if (!weights.blobs_.emplace(id, Range{offset, static_cast<size_t>(size)}).second)
      return bad(fmt::format("two blobs {}", id));
    offset += static_cast<size_t>(size);
  }
  return weights;
}

Result<Tensor> EspressoWeights::tensor(uint64_t id, DType stored, const Shape& shape) const {
  const auto found = blobs_.find(id);
  if (found == blobs_.end())
    return Error(ErrorCode::kBadModel, fmt::format("the weight file has no blob {}", id));
  WF_TRY(const int64_t count, element_count(shape));
  WF_TRY(const int64_t size, packed_byte_size(stored, count));
  if (static_cast<uint64_t>(size) > found->second.size) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("blob {} has {} bytes, {} {} needs {}", id, found->second.size, name_of(stored),
                             to_string(shape), size));
  }
  return Tensor::view(stored, shape, bytes_.subspan(found->second.offset, static_cast<size_t>(size)), owner_);
}

}  // namespace wf
