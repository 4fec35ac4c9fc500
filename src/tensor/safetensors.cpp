#include "tensor/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/checked_math.h"
#include "base/endian.h"
#include "tensor/json_text.h"

namespace wf {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxHeader = uint64_t{16} << 20;  // about 100,000 tensors
constexpr int kMaxDepth = 3;                         // tensors, one tensor, its shape

struct Row {
  DType dtype;
  std::string_view name;
};
constexpr Row kRows[] = {
    {DType::kBool, "BOOL"},     {DType::kUInt8, "U8"},           {DType::kInt8, "I8"},
    {DType::kUInt16, "U16"},    {DType::kInt16, "I16"},          {DType::kFloat16, "F16"},
    {DType::kBFloat16, "BF16"}, {DType::kUInt32, "U32"},         {DType::kInt32, "I32"},
    {DType::kFloat32, "F32"},   {DType::kFloat64, "F64"},        {DType::kInt64, "I64"},
    {DType::kUInt64, "U64"},    {DType::kFloat8E5M2, "F8_E5M2"}, {DType::kFloat8E4M3FN, "F8_E4M3"},
};

Error damaged(std::string message) { return {ErrorCode::kBadModel, "safetensors: " + std::move(message)}; }

struct Entry {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

Result<uint64_t> offset_of(const Json& value) {
  if (!value.is_number_unsigned()) return damaged("an offset that is not a whole number");
  return value.get<uint64_t>();
}

Result<Entry> entry_of(const std::string& name, const Json& value) {
  Entry entry{.name = name, .shape = {}};
  const auto refuse = [&](std::string_view message) {
    return damaged(fmt::format("tensor '{}': {}", name, message));
  };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets")) {
    return refuse("needs dtype, shape and data_offsets");
  }
  const Json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2) {
    return refuse("dtype, shape or data_offsets have the wrong form");
  }
  const auto row = std::ranges::find(kRows, dtype.get_ref<const std::string&>(), &Row::name);
  if (row == std::end(kRows))
    return refuse(fmt::format("dtype {} is not known", dtype.get_ref<const std::string&>()));
  entry.dtype = row->dtype;
  for (const Json& size : shape) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX)
      return refuse("a size that is not a whole number");
    entry.shape.push_back(size.get<int64_t>());
  }
  WF_TRY(entry.begin, offset_of(offsets[0]));
  WF_TRY(entry.end, offset_of(offsets[1]));
  if (entry.begin > entry.end)
    return refuse(fmt::format("data_offsets [{}, {}] run backwards", entry.begin, entry.end));
  return entry;
}

}  // namespace

Result<NamedTensors> parse_safetensors(Bytes bytes, std::shared_ptr<const void> owner) {
  if (bytes.size() < 8) return damaged("shorter than its header's length");
  const auto length = load_little<uint64_t>(bytes, 0);
  if (length > kMaxHeader)
    return damaged(fmt::format("a header of {} bytes; at most {} are read", length, kMaxHeader));
  if (!range_fits(8, length, bytes.size())) {
    return damaged(fmt::format("a header of {} bytes in a file of {}", length, bytes.size()));
  }
  auto parsed = parse_json(as_text(bytes).substr(8, length), kMaxDepth);
  if (!parsed) return std::move(parsed).error().at("safetensors header");
  const JsonDocument& header = *parsed;
  if (!header->is_object()) return damaged("the header is not an object");

  std::vector<Entry> entries;
  for (const auto& [name, value] : header->items()) {
    if (name == "__metadata__") continue;
    WF_TRY(Entry entry, entry_of(name, value));
    entries.push_back(std::move(entry));
  }
  // In the order of the data, empty tensors before the one that begins where they do.
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });

  const Bytes data = bytes.subspan(8 + length);
  NamedTensors tensors;
  uint64_t at = 0;
  for (Entry& entry : entries) {
    if (entry.begin != at) {
      return damaged(fmt::format("tensor '{}' begins at {}, expected {}: tensors overlap or leave a gap",
                                 entry.name, entry.begin, at));
    }
    if (entry.end > data.size()) {
      return damaged(fmt::format("tensor '{}' ends at {} of {} bytes", entry.name, entry.end, data.size()));
    }
    auto tensor = Tensor::view(entry.dtype, std::move(entry.shape),
                               data.subspan(entry.begin, entry.end - entry.begin), owner);
    if (!tensor) return std::move(tensor).error().at(fmt::format("tensor '{}'", entry.name));
    tensors.emplace_back(std::move(entry.name), *std::move(tensor));
    at = entry.end;
  }
  if (at != data.size())
    return damaged(fmt::format("{} bytes of data belong to no tensor", data.size() - at));
  return tensors;
}

Result<NamedTensors> read_safetensors(const std::filesystem::path& path) {
  WF_TRY(const auto file, MappedFile::open(path));
  auto tensors = parse_safetensors(file->bytes(), file);
  if (!tensors) return std::move(tensors).error().in_file(path.string());
  return tensors;
}

Result<std::string> format_safetensors(const NamedTensors& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::vector<Tensor> stored;
  int64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    WF_REQUIRE(tensor.valid() && tensor.dtype() != DType::kString, kUnsupported,
               fmt::format("'{}': safetensors holds numbers only", name), {}, "write .npz or .json");
    WF_REQUIRE(!header.contains(name), kInvalidArgument, fmt::format("two tensors named '{}'", name));
    WF_TRY(Tensor whole, converted(tensor, whole_byte_dtype(tensor.dtype())));
    const auto row = std::ranges::find(kRows, whole.dtype(), &Row::dtype);
    header[name] = {
        {"dtype", row->name}, {"shape", whole.shape()}, {"data_offsets", {at, at + whole.byte_size()}}};
    at += whole.byte_size();
    stored.push_back(std::move(whole));
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // data at a multiple of 8, as the library does
  std::string out;
  append_little(out, static_cast<uint64_t>(text.size()));
  out += text;
  for (const Tensor& tensor : stored) out += as_text(tensor.bytes());
  return out;
}

Status write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  WF_TRY(const std::string bytes, format_safetensors(tensors));
  return write_file(path, bytes);
}

}  // namespace wf
