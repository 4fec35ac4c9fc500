#include "tensor/npy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked_math.h"
#include "base/endian.h"
#include "base/utf8.h"
#include "tensor/npy_header.h"

namespace wf {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};

Error damaged(std::string message) { return {ErrorCode::kBadModel, "npy: " + std::move(message)}; }

// Calls visit(source element) for each element in row-major order, of an array stored first index fastest.
// The array must have elements: the sizes around a 0 need not multiply without overflow.
template <class F>
void for_each_fortran(const Shape& shape, F&& visit) {
  Shape strides(shape.size());
  int64_t count = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    strides[d] = count;
    count *= shape[d];
  }
  Shape index(shape.size(), 0);
  int64_t source = 0;
  for (int64_t i = 0; i < count; ++i) {
    visit(source);
    for (size_t d = shape.size(); d-- > 0;) {
      source += strides[d];
      if (++index[d] < shape[d]) break;
      source -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
}

Result<std::string> text_item(Bytes item, const NpyHeader& header) {
  std::string text;
  if (!header.utf32) {
    text = as_text(item);
    text.resize(text.find_last_not_of('\0') + 1);  // npos + 1 is 0
    if (!decode_utf8(text)) return damaged("a byte string that is not UTF-8");
    return text;
  }
  size_t units = item.size() / 4;
  while (units > 0 && load_little<uint32_t>(item, (units - 1) * 4) == 0) --units;
  for (size_t i = 0; i < units; ++i) {
    const auto code_point = load_as<uint32_t>(item, i * 4, header.order);
    if (!is_code_point(code_point)) return damaged(fmt::format("U+{:X} is not a character", code_point));
    append_utf8(text, code_point);
  }
  return text;
}

Result<Tensor> read_strings(const NpyHeader& header, Bytes data, int64_t count) {
  std::vector<std::string> strings;
  strings.reserve(static_cast<size_t>(count));
  Status status;
  const auto take = [&](int64_t source) {
    if (!status) return;
    auto text =
        text_item(data.subspan(static_cast<size_t>(source) * header.item_size, header.item_size), header);
    if (text) {
      strings.push_back(*std::move(text));
    } else {
      status = text.error();
    }
  };
  if (header.fortran_order && count > 0) {
    for_each_fortran(header.shape, take);
  } else {
    for (int64_t i = 0; i < count && status; ++i) take(i);
  }
  WF_CHECK(std::move(status));
  return Tensor::of_strings(header.shape, std::move(strings));
}

Result<Tensor> read_numbers(const NpyHeader& header, Bytes data) {
  WF_TRY(Tensor tensor, Tensor::allocate(header.dtype, header.shape));
  const auto out = tensor.mutable_bytes();
  const size_t size = header.item_size;
  if (header.fortran_order && tensor.rank() > 1 && tensor.size() > 0) {
    size_t at = 0;
    for_each_fortran(header.shape, [&](int64_t source) {
      std::copy_n(data.data() + static_cast<size_t>(source) * size, size, out.data() + at);
      at += size;
    });
  } else {
    std::ranges::copy(data, out.begin());
  }
  if (header.order != std::endian::native && size > 1) {
    for (size_t at = 0; at < out.size(); at += size) std::ranges::reverse(out.subspan(at, size));
  }
  if (header.dtype == DType::kBool) {
    for (std::byte& each : out) each = static_cast<std::byte>(each != std::byte{0});
  }
  return tensor;
}

// The dtype that an array file stores a tensor as: its own, or the next wider one that NumPy has.
DType storable(DType dtype) {
  switch (dtype) {
    case DType::kBFloat16:
      return DType::kFloat32;
    case DType::kFloat8E4M3FN:
    case DType::kFloat8E5M2:
      return DType::kFloat16;
    default:
      return whole_byte_dtype(dtype);
  }
}

std::string header_bytes(std::string_view descr, const Shape& shape) {
  std::string sizes;
  for (const int64_t size : shape) sizes += fmt::format("{}, ", size);
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  if (shape.size() == 1) sizes.resize(sizes.size() - 1);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, sizes);
  const bool is_long = text.size() > 60000;
  const size_t lead = kMagic.size() + 2 + (is_long ? 4 : 2);
  text.append(63 - (lead + text.size()) % 64, ' ');  // the data begins at a multiple of 64
  text += '\n';
  std::string out(kMagic);
  out += is_long ? '\2' : '\1';
  out += '\0';
  if (is_long) {
    append_little(out, static_cast<uint32_t>(text.size()));
  } else {
    append_little(out, static_cast<uint16_t>(text.size()));
  }
  return out + text;
}

std::string format_strings(const Tensor& tensor) {
  std::vector<std::u32string> items;
  size_t width = 1;
  for (const std::string& text : tensor.strings()) {
    items.push_back(decode_utf8(text).value_or(U"\uFFFD"));
    width = std::max(width, items.back().size());
  }
  std::string out = header_bytes(fmt::format("<U{}", width), tensor.shape());
  for (std::u32string& item : items) {
    item.resize(width, U'\0');
    for (const char32_t c : item) append_little(out, static_cast<uint32_t>(c));
  }
  return out;
}

}  // namespace

Result<Tensor> parse_npy(Bytes bytes) {
  if (bytes.size() < 10 || !as_text(bytes).starts_with(kMagic)) {
    return damaged("expected the bytes \\x93NUMPY at the start");
  }
  const auto version = static_cast<int>(bytes[6]);
  if (version < 1 || version > 3) return damaged(fmt::format("version {} is not 1, 2 or 3", version));
  const size_t lead = version == 1 ? 10 : 12;
  if (bytes.size() < lead) return damaged("ends in the header");
  const size_t length = version == 1 ? load_little<uint16_t>(bytes, 8) : load_little<uint32_t>(bytes, 8);
  if (!range_fits(lead, length, bytes.size())) {
    return damaged(fmt::format("a header of {} bytes in a file of {}", length, bytes.size()));
  }
  WF_TRY(const NpyHeader header, parse_npy_header(as_text(bytes).substr(lead, length)));
  WF_TRY(const int64_t count, element_count(header.shape));
  const Bytes data = bytes.subspan(lead + length);
  const auto needed = checked_mul(static_cast<uint64_t>(count), static_cast<uint64_t>(header.item_size));
  if (!needed || *needed != data.size()) {
    return damaged(fmt::format("shape {} of {}-byte elements needs {} bytes, found {}",
                               to_string(header.shape), header.item_size,
                               needed ? std::to_string(*needed) : "too many", data.size()));
  }
  return header.dtype == DType::kString ? read_strings(header, data, count) : read_numbers(header, data);
}

Result<Tensor> read_npy(const std::filesystem::path& path) {
  WF_TRY(const auto file, MappedFile::open(path));
  auto tensor = parse_npy(file->bytes());
  if (!tensor) return std::move(tensor).error().in_file(path.string());
  return tensor;
}

Result<std::string> format_npy(const Tensor& tensor) {
  WF_REQUIRE(tensor.valid(), kInternal, "an empty tensor has no npy form");
  if (tensor.dtype() == DType::kString) return format_strings(tensor);
  WF_TRY(const Tensor stored, converted(tensor, storable(tensor.dtype())));
  std::string out = header_bytes(npy_descr(stored.dtype()), stored.shape());
  out += as_text(stored.bytes());
  return out;
}

Status write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  WF_TRY(const std::string bytes, format_npy(tensor));
  return write_file(path, bytes);
}

}  // namespace wf
