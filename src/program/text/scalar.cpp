#include "program/text/scalar.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/float16.h"
#include "program/text/cursor.h"

namespace wf::text {
namespace {

uint64_t floating_bits(DType dtype, double value) {
  switch (dtype) {
    case DType::kFloat16:
      return double_to_half(value);
    case DType::kFloat32:
      return std::bit_cast<uint32_t>(static_cast<float>(value));
    case DType::kBFloat16:
      return double_to_bfloat16(value);
    case DType::kFloat8E4M3FN:
      return double_to_float8_e4m3fn(value);
    case DType::kFloat8E5M2:
      return double_to_float8_e5m2(value);
    default:
      return std::bit_cast<uint64_t>(value);
  }
}

// The smallest magnitude that rounds to something larger than the largest finite value.
double overflow_limit(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
      return 65520;
    case DType::kFloat32:
      return 0x1.ffffffp127;
    case DType::kBFloat16:
      return 0x1.ffp127;
    case DType::kFloat8E4M3FN:
      return 464;
    case DType::kFloat8E5M2:
      return 61440;
    default:
      return std::numeric_limits<double>::infinity();
  }
}

Error not_a(DType dtype, std::string_view text) {
  return Error(ErrorCode::kBadModel,
               fmt::format("expected a value of type {}, found '{}'", name_of(dtype), text));
}
Error out_of_range(DType dtype, std::string_view text) {
  return Error(ErrorCode::kBadModel, fmt::format("{} is out of the range of {}", text, name_of(dtype)));
}

Result<uint64_t> floating_from_text(DType dtype, std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  if (digits == "inf" || digits == "infinity") {
    if (dtype == DType::kFloat8E4M3FN) return out_of_range(dtype, text);  // it has no infinity
    value = std::numeric_limits<double>::infinity();
  } else if (digits == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (hex) digits.remove_prefix(2);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                                hex ? std::chars_format::hex : std::chars_format::general);
    if (problem == std::errc::result_out_of_range) return out_of_range(dtype, text);
    if (problem != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
      return not_a(dtype, text);
    if (std::abs(value) >= overflow_limit(dtype)) return out_of_range(dtype, text);
  }
  return floating_bits(dtype, negative ? -value : value);
}

template <class Integer>
Result<uint64_t> integer_from_text(DType dtype, std::string_view text, Integer lowest, Integer highest) {
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  Integer value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem == std::errc::result_out_of_range) return out_of_range(dtype, text);
  if (problem != std::errc() || end != digits.data() + digits.size()) {
    const bool negative_of_unsigned = std::is_unsigned_v<Integer> && text.size() > 1 && text[0] == '-';
    return negative_of_unsigned ? out_of_range(dtype, text) : not_a(dtype, text);
  }
  if (value < lowest || value > highest) return out_of_range(dtype, text);
  const int bits = bit_width(dtype);
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  return static_cast<uint64_t>(value) & mask;
}

uint64_t bits_of(const Tensor& tensor, int64_t index) {
  switch (bit_width(tensor.dtype())) {
    case 8:
      return tensor.load<uint8_t>(index);
    case 16:
      return tensor.load<uint16_t>(index);
    case 32:
      return tensor.load<uint32_t>(index);
    default:
      return tensor.load<uint64_t>(index);
  }
}

void append_floating(std::string& out, const Tensor& tensor, int64_t index) {
  const double value = read_double(tensor, index);
  if (std::isnan(value)) {
    const uint64_t bits = bits_of(tensor, index);
    out += "nan";
    if (bits != floating_bits(tensor.dtype(), std::numeric_limits<double>::quiet_NaN())) {
      fmt::format_to(std::back_inserter(out), "(0x{:x})", bits);
    }
    return;
  }
  if (std::signbit(value)) out += '-';
  if (std::isinf(value)) {
    out += "inf";
    return;
  }
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), std::abs(value), std::chars_format::hex).ptr;
  out += "0x";
  out.append(digits, end);
}

}  // namespace

Result<uint64_t> scalar_bits(DType dtype, std::string_view text) {
  if (dtype == DType::kBool) {
    if (text == "true") return uint64_t{1};
    if (text == "false") return uint64_t{0};
    return not_a(dtype, text);
  }
  if (is_floating(dtype)) return floating_from_text(dtype, text);
  const int bits = bit_width(dtype);
  if (is_signed_integer(dtype)) {
    const int64_t highest = static_cast<int64_t>(~uint64_t{0} >> (65 - bits));
    return integer_from_text<int64_t>(dtype, text, -highest - 1, highest);
  }
  return integer_from_text<uint64_t>(dtype, text, 0, ~uint64_t{0} >> (64 - bits));
}

void append_scalar(std::string& out, const Tensor& tensor, int64_t index) {
  const DType dtype = tensor.dtype();
  if (dtype == DType::kString) {
    append_quoted(out, tensor.strings()[static_cast<size_t>(index)], '"');
  } else if (dtype == DType::kBool) {
    out += read_int(tensor, index) ? "true" : "false";
  } else if (is_floating(dtype)) {
    append_floating(out, tensor, index);
  } else if (dtype == DType::kUInt64) {
    fmt::format_to(std::back_inserter(out), "{}", tensor.load<uint64_t>(index));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", read_int(tensor, index));
  }
}

}  // namespace wf::text
