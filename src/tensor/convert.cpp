// Elements to and from double and int64.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/float16.h"
#include "tensor/tensor.h"

namespace wf {
namespace {

uint32_t load_bits(Bytes bytes, int64_t index, int width) {  // LSB first, elements may straddle bytes
  const uint64_t bit = static_cast<uint64_t>(index) * static_cast<uint64_t>(width);
  const size_t byte = bit / 8;
  uint32_t window = static_cast<uint32_t>(bytes[byte]);
  if (byte + 1 < bytes.size()) window |= static_cast<uint32_t>(bytes[byte + 1]) << 8;
  return (window >> (bit % 8)) & ((1u << width) - 1);
}

void store_bits(std::span<std::byte> bytes, int64_t index, int width, uint32_t value) {
  for (int b = 0; b < width; ++b) {
    const uint64_t bit =
        static_cast<uint64_t>(index) * static_cast<uint64_t>(width) + static_cast<uint64_t>(b);
    const auto mask = static_cast<std::byte>(1u << (bit % 8));
    if (value >> b & 1)
      bytes[bit / 8] |= mask;
    else
      bytes[bit / 8] &= ~mask;
  }
}

int64_t sign_extend(uint32_t value, int width) {
  const uint32_t sign = 1u << (width - 1);
  return static_cast<int64_t>(value ^ sign) - static_cast<int64_t>(sign);
}

int64_t load_sub_byte(const Tensor& tensor, int64_t index) {
  const int width = bit_width(tensor.dtype());
  const uint32_t raw = load_bits(tensor.bytes(), index, width);
  return tensor.dtype() == DType::kInt4 ? sign_extend(raw, width) : static_cast<int64_t>(raw);
}

template <class T>
T saturate(double value) {
  if (std::isnan(value)) return 0;
  // Both bounds are exact powers of two (or 0), so comparing in double is exact.
  constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
  const double beyond = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (value <= low) return std::numeric_limits<T>::min();
  if (value >= beyond) return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

double saturate_bits(double value, int width, bool is_signed) {
  if (std::isnan(value)) return 0;
  const double low = is_signed ? -std::ldexp(1.0, width - 1) : 0;
  const double high = std::ldexp(1.0, is_signed ? width - 1 : width) - 1;
  return std::trunc(std::clamp(value, low, high));
}

// Calls f with a tag value of the C++ type that stores the dtype (whole-byte integer and IEEE types only).
template <class F>
void with_native(DType dtype, F f) {
  switch (dtype) {
    case DType::kFloat32:
      return f(float{});
    case DType::kFloat64:
      return f(double{});
    case DType::kInt8:
      return f(int8_t{});
    case DType::kInt16:
      return f(int16_t{});
    case DType::kInt32:
      return f(int32_t{});
    case DType::kInt64:
      return f(int64_t{});
    case DType::kUInt8:
      return f(uint8_t{});
    case DType::kUInt16:
      return f(uint16_t{});
    case DType::kUInt32:
      return f(uint32_t{});
    case DType::kUInt64:
      return f(uint64_t{});
    default:
      assert(false && "not a native dtype");
  }
}

}  // namespace

void read_doubles(const Tensor& tensor, int64_t first, std::span<double> out) {
  assert(first >= 0 && first + static_cast<int64_t>(out.size()) <= tensor.size());
  const auto each = [&](auto load) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = load(first + static_cast<int64_t>(i));
  };
  switch (tensor.dtype()) {
    case DType::kString:
      std::ranges::fill(out, std::numeric_limits<double>::quiet_NaN());
      return;
    case DType::kBool:
      return each([&](int64_t i) { return tensor.load<uint8_t>(i) != 0 ? 1.0 : 0.0; });
    case DType::kFloat16:
      return each([&](int64_t i) { return half_to_double(tensor.load<uint16_t>(i)); });
    case DType::kBFloat16:
      return each([&](int64_t i) -> double { return bfloat16_to_float(tensor.load<uint16_t>(i)); });
    case DType::kFloat8E4M3FN:
      return each([&](int64_t i) { return float8_e4m3fn_to_double(tensor.load<uint8_t>(i)); });
    case DType::kFloat8E5M2:
      return each([&](int64_t i) { return float8_e5m2_to_double(tensor.load<uint8_t>(i)); });
    case DType::kInt4:
    case DType::kUInt1:
    case DType::kUInt2:
    case DType::kUInt3:
    case DType::kUInt4:
    case DType::kUInt6:
      return each([&](int64_t i) { return static_cast<double>(load_sub_byte(tensor, i)); });
    default:
      with_native(tensor.dtype(), [&](auto tag) {
        each([&](int64_t i) { return static_cast<double>(tensor.load<decltype(tag)>(i)); });
      });
  }
}

std::vector<double> read_doubles(const Tensor& tensor) {
  std::vector<double> out(static_cast<size_t>(tensor.size()));
  read_doubles(tensor, 0, out);
  return out;
}

double read_double(const Tensor& tensor, int64_t index) {
  double value;
  read_doubles(tensor, index, std::span(&value, 1));
  return value;
}

void write_doubles(Tensor& tensor, int64_t first, std::span<const double> values) {
  assert(first >= 0 && first + static_cast<int64_t>(values.size()) <= tensor.size());
  const auto each = [&](auto store) {
    for (size_t i = 0; i < values.size(); ++i) store(first + static_cast<int64_t>(i), values[i]);
  };
  switch (tensor.dtype()) {
    case DType::kString:
      assert(false && "numbers into a string tensor");
      return;
    case DType::kBool:
      return each([&](int64_t i, double v) { tensor.store<uint8_t>(i, v != 0); });
    case DType::kFloat16:
      return each([&](int64_t i, double v) { tensor.store(i, double_to_half(v)); });
    case DType::kBFloat16:
      return each([&](int64_t i, double v) { tensor.store(i, double_to_bfloat16(v)); });
    case DType::kFloat8E4M3FN:
      return each([&](int64_t i, double v) { tensor.store(i, double_to_float8_e4m3fn(v)); });
    case DType::kFloat8E5M2:
      return each([&](int64_t i, double v) { tensor.store(i, double_to_float8_e5m2(v)); });
    case DType::kFloat32:
      return each([&](int64_t i, double v) { tensor.store(i, static_cast<float>(v)); });
    case DType::kFloat64:
      return each([&](int64_t i, double v) { tensor.store(i, v); });
    case DType::kInt4:
    case DType::kUInt1:
    case DType::kUInt2:
    case DType::kUInt3:
    case DType::kUInt4:
    case DType::kUInt6: {
      const int width = bit_width(tensor.dtype());
      const bool is_signed = tensor.dtype() == DType::kInt4;
      return each([&](int64_t i, double v) {
        const auto whole = static_cast<int64_t>(saturate_bits(v, width, is_signed));
        store_bits(tensor.mutable_bytes(), i, width, static_cast<uint32_t>(whole));
      });
    }
    default:
      with_native(tensor.dtype(), [&](auto tag) {
        using T = decltype(tag);
        if constexpr (std::is_integral_v<T>)
          each([&](int64_t i, double v) { tensor.store(i, saturate<T>(v)); });
      });
  }
}

void read_ints(const Tensor& tensor, int64_t first, std::span<int64_t> out) {
  assert(first >= 0 && first + static_cast<int64_t>(out.size()) <= tensor.size());
  const auto each = [&](auto load) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = load(first + static_cast<int64_t>(i));
  };
  const DType dtype = tensor.dtype();
  if (!is_integer(dtype)) return each([&](int64_t i) { return read_int(tensor, i); });
  if (is_sub_byte(dtype)) {
    const int width = bit_width(dtype);
    const bool is_signed = dtype == DType::kInt4;
    return each([&, bytes = tensor.bytes()](int64_t i) {
      const uint32_t raw = load_bits(bytes, i, width);
      return is_signed ? sign_extend(raw, width) : static_cast<int64_t>(raw);
    });
  }
  with_native(dtype, [&](auto tag) {
    each([&](int64_t i) { return static_cast<int64_t>(tensor.load<decltype(tag)>(i)); });
  });
}

