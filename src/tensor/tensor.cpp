#include "tensor/tensor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "base/checked_math.h"

namespace wf {
namespace {

std::atomic<int64_t> g_live{0};
std::atomic<int64_t> g_peak{0};

int64_t default_limit() {
  if (const char* text = std::getenv("WINDFALL_MEMORY_LIMIT")) {
    const long long bytes = std::atoll(text);
    if (bytes > 0) return bytes;
  }
  const int64_t pages = ::sysconf(_SC_PHYS_PAGES);
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? pages * page / 10 * 9 : int64_t{1} << 34;
}
std::atomic<int64_t>& limit_cell() {
  static std::atomic<int64_t> cell{default_limit()};
  return cell;
}

struct Free {
  void operator()(std::byte* data) const { std::free(data); }
};
struct Block {
  std::unique_ptr<std::byte, Free> data;
  int64_t size;
  Block(std::unique_ptr<std::byte, Free> d, int64_t s) : data(std::move(d)), size(s) {}
  ~Block() { g_live -= size; }
};

Result<std::shared_ptr<Block>> allocate_block(int64_t size) {
  const int64_t live = g_live += size;
  const auto refuse = [&](std::string message) {
    g_live -= size;
    return Error(ErrorCode::kEnvironment, std::move(message), {},
                 "raise WINDFALL_MEMORY_LIMIT if the model really needs it");
  };
  if (live > TensorMemory::limit()) {
    return refuse(fmt::format("a tensor of {} bytes would pass the memory limit of {} bytes", size,
                              TensorMemory::limit()));
  }
  std::unique_ptr<std::byte, Free> data(
      static_cast<std::byte*>(std::calloc(std::max<size_t>(static_cast<size_t>(size), 1), 1)));
  if (!data) return refuse(fmt::format("no memory for a tensor of {} bytes", size));
  int64_t peak = g_peak.load();
  while (live > peak && !g_peak.compare_exchange_weak(peak, live)) {
  }
  return std::make_shared<Block>(std::move(data), size);
}

}  // namespace

int64_t TensorMemory::live() { return g_live; }
int64_t TensorMemory::peak() { return g_peak; }
void TensorMemory::reset_peak() { g_peak = g_live.load(); }
int64_t TensorMemory::limit() { return limit_cell(); }
void TensorMemory::set_limit(int64_t bytes) { limit_cell() = bytes; }

Result<int64_t> packed_byte_size(DType dtype, int64_t count) {
  const auto bits = checked_mul<int64_t>(count, bit_width(dtype));
  if (!bits || *bits > INT64_MAX - 7)
    return Error(ErrorCode::kBadModel, fmt::format("{} elements do not fit in memory", count));
  return (*bits + 7) / 8;
}

Result<Tensor> Tensor::allocate(DType dtype, Shape shape) {
  WF_TRY(const int64_t count, element_count(shape));
  Tensor tensor;
  tensor.valid_ = true;
  tensor.writable_ = true;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.size_ = count;
  if (dtype == DType::kString) {
    WF_REQUIRE(count <= (1 << 26), kBadModel, fmt::format("{} strings in one tensor", count));
    tensor.strings_ = std::make_shared<std::vector<std::string>>(static_cast<size_t>(count));
    return tensor;
  }
  WF_TRY(const int64_t size, packed_byte_size(dtype, count));
  WF_TRY(auto block, allocate_block(size));
  tensor.bytes_ = {block->data.get(), static_cast<size_t>(size)};
  tensor.owner_ = std::move(block);
  return tensor;
}

Result<Tensor> Tensor::view(DType dtype, Shape shape, Bytes bytes, std::shared_ptr<const void> owner) {
  WF_REQUIRE(dtype != DType::kString, kInternal, "strings cannot be viewed as bytes");
  WF_TRY(const int64_t count, element_count(shape));
  WF_TRY(const int64_t size, packed_byte_size(dtype, count));
  if (static_cast<uint64_t>(size) != bytes.size()) {
    return Error(ErrorCode::kBadModel, fmt::format("{} of shape {} needs {} bytes, found {}", name_of(dtype),
                                                   to_string(shape), size, bytes.size()));
  }
  Tensor tensor;
  tensor.valid_ = true;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.size_ = count;
  tensor.bytes_ = bytes;
  tensor.owner_ = std::move(owner);
  return tensor;
}

Result<Tensor> Tensor::of_strings(Shape shape, std::vector<std::string> strings) {
  WF_TRY(const int64_t count, element_count(shape));
  if (static_cast<uint64_t>(count) != strings.size()) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("shape {} holds {} strings, found {}", to_string(shape), count, strings.size()));
  }
  Tensor tensor;
  tensor.valid_ = true;
  tensor.writable_ = true;
  tensor.dtype_ = DType::kString;
  tensor.shape_ = std::move(shape);
  tensor.size_ = count;
  tensor.strings_ = std::make_shared<std::vector<std::string>>(std::move(strings));
  return tensor;
}

Result<Tensor> Tensor::of_doubles(DType dtype, Shape shape, std::span<const double> values) {
  WF_TRY(Tensor tensor, allocate(dtype, std::move(shape)));
  if (static_cast<uint64_t>(tensor.size()) != values.size()) {
    return Error(ErrorCode::kBadModel, fmt::format("shape {} holds {} values, found {}",
                                                   to_string(tensor.shape()), tensor.size(), values.size()));
  }
  write_doubles(tensor, 0, values);
  return tensor;
}

Result<Tensor> Tensor::of_ints(DType dtype, Shape shape, std::span<const int64_t> values) {
  WF_TRY(Tensor tensor, allocate(dtype, std::move(shape)));
  if (static_cast<uint64_t>(tensor.size()) != values.size()) {
    return Error(ErrorCode::kBadModel, fmt::format("shape {} holds {} values, found {}",
                                                   to_string(tensor.shape()), tensor.size(), values.size()));
  }
  write_ints(tensor, 0, values);
  return tensor;
}

std::span<std::byte> Tensor::mutable_bytes() {
  assert(writable_ && "only a tensor made by allocate() may be filled");
  return {const_cast<std::byte*>(bytes_.data()), bytes_.size()};
}

Result<Tensor> Tensor::reshaped(Shape shape) const {
  WF_TRY(const int64_t count, element_count(shape));
  if (count != size_) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("cannot reshape {} to {}: {} elements against {}",
                                                          to_string(shape_), to_string(shape), size_, count));
  }
  Tensor other = *this;
  other.shape_ = std::move(shape);
  return other;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.valid() != b.valid()) return false;
  if (!a.valid()) return true;
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kString) return a.strings() == b.strings();
  return std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace wf
