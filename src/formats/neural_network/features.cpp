#include "formats/neural_network/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "proto/neural_network.h"

namespace wf {
namespace {

Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }

// Sizes that are the same in every shape the feature allows; kUnknownSize for the others.
Result<Shape> fixed_sizes(const ArrayFeature& array) {
  Shape sizes = array.shape;
  if (sizes.empty() && !array.enumerated.empty()) sizes = array.enumerated[0];
  if (sizes.empty()) sizes.assign(array.ranges.size(), kUnknownSize);
  for (const Shape& allowed : array.enumerated) {
    if (allowed.size() != sizes.size()) {
      return Error(ErrorCode::kUnsupported, fmt::format("its shapes {} and {} have different ranks",
                                                        to_string(sizes), to_string(allowed)));
    }
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (allowed[d] != sizes[d]) sizes[d] = kUnknownSize;
    }
  }
  if (std::ranges::any_of(array.shape, [](int64_t size) { return size < 0; })) {
    return bad(fmt::format("its shape {} has a negative size", to_string(array.shape)));
  }
  if (!array.ranges.empty()) {
    if (array.ranges.size() != sizes.size()) {
      return bad(fmt::format("{} size ranges for a shape of rank {}", array.ranges.size(), sizes.size()));
    }
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (array.ranges[d].lower != array.ranges[d].upper) sizes[d] = kUnknownSize;
    }
  }
  return sizes;
}

Shape image_sizes(const ImageFeature& image) {
  int64_t height = image.height, width = image.width;
  const auto flexible = [](const std::optional<SizeRange>& range) {
    return range && range->lower != range->upper;
  };
  for (const auto& [w, h] : image.enumerated) {
    if (w != image.width) width = kUnknownSize;
    if (h != image.height) height = kUnknownSize;
  }
  if (flexible(image.width_range)) width = kUnknownSize;
  if (flexible(image.height_range)) height = kUnknownSize;
  return {1, channels(image.layout), height, width};
}

Status define_array(Network& network, const Feature& feature, Shape sizes) {
  Builder& builder = network.builder();
  const ValueId value = builder.input(feature.name, tensor_type(DType::kFloat32, sizes));
  if (!network.rank5_arrays()) {
    network.blobs()[feature.name] = {value, 0};
    return {};
  }
  const std::string name = feature.name + "_nchw";
  if (sizes.size() == 1) {
    const std::vector<int64_t> axes = {0, 2, 3};
    network.blobs()[feature.name] = {builder.op("expand_dims", {{"x", value}, {"axes", axes}}, name), 1};
  } else if (sizes.size() == 3) {
    const std::vector<int64_t> axes = {0};
    network.blobs()[feature.name] = {builder.op("expand_dims", {{"x", value}, {"axes", axes}}, name), 1};
  } else {
    return bad(fmt::format("its shape {} has rank {}; under the rank-5 mapping arrays are [C] or [C, H, W]",
                           to_string(sizes), sizes.size()));
  }
  return builder.status();
}

Status define_input(Network& network, const Feature& feature) {
  if (const ImageFeature* image = feature.image()) {
    const ValueId value =
        network.builder().input(feature.name, tensor_type(DType::kFloat32, image_sizes(*image)));
    network.blobs()[feature.name] = {value, network.rank5_images() ? 1 : 0};
    return {};
  }
  if (const ArrayFeature* array = feature.array()) {
    WF_TRY(Shape sizes, fixed_sizes(*array));
    return define_array(network, feature, std::move(sizes));
  }
  if (std::holds_alternative<Int64Feature>(feature.type) ||
      std::holds_alternative<DoubleFeature>(feature.type)) {
    return define_array(network, feature, {1});
  }
  return bad(fmt::format("{} cannot be an input of a neural network", to_string(feature)));
}

const Feature* preprocessed_feature(const Interface& interface, const std::string& name) {
  const Feature* found = nullptr;
  for (const Feature& feature : interface.inputs) {
    if (!feature.image() || (!name.empty() && feature.name != name)) continue;
    if (found) return nullptr;
    found = &feature;
  }
  return found;
}

// out = scale * x + bias of the channel.
void apply_scaler(Builder& builder, Blob& blob, const Feature& feature, const Message& scaler) {
  using S = proto::NeuralNetworkImageScaler;
  const double scale = scaler.f32(S::kChannelScale);
  std::vector<double> bias = {scaler.f32(S::kRedBias), scaler.f32(S::kGreenBias), scaler.f32(S::kBlueBias)};
  if (feature.image()->layout == ColorLayout::kBgr) std::ranges::reverse(bias);
  if (channels(feature.image()->layout) == 1) bias = {scaler.f32(S::kGrayBias)};
  if (scale != 1.0)
    blob.value = builder.op("mul", {{"x", blob.value}, {"y", scale}}, feature.name + "_scaled");
  if (std::ranges::all_of(bias, [](double b) { return b == 0; })) return;
  auto tensor = Tensor::of_doubles(DType::kFloat32, {static_cast<int64_t>(bias.size()), 1, 1}, bias);
  if (!tensor) {
    builder.fail(std::move(tensor).error());
    return;
  }
  blob.value = builder.op("add", {{"x", blob.value}, {"y", *tensor}}, feature.name + "_biased");
}

