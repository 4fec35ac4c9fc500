#include "lab/gates/described.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace wf {
namespace {

Shape without_ones(const Shape& shape) {
  Shape rest;
  std::ranges::copy_if(shape, std::back_inserter(rest), [](int64_t size) { return size != 1; });
  return rest;
}

bool in(const SizeRange& range, int64_t size) {
  return size >= range.lower && (range.upper < 0 || size <= range.upper);
}

bool is_allowed(const ArrayFeature& array, const Shape& shape) {
  if (!array.ranges.empty())
    return shape.size() == array.ranges.size() && std::ranges::equal(array.ranges, shape, in);
  const auto is_this = [&](const Shape& one) { return without_ones(one) == without_ones(shape); };
  if (!array.enumerated.empty()) return std::ranges::any_of(array.enumerated, is_this);
  return array.shape.empty() || is_this(array.shape);  // an empty one is left open
}

std::string array_trouble(const Feature& feature, const ArrayFeature& array, const Tensor& tensor) {
  if (tensor.dtype() != array.dtype)
    return fmt::format("is {}, described as {}", name_of(tensor.dtype()), to_string(feature));
  if (!is_allowed(array, tensor.shape()))
    return fmt::format("has shape {}, described as {}", to_string(tensor.shape()), to_string(feature));
  return "";
}

std::string image_trouble(const Feature& feature, const ImageFeature& image, const Tensor& tensor) {
  const bool half = image.layout == ColorLayout::kGrayscaleFloat16;
  const bool colour = channels(image.layout) == 3;
  const Shape& shape = tensor.shape();
  const bool is_picture = shape.size() == (colour ? 3u : 2u) && (!colour || shape[2] == 3) &&
                          tensor.dtype() == (half ? DType::kFloat16 : DType::kUInt8);
  const bool varies = !image.enumerated.empty() || image.width_range || image.height_range;
  if (!is_picture || (!varies && (shape[0] != image.height || shape[1] != image.width)))
    return fmt::format("is {} {}, described as {}", name_of(tensor.dtype()), to_string(shape),
                       to_string(feature));
  return "";
}

}  // namespace

std::string trouble_with(const Feature& feature, const Datum& value) {
  const std::string otherwise = "is not what it is described as: " + to_string(feature);
  if (std::holds_alternative<DictFeature>(feature.type)) return value.dict() ? "" : otherwise;
  if (std::holds_alternative<SequenceFeature>(feature.type)) return value.list() ? "" : otherwise;
  const Tensor* tensor = value.tensor();
  if (!tensor) return otherwise;
  if (const ArrayFeature* array = feature.array()) return array_trouble(feature, *array, *tensor);
  if (const ImageFeature* image = feature.image()) return image_trouble(feature, *image, *tensor);
  const auto is_scalar = [tensor](DType dtype) { return tensor->rank() == 0 && tensor->dtype() == dtype; };
  if (std::holds_alternative<Int64Feature>(feature.type)) return is_scalar(DType::kInt64) ? "" : otherwise;
  if (std::holds_alternative<DoubleFeature>(feature.type)) return is_scalar(DType::kFloat64) ? "" : otherwise;
  if (std::holds_alternative<StringFeature>(feature.type)) return is_scalar(DType::kString) ? "" : otherwise;
  return otherwise;
}

std::string trouble_with(const Interface& interface, const Features& outputs) {
  for (const Feature& feature : interface.outputs) {
    const Datum* value = find_feature(outputs, feature.name);
    if (!value) return fmt::format("output '{}' is missing", feature.name);
    if (std::string trouble = trouble_with(feature, *value); !trouble.empty())
      return fmt::format("output '{}' {}", feature.name, trouble);
  }
  if (outputs.size() != interface.outputs.size())
    return fmt::format("{} outputs, described are {}", outputs.size(), interface.outputs.size());
  return "";
}

}  // namespace wf
