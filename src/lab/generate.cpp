#include "lab/generate.h"

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace wf {
namespace {

class Generator {
 public:
  Generator(const Model& model, uint64_t seed, FloatValues floats, const std::map<std::string, Shape>& shapes)
      : model_(model), random_(seed), floats_(floats), shapes_(shapes) {}

  Result<Datum> value(const Feature& feature) {
    if (const ArrayFeature* array = feature.array())
      return tensor(array->dtype, array_shape(feature.name, *array));
    if (const ImageFeature* image = feature.image()) return picture(*image);
    if (std::holds_alternative<Int64Feature>(feature.type)) return scalar(DType::kInt64);
    if (std::holds_alternative<DoubleFeature>(feature.type)) return scalar(DType::kFloat64);
    if (std::holds_alternative<StringFeature>(feature.type)) return string_scalar("windfall");
    if (std::holds_alternative<DictFeature>(feature.type)) return Datum(Dict{});
    if (const auto* sequence = std::get_if<SequenceFeature>(&feature.type)) return items(*sequence);
    return Error(ErrorCode::kUnsupported, "no value can be generated for this kind of input", feature.name);
  }

 private:
  double element(DType dtype) {
    const bool whole = !is_floating(dtype) || floats_ == FloatValues::kZeroOrOne;
    return whole ? static_cast<double>(random_.bits() >> 63) : random_.normal();
  }

  Result<Datum> tensor(DType dtype, Shape shape) {
    WF_TRY(Tensor made, Tensor::allocate(dtype, std::move(shape)));
    std::vector<double> chunk;
    for (int64_t first = 0; first < made.size(); first += static_cast<int64_t>(chunk.size())) {
      chunk.resize(static_cast<size_t>(std::min<int64_t>(4096, made.size() - first)));
      for (double& v : chunk) v = element(dtype);
      write_doubles(made, first, chunk);
    }
    return Datum(std::move(made));
  }

  Result<Datum> scalar(DType dtype) { return tensor(dtype, {}); }

  Result<Datum> picture(const ImageFeature& image) {
    Shape shape{std::max<int64_t>(image.height, 1), std::max<int64_t>(image.width, 1)};
    const bool half = image.layout == ColorLayout::kGrayscaleFloat16;
    if (channels(image.layout) == 3) shape.push_back(3);
    WF_TRY(Tensor made, Tensor::allocate(half ? DType::kFloat16 : DType::kUInt8, std::move(shape)));
    for (int64_t i = 0; i < made.size(); ++i) {
      const double byte = static_cast<double>(random_.bits() >> 56);
      write_doubles(made, i, std::span(&byte, 1));
    }
    return Datum(std::move(made));
  }

  Result<Datum> items(const SequenceFeature& sequence) {
    List list;
    for (int64_t i = 0; i < std::clamp<int64_t>(sequence.size.lower, 1, 16); ++i) {
      if (sequence.element == KeyKind::kInt64) {
        WF_TRY(Datum item, scalar(DType::kInt64));
        list.items.push_back(std::move(item));
      } else {
        WF_TRY(Datum item, string_scalar("windfall"));
        list.items.push_back(std::move(item));
      }
    }
    return Datum(std::move(list));
  }

  Shape array_shape(const std::string& name, const ArrayFeature& array) const {
    if (const auto given = shapes_.find(name); given != shapes_.end()) return given->second;
    if (!array.shape.empty()) return array.shape;
    if (!array.enumerated.empty()) return array.enumerated.front();
    if (!array.ranges.empty()) {
      Shape smallest;
      for (const SizeRange& range : array.ranges) smallest.push_back(std::max<int64_t>(range.lower, 1));
      return smallest;
    }
    // The description leaves it open; the function's own type may say.
    for (const TensorSpec& spec : model_.prepared().io_schema().inputs) {
      const TensorType* type = spec.name == name ? spec.type.tensor() : nullptr;
      if (!type || !type->shape) continue;
      Shape shape = *type->shape;
      std::replace(shape.begin(), shape.end(), kUnknownSize, int64_t{1});
      return shape;
    }
    return {};
  }

  const Model& model_;
  SeededRandom random_;
  FloatValues floats_;
  const std::map<std::string, Shape>& shapes_;
};

}  // namespace

Result<Features> generate_inputs(const Model& model, uint64_t seed, FloatValues floats,
                                 const std::map<std::string, Shape>& shapes) {
  Generator generator(model, seed, floats, shapes);
  Features inputs;
  for (const Feature& feature : model.interface().inputs) {
    if (feature.optional) continue;
    WF_TRY(Datum value, generator.value(feature));
    inputs.emplace_back(feature.name, std::move(value));
  }
  return inputs;
}

}  // namespace wf