Status subtract_mean(Builder& builder, Blob& blob, const Feature& feature, const Message& mean) {
  WF_CHECK(builder.status());
  const Shape sizes(builder.shape(blob.value).begin() + 1, builder.shape(blob.value).end());
  const std::vector<float> values = mean.floats(proto::NeuralNetworkMeanImage::kMeanImage);
  const auto wanted = element_count(sizes);
  if (!wanted || static_cast<int64_t>(values.size()) != *wanted) {
    return bad(fmt::format("a mean image of {} values for an image of {}", values.size(), to_string(sizes)));
  }
  const std::vector<double> wide(values.begin(), values.end());
  WF_TRY(Tensor tensor, Tensor::of_doubles(DType::kFloat32, sizes, wide));
  blob.value = builder.op("sub", {{"x", blob.value}, {"y", tensor}}, feature.name + "_centred");
  return {};
}

// Axes of size 1 to drop so that `sizes` gets this rank: leading ones first, then trailing ones.
std::vector<int64_t> droppable_axes(const Shape& sizes, size_t rank) {
  std::vector<int64_t> axes;
  size_t first = 0, last = sizes.size();
  while (last - first > rank && sizes[first] == 1) axes.push_back(static_cast<int64_t>(first++));
  while (last - first > rank && sizes[last - 1] == 1) axes.push_back(static_cast<int64_t>(--last));
  std::ranges::sort(axes);
  return axes;
}

ValueId fitted_array(Network& network, const Blob& blob, const ArrayFeature& array, const std::string& name) {
  Builder& builder = network.builder();
  const Shape sizes = builder.shape(blob.value);
  if (sizes == array.shape) return blob.value;
  if (array.shape.empty() && !network.rank5_arrays()) {  // nothing is declared: the blob's own shape
    if (blob.hidden == 0) return blob.value;
    const std::vector<int64_t> front = {0};
    return builder.op("expand_dims", {{"x", blob.value}, {"axes", front}}, name);
  }
  const auto held = element_count(sizes), declared = element_count(array.shape);
  if (!array.shape.empty() && held && declared && *held == *declared) {
    return builder.op("reshape", {{"x", blob.value}, {"shape", array.shape}}, name);
  }
  // A sequence leaves as it is, with all five dimensions.
  if (network.rank5_arrays() && blob.hidden == 0 && sizes.size() == 5 && sizes[0] != 1) return blob.value;
  // Sizes are flexible, or the description is wrong about them: keep its rank at least.
  const std::vector<int64_t> axes = droppable_axes(sizes, array.shape.empty() ? 3 : array.shape.size());
  return axes.empty() ? blob.value : builder.op("squeeze", {{"x", blob.value}, {"axes", axes}}, name);
}

}  // namespace

Status define_inputs(Network& network, const Interface& interface) {
  for (const Feature& feature : interface.inputs) {
    if (network.blobs().contains(feature.name))
      return bad(fmt::format("two inputs are named '{}'", feature.name));
    if (auto status = define_input(network, feature); !status) {
      return std::move(status).error().at(fmt::format("input '{}'", feature.name));
    }
  }
  return {};
}

Status apply_preprocessing(Network& network, const Interface& interface,
                           std::span<const Message> preprocessing) {
  using P = proto::NeuralNetworkPreprocessing;
  for (const Message& step : preprocessing) {
    const std::string name = step.text(P::kFeatureName);
    const Feature* feature = preprocessed_feature(interface, name);
    if (!feature) {
      return bad(name.empty() ? "preprocessing that names no feature needs exactly one image input"
                              : fmt::format("preprocessing of '{}', which is not an image input", name));
    }
    Blob& blob = network.blobs()[feature->name];
    if (step.has(P::kScaler)) apply_scaler(network.builder(), blob, *feature, step.message(P::kScaler));
    if (step.has(P::kMeanImage)) {
      if (auto status = subtract_mean(network.builder(), blob, *feature, step.message(P::kMeanImage));
          !status) {
        return std::move(status).error().at(fmt::format("preprocessing of '{}'", feature->name));
      }
    }
    WF_CHECK(network.builder().status());
  }
  return {};
}

Result<ValueId> output_value(Network& network, const Feature& feature) {
  const auto blob = network.blobs().find(feature.name);
  if (blob == network.blobs().end())
    return bad(fmt::format("no layer computes the output '{}'", feature.name));
  Builder& builder = network.builder();
  const ArrayFeature natural;
  const ArrayFeature* array = feature.array();
  ValueId value = feature.image()
                      ? blob->second.value
                      : fitted_array(network, blob->second, array ? *array : natural, feature.name);
  // An output needs a value of its own: not an input's, and not another output's.
  if (value == blob->second.value) value = builder.op("identity", {{"x", value}}, feature.name);
  WF_CHECK(builder.status());
  return value;
}

void claim_names(Function& function, const std::vector<ValueId>& values,
                 const std::vector<std::string>& names) {
  std::unordered_map<std::string, size_t> taken;
  for (size_t i = 0; i < function.values.size(); ++i) taken[function.values[i].name] = i;
  const auto rename = [&](size_t index, std::string name) {
    taken.erase(function.values[index].name);
    taken[name] = index;
    function.values[index].name = std::move(name);
  };
  for (size_t i = 0; i < values.size(); ++i) {
    const auto other = taken.find(names[i]);
    if (other != taken.end() && other->second != values[i].index) {
      std::string free_name = names[i] + "_inner";
      while (taken.contains(free_name)) free_name += "_";
      rename(other->second, free_name);
    }
    rename(values[i].index, names[i]);
  }
}

}  // namespace wf
