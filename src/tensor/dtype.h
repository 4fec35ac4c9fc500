// Element types: every one a Core ML file can name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wf {

enum class DType : uint8_t {
  kBool,
  kString,
  kFloat16,
  kFloat32,
  kFloat64,
  kBFloat16,
  kFloat8E4M3FN,
  kFloat8E5M2,
  kInt4,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt1,
  kUInt2,
  kUInt3,
  kUInt4,
  kUInt6,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
};
inline constexpr int kDTypeCount = 22;

// "fp32", "int8", "uint4", "bool", "string": the names of MIL text.
std::string_view name_of(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);

// Bits one element takes when stored densely; 0 for strings.
int bit_width(DType dtype);
inline bool is_sub_byte(DType dtype) { return bit_width(dtype) % 8 != 0; }
bool is_floating(DType dtype);
bool is_signed_integer(DType dtype);
bool is_unsigned_integer(DType dtype);
inline bool is_integer(DType dtype) { return is_signed_integer(dtype) || is_unsigned_integer(dtype); }

// int8 or uint8 for integers of fewer than 8 bits, which files of arrays do not know; every other dtype
// itself.
DType whole_byte_dtype(DType dtype);

// A set of dtypes, for an operation's rules.
class DTypeSet {
 public:
  constexpr DTypeSet() = default;
  template <class... D>
  constexpr explicit DTypeSet(D... dtypes) : bits_(((1u << static_cast<int>(dtypes)) | ... | 0u)) {}
  constexpr bool contains(DType dtype) const { return bits_ >> static_cast<int>(dtype) & 1u; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr DTypeSet operator|(DTypeSet other) const {
    DTypeSet both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  constexpr bool operator==(const DTypeSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

}  // namespace wf
