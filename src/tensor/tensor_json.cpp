#include "tensor/tensor_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/float16.h"
#include "tensor/json_text.h"

namespace wf {
namespace {

using Json = nlohmann::json;
constexpr int kMaxRank = 32;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }

// The number a leaf stands for, if it stands for one.
std::optional<double> number_of(const Json& leaf) {
  if (leaf.is_number()) return leaf.get<double>();
  if (!leaf.is_string()) return std::nullopt;
  const auto& word = leaf.get_ref<const std::string&>();
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity") return kInfinity;
  if (word == "-Infinity") return -kInfinity;
  return std::nullopt;
}

// The shape, from the first element of each level, then every leaf in order.
class Reader {
 public:
  Status read(const Json& value) {
    for (const Json* level = &value; level->is_array(); level = &(*level)[0]) {
      if (shape.size() == kMaxRank) return bad(fmt::format("more than {} dimensions", kMaxRank));
      shape.push_back(static_cast<int64_t>(level->size()));
      if (level->empty()) break;
    }
    return visit(value, 0);
  }
  Shape shape;
  std::vector<const Json*> leaves;

 private:
  Status visit(const Json& value, size_t depth) {
    if (depth == shape.size()) {
      if (value.is_array() || value.is_object() || value.is_null()) {
        return bad(
            fmt::format("expected a number, bool or text at depth {}, found {}", depth, value.type_name()));
      }
      leaves.push_back(&value);
      return {};
    }
    if (!value.is_array() || static_cast<int64_t>(value.size()) != shape[depth]) {
      return bad(fmt::format("ragged array: expected {} elements at depth {}, found {}", shape[depth], depth,
                             value.is_array() ? std::to_string(value.size()) : value.type_name()));
    }
    for (const Json& item : value) WF_CHECK(visit(item, depth + 1));
    return {};
  }
};

template <class F>
bool all(const std::vector<const Json*>& leaves, F&& test) {
  return std::ranges::all_of(leaves, [&](const Json* leaf) { return test(*leaf); });
}

template <class T>
Result<Tensor> whole_numbers(DType dtype, const Reader& reader) {
  WF_TRY(Tensor tensor, Tensor::allocate(dtype, reader.shape));
  int64_t at = 0;
  for (const Json* leaf : reader.leaves) tensor.store(at++, leaf->get<T>());
  return tensor;
}

// The shortest decimal that reads back as the same float.
double shortest(float value) {
  char buffer[64];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  double out = value;
  if (code == std::errc()) std::from_chars(buffer, end, out);
  return out;
}

Json float_to_json(double value, bool single) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return single ? shortest(static_cast<float>(value)) : value;
}

Json leaf_to_json(const Tensor& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DType::kString:
      return tensor.strings()[static_cast<size_t>(i)];
    case DType::kBool:
      return read_int(tensor, i) != 0;
    case DType::kUInt64:
      return tensor.load<uint64_t>(i);
    case DType::kFloat64:
      return float_to_json(read_double(tensor, i), false);
    default:
      return is_floating(tensor.dtype()) ? float_to_json(read_double(tensor, i), true)
                                         : Json(read_int(tensor, i));
  }
}

Json level_to_json(const Tensor& tensor, size_t depth, int64_t& next) {
  if (depth == tensor.shape().size()) return leaf_to_json(tensor, next++);
  Json list = Json::array();
  for (int64_t i = 0; i < tensor.shape()[depth]; ++i) list.push_back(level_to_json(tensor, depth + 1, next));
  return list;
}

}  // namespace

Result<Tensor> tensor_from_json(const Json& value) {
  Reader reader;
  WF_CHECK(reader.read(value));
  const auto& leaves = reader.leaves;
  if (all(leaves, [](const Json& leaf) { return leaf.is_boolean(); }) && !leaves.empty()) {
    return whole_numbers<bool>(DType::kBool, reader);
  }
  if (all(leaves, [](const Json& leaf) { return leaf.is_number_integer(); })) {
    const bool large = !all(leaves, [](const Json& leaf) {
      return !leaf.is_number_unsigned() || leaf.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX);
    });
    if (!large) return whole_numbers<int64_t>(DType::kInt64, reader);
    if (all(leaves, [](const Json& leaf) { return leaf.is_number_unsigned(); })) {
      return whole_numbers<uint64_t>(DType::kUInt64, reader);
    }
  }
  if (all(leaves, [](const Json& leaf) { return number_of(leaf).has_value(); })) {
    std::vector<double> numbers;
    for (const Json* leaf : leaves) numbers.push_back(*number_of(*leaf));
    return Tensor::of_doubles(DType::kFloat64, reader.shape, numbers);
  }
  if (all(leaves, [](const Json& leaf) { return leaf.is_string(); })) {
    std::vector<std::string> strings;
    for (const Json* leaf : leaves) strings.push_back(leaf->get<std::string>());
    return Tensor::of_strings(reader.shape, std::move(strings));
  }
  return bad("an array mixes numbers, bools and text");
}

Json tensor_to_json(const Tensor& tensor) {
  int64_t next = 0;
  return level_to_json(tensor, 0, next);
}

Result<NamedTensors> parse_tensors_json(Bytes bytes) {
  WF_TRY(const JsonDocument document, parse_json(as_text(bytes), kMaxRank + 1));
  const Json& value = *document;
  if (!value.is_object()) return bad(R"(expected an object of named tensors, {"name": [[1, 2], [3, 4]]})");
  NamedTensors tensors;
  for (const auto& [name, item] : value.items()) {
    auto tensor = tensor_from_json(item);
    if (!tensor) return std::move(tensor).error().at(fmt::format("'{}'", name));
    tensors.emplace_back(name, *std::move(tensor));
  }
  return tensors;
}

Result<NamedTensors> read_tensors_json(const std::filesystem::path& path) {
  WF_TRY(const std::string text, read_text_file(path));
  auto tensors = parse_tensors_json(as_bytes(text));
  if (!tensors) return std::move(tensors).error().in_file(path.string());
  return tensors;
}

}  // namespace wf
