// A dense, row-major tensor whose bytes may be its own, or lie in a mapped file.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace wf {

// Bytes all tensors of the process hold at the moment, the most they ever held, and what they may hold.
// Mapped weights do not count: the system can drop their pages.
struct TensorMemory {
  static int64_t live();
  static int64_t peak();
  static void reset_peak();
  static int64_t limit();  // default: 90 % of this machine's memory, or WINDFALL_MEMORY_LIMIT bytes
  static void set_limit(int64_t bytes);
};

// Copying a Tensor shares its bytes. A tensor is filled by whoever made it and never changed afterwards, so
// that sharing is always safe; mutable_bytes() is for that first filling only.
class Tensor {
 public:
  Tensor() = default;

  // Zero-filled (empty strings for kString). Fails when the shape is absurd or the memory limit would be
  // passed.
  static Result<Tensor> allocate(DType dtype, Shape shape);
  // Borrowed bytes, kept alive by `owner`. Sub-byte elements are packed LSB first. Bytes need not be aligned.
  static Result<Tensor> view(DType dtype, Shape shape, Bytes bytes, std::shared_ptr<const void> owner);
  static Result<Tensor> of_strings(Shape shape, std::vector<std::string> strings);
  // Rounds each value to dtype. values.size() must be the shape's element count.
  static Result<Tensor> of_doubles(DType dtype, Shape shape, std::span<const double> values);
  static Result<Tensor> of_ints(DType dtype, Shape shape, std::span<const int64_t> values);
  static Result<Tensor> scalar(DType dtype, double value) {
    return of_doubles(dtype, {}, std::span(&value, 1));
  }

  bool valid() const { return valid_; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t rank() const { return static_cast<int64_t>(shape_.size()); }
  int64_t size() const { return size_; }  // elements
  int64_t byte_size() const { return static_cast<int64_t>(bytes_.size()); }

  Bytes bytes() const { return bytes_; }
  std::span<std::byte> mutable_bytes();  // only for tensors made by allocate()
  const std::vector<std::string>& strings() const { return *strings_; }
  std::vector<std::string>& mutable_strings() { return *strings_; }

  // The same bytes under another shape with as many elements.
  Result<Tensor> reshaped(Shape shape) const;

  // Element i as a T, from possibly unaligned bytes. T must have the dtype's width.
  template <class T>
  T load(int64_t i) const {
    T value;
    std::memcpy(&value, bytes_.data() + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
  template <class T>
  void store(int64_t i, T value) {
    std::memcpy(const_cast<std::byte*>(bytes_.data()) + static_cast<size_t>(i) * sizeof(T), &value,
                sizeof(T));
  }

 private:
  bool valid_ = false;
  bool writable_ = false;
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  int64_t size_ = 0;
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<std::vector<std::string>> strings_;
};

// Bytes that `count` elements of dtype take when packed densely.
Result<int64_t> packed_byte_size(DType dtype, int64_t count);

// Elements [first, first + out.size()) as doubles: exact for every dtype but 64-bit integers beyond 2^53.
// Bool is 0 or 1.
void read_doubles(const Tensor& tensor, int64_t first, std::span<double> out);
std::vector<double> read_doubles(const Tensor& tensor);
double read_double(const Tensor& tensor, int64_t index);
// The other way, one rounding to nearest even; to integers: truncated toward zero, saturated, NaN to 0; to
// bool: != 0.
void write_doubles(Tensor& tensor, int64_t first, std::span<const double> values);

// Integers and bools exactly; floating elements truncated.
void read_ints(const Tensor& tensor, int64_t first, std::span<int64_t> out);
std::vector<int64_t> read_ints(const Tensor& tensor);
int64_t read_int(const Tensor& tensor, int64_t index);
// To integers: wrapped modulo 2^bits, as integer arithmetic does.
void write_ints(Tensor& tensor, int64_t first, std::span<const int64_t> values);

// A copy with another dtype (the same tensor if it is equal already).
Result<Tensor> converted(const Tensor& tensor, DType dtype);

// Same dtype, shape and bits (strings: equal).
bool same_bits(const Tensor& a, const Tensor& b);

}  // namespace wf
