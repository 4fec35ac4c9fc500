// What a model takes and gives, as its file describes it: features, states, functions, metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace wf {

struct SizeRange {
  int64_t lower = 0;
  int64_t upper = -1;  // -1: unbounded
  bool operator==(const SizeRange&) const = default;
};

struct ArrayFeature {
  DType dtype = DType::kFloat32;
  Shape shape;                     // the default; may be empty where the file leaves it open
  std::vector<Shape> enumerated;   // the only shapes allowed, if any
  std::vector<SizeRange> ranges;   // one per dimension, if any
  std::optional<double> fallback;  // fills an optional input that was left out
  bool operator==(const ArrayFeature&) const = default;
};

enum class ColorLayout : uint8_t { kGrayscale, kRgb, kBgr, kGrayscaleFloat16 };
std::string_view name_of(ColorLayout layout);  // "GRAYSCALE", "RGB", ...
inline int channels(ColorLayout layout) {
  return layout == ColorLayout::kRgb || layout == ColorLayout::kBgr ? 3 : 1;
}

struct ImageFeature {
  int64_t width = 0, height = 0;
  ColorLayout layout = ColorLayout::kRgb;
  std::vector<std::pair<int64_t, int64_t>> enumerated;  // width, height
  std::optional<SizeRange> width_range, height_range;
  bool operator==(const ImageFeature&) const = default;
};

enum class KeyKind : uint8_t { kInt64, kString };
struct DictFeature {  // keys to double
  KeyKind key = KeyKind::kString;
  bool operator==(const DictFeature&) const = default;
};
struct SequenceFeature {
  KeyKind element = KeyKind::kString;
  SizeRange size;
  bool operator==(const SequenceFeature&) const = default;
};
struct Int64Feature {
  bool operator==(const Int64Feature&) const = default;
};
struct DoubleFeature {
  bool operator==(const DoubleFeature&) const = default;
};
struct StringFeature {
  bool operator==(const StringFeature&) const = default;
};
struct StateFeature {
  ArrayFeature array;
  bool operator==(const StateFeature&) const = default;
};

struct Feature {
  std::string name;
  std::string doc;
  bool optional = false;
  std::variant<std::monostate, ArrayFeature, ImageFeature, DictFeature, SequenceFeature, Int64Feature,
               DoubleFeature, StringFeature, StateFeature>
      type;

  const ArrayFeature* array() const { return std::get_if<ArrayFeature>(&type); }
  const ImageFeature* image() const { return std::get_if<ImageFeature>(&type); }
  bool operator==(const Feature&) const = default;
};
// "MultiArray (Float32 1 x 3 x 224 x 224)", "Image (RGB 224 x 224)", "Dictionary (String -> Double)"
std::string to_string(const Feature& feature);

struct Interface {  // of the model, or of one function of a multifunction model
  std::vector<Feature> inputs, outputs, states;
  std::string predicted_feature_name;
  std::string predicted_probabilities_name;

  const Feature* find_input(std::string_view name) const;
  const Feature* find_output(std::string_view name) const;
  bool operator==(const Interface&) const = default;
};

struct Metadata {
  std::string short_description, version, author, license;
  std::vector<std::pair<std::string, std::string>> user_defined;  // sorted by key
  bool operator==(const Metadata&) const = default;
};

struct Description {
  Interface interface;  // of a model without named functions
  std::vector<std::pair<std::string, Interface>> functions;
  std::string default_function;  // "" means "main"
  std::vector<Feature> training_inputs;
  Metadata metadata;

  // The interface of a function ("" is the default one), or null if the model has no such function.
  const Interface* find(std::string_view function) const;
  bool operator==(const Description&) const = default;
};

}  // namespace wf
