#include "program/description.h"

#include <fmt/format.h>

#include "program/type.h"

namespace wf {
namespace {

const Feature* find_in(const std::vector<Feature>& features, std::string_view name) {
  for (const Feature& feature : features) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

std::string_view array_type_name(DType dtype) {  // as Core ML's own tools write it
  switch (dtype) {
    case DType::kFloat16:
      return "Float16";
    case DType::kFloat32:
      return "Float32";
    case DType::kFloat64:
      return "Double";
    case DType::kInt8:
      return "Int8";
    case DType::kInt32:
      return "Int32";
    default:
      return name_of(dtype);
  }
}

std::string sizes(const Shape& shape) {
  std::string text;
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? " x " : " ") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
  return text;
}

std::string range(const SizeRange& range) {
  if (range.lower == range.upper) return std::to_string(range.lower);
  return fmt::format("{}..{}", range.lower, range.upper < 0 ? "" : std::to_string(range.upper));
}

std::string array_text(const ArrayFeature& array) {
  std::string text = fmt::format("({}{})", array_type_name(array.dtype), sizes(array.shape));
  if (!array.enumerated.empty()) {
    text += ", one of";
    for (const Shape& shape : array.enumerated) text += " " + to_string(shape);
  }
  if (!array.ranges.empty()) {
    text += ", range";
    for (size_t i = 0; i < array.ranges.size(); ++i) text += (i ? " x " : " ") + range(array.ranges[i]);
  }
  if (array.fallback) text += fmt::format(", default {}", *array.fallback);
  return text;
}

std::string_view key_name(KeyKind key) { return key == KeyKind::kInt64 ? "Int64" : "String"; }

}  // namespace

std::string_view name_of(ColorLayout layout) {
  switch (layout) {
    case ColorLayout::kGrayscale:
      return "GRAYSCALE";
    case ColorLayout::kRgb:
      return "RGB";
    case ColorLayout::kBgr:
      return "BGR";
    case ColorLayout::kGrayscaleFloat16:
      return "GRAYSCALE_FLOAT16";
  }
  return "?";
}

std::string to_string(const Feature& feature) {
  struct Visitor {
    std::string operator()(const std::monostate&) const { return "untyped"; }
    std::string operator()(const ArrayFeature& array) const { return "MultiArray " + array_text(array); }
    std::string operator()(const ImageFeature& image) const {
      std::string text = fmt::format("Image ({} {} x {})", name_of(image.layout), image.width, image.height);
      for (const auto& [width, height] : image.enumerated) text += fmt::format(", or {} x {}", width, height);
      if (image.width_range && image.height_range) {
        text += fmt::format(", range {} x {}", range(*image.width_range), range(*image.height_range));
      }
      return text;
    }
    std::string operator()(const DictFeature& dict) const {
      return fmt::format("Dictionary ({} -> Double)", key_name(dict.key));
    }
    std::string operator()(const SequenceFeature& sequence) const {
      return fmt::format("Sequence ({}, length {})", key_name(sequence.element), range(sequence.size));
    }
    std::string operator()(const Int64Feature&) const { return "Int64"; }
    std::string operator()(const DoubleFeature&) const { return "Double"; }
    std::string operator()(const StringFeature&) const { return "String"; }
    std::string operator()(const StateFeature& state) const { return "State " + array_text(state.array); }
  };
  return std::visit(Visitor{}, feature.type) + (feature.optional ? ", optional" : "");
}

const Feature* Interface::find_input(std::string_view name) const { return find_in(inputs, name); }
const Feature* Interface::find_output(std::string_view name) const { return find_in(outputs, name); }

const Interface* Description::find(std::string_view function) const {
  if (functions.empty()) return function.empty() || function == "main" ? &interface : nullptr;
  const std::string_view usual =
      default_function.empty() ? std::string_view("main") : std::string_view(default_function);
  const std::string_view wanted = function.empty() ? usual : function;
  for (const auto& [name, each] : functions) {
    if (name == wanted) return &each;
  }
  return nullptr;
}

}  // namespace wf