std::vector<int64_t> read_ints(const Tensor& tensor) {
  std::vector<int64_t> out(static_cast<size_t>(tensor.size()));
  read_ints(tensor, 0, out);
  return out;
}

int64_t read_int(const Tensor& tensor, int64_t index) {
  assert(index >= 0 && index < tensor.size());
  const DType dtype = tensor.dtype();
  if (dtype == DType::kBool) return tensor.load<uint8_t>(index) != 0;
  if (!is_integer(dtype)) return saturate<int64_t>(read_double(tensor, index));
  if (is_sub_byte(dtype)) return load_sub_byte(tensor, index);
  int64_t value = 0;
  with_native(dtype, [&](auto tag) { value = static_cast<int64_t>(tensor.load<decltype(tag)>(index)); });
  return value;
}

void write_ints(Tensor& tensor, int64_t first, std::span<const int64_t> values) {
  assert(first >= 0 && first + static_cast<int64_t>(values.size()) <= tensor.size());
  const DType dtype = tensor.dtype();
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t at = first + static_cast<int64_t>(i);
    if (dtype == DType::kBool) {
      tensor.store<uint8_t>(at, values[i] != 0);
    } else if (!is_integer(dtype)) {
      const auto value = static_cast<double>(values[i]);
      write_doubles(tensor, at, std::span(&value, 1));
    } else if (is_sub_byte(dtype)) {
      store_bits(tensor.mutable_bytes(), at, bit_width(dtype), static_cast<uint32_t>(values[i]));
    } else {
      with_native(dtype, [&](auto tag) { tensor.store(at, static_cast<decltype(tag)>(values[i])); });
    }
  }
}

Result<Tensor> converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  if (tensor.dtype() == DType::kString || dtype == DType::kString) {
    return Error(ErrorCode::kInvalidArgument, "strings do not convert to numbers, nor numbers to strings");
  }
  WF_TRY(Tensor out, Tensor::allocate(dtype, tensor.shape()));
  constexpr int64_t kChunk = 4096;
  double buffer[kChunk];
  int64_t whole[kChunk];
  const bool integral = !is_floating(tensor.dtype()) && !is_floating(dtype);
  for (int64_t at = 0; at < tensor.size(); at += kChunk) {
    const auto count = static_cast<size_t>(std::min(kChunk, tensor.size() - at));
    if (integral) {  // exact for 64 bits too
      for (size_t i = 0; i < count; ++i) whole[i] = read_int(tensor, at + static_cast<int64_t>(i));
      write_ints(out, at, std::span(whole, count));
    } else {
      read_doubles(tensor, at, std::span(buffer, count));
      write_doubles(out, at, std::span<const double>(buffer, count));
    }
  }
  return out;
}

}  // namespace wf
