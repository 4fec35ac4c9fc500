#include "formats/neural_network/weights.h"

#include <fmt/format.h>

#include <array>

#include "base/float16.h"
#include "proto/neural_network.h"

namespace wf {
namespace {

using P = proto::WeightParams;

enum class Storage : uint8_t { kFloat32, kFloat16, kPacked, kInt8 };

struct Stored {
  Storage storage = Storage::kFloat32;
  Bytes bytes;                // as in the file
  std::vector<float> copied;  // floats that do not lie in one piece there
  int64_t count = 0;
  int bits = 8;                      // of a packed integer
  std::vector<float> table;          // what each packed integer stands for, unless it depends on the channel
  std::vector<float> scale, offset;  // per channel
};

Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }

// Packed integers are written most significant bit first and straddle bytes.
class PackedReader {
 public:
  PackedReader(Bytes bytes, int bits) : bytes_(bytes), bits_(bits) {}
  uint32_t next() {
    uint32_t value = 0;
    for (int i = 0; i < bits_; ++i, ++at_) {
      const auto byte = std::to_integer<uint32_t>(bytes_[at_ / 8]);
      value = value << 1 | (byte >> (7 - at_ % 8) & 1);
    }
    return value;
  }

 private:
  Bytes bytes_;
  int bits_;
  size_t at_ = 0;
};

Status read_quantization(const Message& quantization, size_t channels, Stored& stored) {
  const uint64_t bits = quantization.u64(proto::QuantizationParams::kNumberOfBits);
  if (bits < 1 || bits > 8) return bad(fmt::format("quantized to {} bits, expected 1 to 8", bits));
  stored.bits = static_cast<int>(bits);
  const size_t entries = size_t{1} << bits;

  if (quantization.has(proto::QuantizationParams::kLookupTableQuantization)) {
    stored.table = quantization.message(proto::QuantizationParams::kLookupTableQuantization)
                       .floats(proto::LookUpTableQuantizationParams::kFloatValue);
    if (stored.table.size() == entries) return {};
    return bad(
        fmt::format("the look-up table has {} entries, {} bits need {}", stored.table.size(), bits, entries));
  }
  const Message linear = quantization.message(proto::QuantizationParams::kLinearQuantization);
  std::vector<float> scale = linear.floats(proto::LinearQuantizationParams::kScale);
  std::vector<float> offset = linear.floats(proto::LinearQuantizationParams::kBias);
  if (offset.empty()) offset = {0.0F};
  const auto fits = [&](const std::vector<float>& values) {
    return values.size() == 1 || values.size() == channels;
  };
  if (!fits(scale) || !fits(offset)) {
    return bad(fmt::format("quantized with {} scales and {} biases, expected 1 or {} of each", scale.size(),
                           offset.size(), channels));
  }
  if (scale.size() == 1 && offset.size() == 1) {
    for (size_t q = 0; q < entries; ++q) {
      stored.table.push_back(static_cast<float>(static_cast<double>(q) * scale[0] + offset[0]));
    }
    return {};
  }
  scale.resize(channels, scale[0]);
  offset.resize(channels, offset[0]);
  stored.scale = std::move(scale);
  stored.offset = std::move(offset);
  return {};
}

Result<Stored> find_stored(const Message& weights, const Shape& shape, size_t channel_axis) {
  WF_TRY(const int64_t count, element_count(shape));
  Stored stored;
  stored.count = count;
  const auto wanted = static_cast<uint64_t>(count);
  const auto found = [&](uint64_t values) -> Status {
    if (values == wanted) return {};
    return bad(fmt::format("{} weights, expected {} for {}", values, wanted, to_string(shape)));
  };

  if (weights.has(P::kInt8RawValue)) {
    stored.storage = Storage::kInt8;
    stored.bytes = weights.bytes(P::kInt8RawValue);
    WF_CHECK(found(stored.bytes.size()));
    stored.scale = weights.message(P::kQuantization)
                       .message(proto::QuantizationParams::kLinearQuantization)
                       .floats(proto::LinearQuantizationParams::kScale);
    if (stored.scale.size() == 1) return stored;
    return bad(fmt::format("int8 weights with {} scales, expected 1", stored.scale.size()));
  }
  if (weights.has(P::kRawValue)) {
    stored.storage = Storage::kPacked;
    stored.bytes = weights.bytes(P::kRawValue);
    const size_t channels = channel_axis < shape.size() ? static_cast<size_t>(shape[channel_axis]) : 1;
    WF_CHECK(read_quantization(weights.message(P::kQuantization), channels, stored));
    const auto bits = static_cast<uint64_t>(stored.bits);
    // The first comparison keeps the product in range: there cannot be more weights than stored bits.
    if (wanted / 8 > stored.bytes.size() || stored.bytes.size() != (wanted * bits + 7) / 8) {
      return bad(fmt::format("{} bytes of {}-bit weights, expected {} weights for {}", stored.bytes.size(),
                             stored.bits, wanted, to_string(shape)));
    }
    return stored;
  }
  if (weights.has(P::kFloat16Value)) {
    stored.storage = Storage::kFloat16;
    stored.bytes = weights.bytes(P::kFloat16Value);
    if (stored.bytes.size() % 2 != 0)
      return bad(fmt::format("{} bytes of half-precision weights, an odd number", stored.bytes.size()));
    WF_CHECK(found(stored.bytes.size() / 2));
    return stored;
  }
  if (const auto bytes = weights.packed(P::kFloatValue, sizeof(float))) {
    stored.bytes = *bytes;
    WF_CHECK(found(bytes->size() / sizeof(float)));
    return stored;
  }
  stored.copied = weights.floats(P::kFloatValue);
  WF_CHECK(found(stored.copied.size()));
  stored.bytes = std::as_bytes(std::span(stored.copied));
  return stored;
}

std::vector<float> decoded(const Stored& stored, const Shape& shape, size_t channel_axis) {
  const auto count = static_cast<size_t>(stored.count);
  std::vector<float> values(count);
  const auto fill = [&](auto&& element) {
    for (size_t i = 0; i < count; ++i) values[i] = element(i);
  };
  switch (stored.storage) {
    case Storage::kFloat32:
      std::memcpy(values.data(), stored.bytes.data(), count * sizeof(float));
      break;
    case Storage::kFloat16:
      fill([&](size_t i) {
        uint16_t half = 0;
        std::memcpy(&half, stored.bytes.data() + 2 * i, sizeof(half));
        return half_to_float(half);
      });
      break;
    case Storage::kInt8:
      fill([&](size_t i) {
        return static_cast<float>(static_cast<int8_t>(stored.bytes[i])) * stored.scale[0];
      });
      break;
    case Storage::kPacked: {
      PackedReader reader(stored.bytes, stored.bits);
      if (!stored.table.empty()) {
        fill([&](size_t) { return stored.table[reader.next()]; });
        break;
      }
      size_t inner = 1;  // elements between two channels
      for (size_t d = channel_axis + 1; d < shape.size(); ++d) inner *= static_cast<size_t>(shape[d]);
      fill([&](size_t i) {
        const size_t channel = i / inner % stored.scale.size();
        return static_cast<float>(static_cast<double>(reader.next()) * stored.scale[channel] +
                                  stored.offset[channel]);
      });
      break;
    }
  }
  return values;
}

Result<Tensor> owned_tensor(DType dtype, Shape shape, Bytes bytes) {
  WF_TRY(Tensor tensor, Tensor::allocate(dtype, std::move(shape)));
  std::memcpy(tensor.mutable_bytes().data(), bytes.data(), bytes.size());
  return tensor;
}

// Indices as constexpr_lut_to_dense wants them: least significant bit first, and of a width it knows.
Result<Tensor> lut_indices(const Stored& stored, int width, const std::shared_ptr<const void>& owner) {
  const auto size =
      static_cast<int64_t>((static_cast<uint64_t>(stored.count) * static_cast<uint64_t>(width) + 7) / 8);
  if (stored.bits == 8) return Tensor::view(DType::kUInt8, {size}, stored.bytes, owner);
  WF_TRY(Tensor packed, Tensor::allocate(DType::kUInt8, {size}));
  const auto out = packed.mutable_bytes();
  PackedReader reader(stored.bytes, stored.bits);
  size_t at = 0;
  for (int64_t i = 0; i < stored.count; ++i) {
    const uint32_t value = reader.next();
    for (int bit = 0; bit < width; ++bit, ++at)
      out[at / 8] |= static_cast<std::byte>((value >> bit & 1) << (at % 8));
  }
  return packed;
}

Result<ValueId> lut_value(Builder& builder, Stored stored, const Shape& shape, std::string_view name,
                          const std::shared_ptr<const void>& owner) {
  constexpr std::array<int, 9> kWidths = {0, 1, 2, 4, 4, 6, 6, 8, 8};  // 3, 5 and 7 bits are widened
  const int width = kWidths[static_cast<size_t>(stored.bits)];
  WF_TRY(Tensor indices, lut_indices(stored, width, owner));
  stored.table.resize(size_t{1} << width, 0.0F);
  const auto entries = static_cast<int64_t>(stored.table.size());
  WF_TRY(Tensor table, owned_tensor(DType::kFloat32, {entries}, std::as_bytes(std::span(stored.table))));
  WF_TRY(Tensor sizes, Tensor::of_ints(DType::kUInt32, {static_cast<int64_t>(shape.size())}, shape));
  return builder.constexpr_op("constexpr_lut_to_dense",
                              {{"indices", indices}, {"lut", table}, {"shape", sizes}}, name);
}

}  // namespace

