#include "formats/neural_network/layer_context.h"

#include <algorithm>

#include "formats/neural_network/weights.h"
#include "proto/neural_network.h"

namespace wf {
namespace {

constexpr int64_t kLargestSize = INT64_C(1) << 31;

}  // namespace

LayerContext::LayerContext(Network& network, const Message& layer, const Message& params, int depth)
    : network_(network),
      layer_(layer),
      params_(params),
      name_(layer.text(proto::NeuralNetworkLayer::kName)),
      depth_(depth),
      input_names_(layer.texts(proto::NeuralNetworkLayer::kInput)),
      output_names_(layer.texts(proto::NeuralNetworkLayer::kOutput)) {}

Status LayerContext::expect(size_t least_inputs, size_t most_inputs, size_t outputs) const {
  if (input_count() < least_inputs || input_count() > most_inputs) {
    return bad(most_inputs == SIZE_MAX
                   ? fmt::format("{} inputs, expected at least {}", input_count(), least_inputs)
               : least_inputs == most_inputs
                   ? fmt::format("{} inputs, expected {}", input_count(), least_inputs)
                   : fmt::format("{} inputs, expected {} to {}", input_count(), least_inputs, most_inputs));
  }
  if (output_count() != outputs) return bad(fmt::format("{} outputs, expected {}", output_count(), outputs));
  return {};
}

ValueId LayerContext::op(std::string_view type, const Builder::ArgumentList& arguments) {
  return op_n(type, arguments, 1)[0];
}

std::vector<ValueId> LayerContext::op_n(std::string_view type, const Builder::ArgumentList& arguments,
                                        size_t outputs) {
  return builder().op_list(type, arguments, outputs, name_);
}

ValueId LayerContext::input(size_t i) {
  const Blob& blob = inputs_[i];
  return blob.hidden == 0 && !is_scalar(i) ? blob.value : expand(blob.value, {0});
}

int64_t LayerContext::rank(size_t i) const {
  return std::max<int64_t>(network_.builder().rank(inputs_[i].value) + inputs_[i].hidden, 1);
}

ValueId LayerContext::ints(size_t i) {
  const Tensor* known = known_input(i);
  return known && inputs_[i].hidden == 0 && !is_scalar(i) ? int_constant(*known, known->shape())
                                                          : to_int(input(i));
}

ValueId LayerContext::vector_of_ints(size_t i) {
  if (const Tensor* known = known_input(i)) return int_constant(*known, {known->size()});
  const ValueId values = to_int(held(i));
  return builder().rank(values) == 1 ? values : reshape(values, {kUnknownSize});
}

ValueId LayerContext::int_constant(const Tensor& values, const Shape& shape) {
  auto tensor = Tensor::of_ints(DType::kInt32, shape, read_ints(values));
  if (tensor) return builder().constant(*std::move(tensor), name_ + "_ints");
  builder().fail(std::move(tensor).error());
  return {};
}

ValueId LayerContext::nchw(size_t i) {
  const ValueId value = held(i);
  const Shape& sizes = shape(value);
  const auto held_rank = static_cast<int64_t>(sizes.size());
  if (held_rank == 4) return value;
  if (held_rank < 4) {
    std::vector<int64_t> axes;
    for (int64_t axis = 0; axis < 4 - held_rank; ++axis) axes.push_back(axis);
    return expand(value, axes);
  }
  const Shape lead(sizes.begin(), sizes.end() - 3);
  const auto count = element_count(lead);  // none where a size is unknown
  const int64_t merged = count ? *count : kUnknownSize;
  return reshape(value, {merged, 0, 0, 0});
}

void LayerContext::set_nchw(ValueId value, size_t like, size_t i) {
  const Blob& source = inputs_[like];
  const Shape lead = shape(source.value);
  const auto held_rank = static_cast<int64_t>(lead.size());
  if (held_rank == 4) {
    set_blob({value, source.hidden}, i);
    return;
  }
  if (held_rank < 4) {
    std::vector<int64_t> axes;
    for (int64_t axis = 0; axis < 4 - held_rank; ++axis) axes.push_back(axis);
    set_blob({squeeze(value, axes), source.hidden}, i);
    return;
  }
  Shape sizes(lead.begin(), lead.end() - 3);
  if (std::ranges::count(sizes, kUnknownSize) > 1) {
    builder().fail(unsupported(fmt::format("{} dimensions before [C, H, W] are flexible, at most one may be",
                                           std::ranges::count(sizes, kUnknownSize))));
    return;
  }
  sizes.insert(sizes.end(), {0, 0, 0});
  set_blob({reshape(value, sizes), source.hidden}, i);
}

void LayerContext::set_held_of_rank(ValueId value, int64_t rank, size_t i) {
  const int64_t held_rank = builder().rank(value);
  set_blob({value, held_rank == 0 ? 0 : rank - held_rank}, i);
}

void LayerContext::set_blob(Blob blob, size_t i) {
  if (!blob.value.valid() || i >= output_names_.size()) return;
  network_.blobs()[output_names_[i]] = blob;
}

ValueId LayerContext::weights(const Message& weight_params, const Shape& shape, std::string_view what,
                              size_t channel_axis) {
  network_.count_weights(weight_bytes(weight_params));
  auto value = weight_value(builder(), weight_params, shape, channel_axis, fmt::format("{}_{}", name_, what),
                            network_.owner());
  if (value) return *value;
  builder().fail(std::move(value).error().at(what));
  return {};
}

std::vector<float> LayerContext::floats(const Message& weight_params, const Shape& shape,
                                        std::string_view what) {
  network_.count_weights(weight_bytes(weight_params));
  auto values = weight_floats(weight_params, shape);
  if (values) return *std::move(values);
  builder().fail(std::move(values).error().at(what));
  return {};
}

ValueId LayerContext::constant(const Shape& shape, const std::vector<float>& values, std::string_view what) {
  if (!builder().ok()) return {};
  const std::vector<double> wide(values.begin(), values.end());
  auto tensor = Tensor::of_doubles(DType::kFloat32, shape, wide);
  if (tensor) return builder().constant(*std::move(tensor), fmt::format("{}_{}", name_, what));
  builder().fail(std::move(tensor).error());
  return {};
}

ValueId LayerContext::vector_constant(const std::vector<int64_t>& values) {
  auto tensor = Tensor::of_ints(DType::kInt32, {static_cast<int64_t>(values.size())}, values);
  if (tensor) return builder().constant(*std::move(tensor), name_ + "_ints");
  builder().fail(std::move(tensor).error());
  return {};
}

int64_t LayerContext::dim(ValueId value, int64_t axis) const {
  const Shape& sizes = network_.builder().shape(value);
  const auto rank = static_cast<int64_t>(sizes.size());
  if (axis < 0) axis += rank;
  return axis >= 0 && axis < rank ? sizes[static_cast<size_t>(axis)] : kUnknownSize;
}

int64_t LayerContext::size(uint64_t value, std::string_view what) {
  if (value >= 1 && value <= static_cast<uint64_t>(kLargestSize)) return static_cast<int64_t>(value);
  builder().fail(bad(fmt::format("{} is {}, expected 1 to 2^31", what, value)));
  return 1;
}

std::vector<int64_t> LayerContext::sizes(uint32_t field, size_t count, int64_t fallback,
                                         std::string_view what) {
  const std::vector<uint64_t> given = params_.u64s(field);
  if (given.empty()) return std::vector<int64_t>(count, fallback);
  if (given.size() != count) {
    builder().fail(bad(fmt::format("{} has {} values, expected {}", what, given.size(), count)));
    return std::vector<int64_t>(count, fallback);
  }
  std::vector<int64_t> checked;
  for (const uint64_t value : given) checked.push_back(size(value, what));
  return checked;
}

ValueId LayerContext::reshape(ValueId x, const Shape& shape) {
  return op("reshape", {{"x", x}, {"shape", shape}});
}

}  // namespace wf