Result<ValueId> weight_value(Builder& builder, const Message& weight_params, const Shape& shape,
                             size_t channel_axis, std::string_view name,
                             const std::shared_ptr<const void>& owner) {
  WF_TRY(Stored stored, find_stored(weight_params, shape, channel_axis));
  if (stored.storage == Storage::kPacked && !stored.table.empty() && stored.count > 0) {
    return lut_value(builder, std::move(stored), shape, name, owner);
  }
  if (stored.storage == Storage::kFloat32 && stored.copied.empty()) {
    WF_TRY(Tensor tensor, Tensor::view(DType::kFloat32, shape, stored.bytes, owner));
    return builder.constant(std::move(tensor), name);
  }
  if (stored.storage == Storage::kFloat16) {
    WF_TRY(Tensor tensor, Tensor::view(DType::kFloat16, shape, stored.bytes, owner));
    return builder.constexpr_op("constexpr_cast", {{"source_val", tensor}, {"output_dtype", "fp32"}}, name);
  }
  if (stored.storage == Storage::kInt8) {
    WF_TRY(Tensor tensor, Tensor::view(DType::kInt8, shape, stored.bytes, owner));
    WF_TRY(Tensor zero, Tensor::scalar(DType::kInt8, 0));
    return builder.constexpr_op("constexpr_affine_dequantize",
                                {{"quantized_data", tensor},
                                 {"zero_point", zero},
                                 {"scale", static_cast<double>(stored.scale[0])},
                                 {"axis", 0}},
                                name);
  }
  const std::vector<float> values = decoded(stored, shape, channel_axis);
  WF_TRY(Tensor tensor, owned_tensor(DType::kFloat32, shape, std::as_bytes(std::span(values))));
  return builder.constant(std::move(tensor), name);
}

Result<std::vector<float>> weight_floats(const Message& weight_params, const Shape& shape,
                                         size_t channel_axis) {
  WF_TRY(const Stored stored, find_stored(weight_params, shape, channel_axis));
  return decoded(stored, shape, channel_axis);
}

uint64_t weight_bytes(const Message& weight_params) {
  uint64_t total = 0;
  for (const uint32_t field : {P::kFloatValue, P::kFloat16Value, P::kRawValue, P::kInt8RawValue}) {
    total += weight_params.bytes(field).size();
  }
  return total;
}

}  // namespace wf
