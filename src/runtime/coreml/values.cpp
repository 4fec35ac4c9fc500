#include "runtime/coreml/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/float16.h"
#include "bridge/array_dtype.h"

namespace wf::coreml {

struct GivenValue {
  std::string name;
  std::vector<std::byte> bytes;
  std::vector<int64_t> shape, integers;
  std::vector<double> numbers;
  std::vector<std::string> texts;
  std::vector<const char*> text_pointers;

  wfa_value finished(wfa_value value) {
    value.name = name.c_str();
    value.rank = shape.size();
    value.shape = shape.data();
    value.data = bytes.data();
    value.bytes = bytes.size();
    for (const std::string& text : texts) text_pointers.push_back(text.c_str());
    value.texts = texts.empty() ? nullptr : text_pointers.data();
    value.integers = integers.empty() ? nullptr : integers.data();
    value.numbers = numbers.empty() ? nullptr : numbers.data();
    value.count = std::max({texts.size(), integers.size(), numbers.size()});
    value.context = this;
    value.release = [](void* it) { delete static_cast<GivenValue*>(it); };
    return value;
  }
};

namespace {

Error not_for_coreml(const Feature& feature) {
  return {ErrorCode::kUnsupported,
          fmt::format("'{}' cannot be given to Core ML: {}", feature.name, to_string(feature))};
}

uint8_t to_pixel(double value) {
  return std::isnan(value) ? uint8_t{0} : static_cast<uint8_t>(std::nearbyint(std::clamp(value, 0.0, 255.0)));
}

// [1, C, H, W] in the model's channel order to rows of BGRA, or of one component.
Result<wfa_value> image_value(const Feature& feature, const ImageFeature& image, const Tensor& tensor,
                              GivenValue& out) {
  const int count = channels(image.layout);
  if (tensor.rank() != 4 || tensor.shape()[1] != count) return not_for_coreml(feature);
  const int64_t height = tensor.shape()[2], width = tensor.shape()[3], area = height * width;
  const std::vector<double> values = read_doubles(tensor);
  const auto at = [&](int64_t channel, int64_t i) { return values[static_cast<size_t>(channel * area + i)]; };
  wfa_value value = {};
  value.kind = WFA_IMAGE;
  value.width = static_cast<size_t>(width);
  value.height = static_cast<size_t>(height);
  size_t pixel = 1;
  if (image.layout == ColorLayout::kGrayscaleFloat16) {
    value.pixels = WFA_GRAY16F;
    pixel = 2;
  } else if (count == 1) {
    value.pixels = WFA_GRAY8;
  } else {
    value.pixels = WFA_BGRA;
    pixel = 4;
  }
  out.bytes.resize(static_cast<size_t>(area) * pixel);
  for (int64_t i = 0; i < area; ++i) {
    std::byte* to = out.bytes.data() + static_cast<size_t>(i) * pixel;
    if (value.pixels == WFA_GRAY16F) {
      const uint16_t half = double_to_half(at(0, i));
      std::memcpy(to, &half, sizeof half);
    } else if (value.pixels == WFA_GRAY8) {
      to[0] = std::byte{to_pixel(at(0, i))};
    } else {
      const int blue = image.layout == ColorLayout::kBgr ? 0 : 2;
      to[0] = std::byte{to_pixel(at(blue, i))};
      to[1] = std::byte{to_pixel(at(1, i))};
      to[2] = std::byte{to_pixel(at(2 - blue, i))};
      to[3] = std::byte{255};
    }
  }
  value.bytes_per_row = static_cast<size_t>(width) * pixel;
  return value;
}

void add_key(const Tensor& key, GivenValue& out) {
  if (key.dtype() == DType::kString) {
    out.texts.push_back(key.strings()[0]);
  } else {
    out.integers.push_back(read_int(key, 0));
  }
}

Result<wfa_value> filled(const Feature& feature, const Datum& datum, GivenValue& out) {
  wfa_value value = {};
  const Tensor* tensor = datum.tensor();
  if (const ImageFeature* image = feature.image(); image && tensor)
    return image_value(feature, *image, *tensor, out);
  if (feature.array() && tensor) {
    WF_TRY(value.dtype, bridge::apple_of_dtype(tensor->dtype()));
    value.kind = WFA_ARRAY;
    out.shape = tensor->shape();
    out.bytes.assign(tensor->bytes().begin(), tensor->bytes().end());
    return value;
  }
  if (datum.dict()) {
    value.kind = WFA_DICTIONARY;
    for (const auto& [key, number] : datum.dict()->items) {
      add_key(*key.tensor(), out);
      out.numbers.push_back(read_double(*number.tensor(), 0));
    }
    return value;
  }
  if (datum.list()) {
    value.kind = WFA_SEQUENCE;
    for (const Datum& item : datum.list()->items) add_key(*item.tensor(), out);
    return value;
  }
  if (!tensor || tensor->size() != 1) return not_for_coreml(feature);
  if (std::holds_alternative<DoubleFeature>(feature.type)) {
    value.kind = WFA_DOUBLE;
    out.numbers.push_back(read_double(*tensor, 0));
  } else {
    add_key(*tensor, out);
    value.kind = out.texts.empty() ? WFA_INT64 : WFA_STRING;
  }
  return value;
}

Result<Datum> received_array(const wfa_value& value, const std::shared_ptr<wfa_result>& result) {
  WF_TRY(const DType dtype, bridge::dtype_of_apple(value.dtype));
  WF_TRY(Tensor tensor, Tensor::view(dtype, Shape(value.shape, value.shape + value.rank),
                                     {static_cast<const std::byte*>(value.data), value.bytes}, result));
  return Datum(std::move(tensor));
}

Result<Datum> received_image(const ImageFeature& image, const wfa_value& value) {
  const int count = value.pixels == WFA_BGRA ? 3 : 1;
  const auto height = static_cast<int64_t>(value.height), width = static_cast<int64_t>(value.width);
  WF_TRY(Tensor out, Tensor::allocate(DType::kFloat32, {1, count, height, width}));
  const auto* base = static_cast<const uint8_t*>(value.data);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = base + static_cast<size_t>(y) * value.bytes_per_row;
    for (int64_t x = 0; x < width; ++x) {
      for (int c = 0; c < count; ++c) {
        float number = 0;
        if (value.pixels == WFA_GRAY16F) {
          uint16_t half;
          std::memcpy(&half, row + x * 2, sizeof half);
          number = half_to_float(half);
        } else if (count == 1) {
          number = row[x];
        } else {
          number = row[x * 4 + (image.layout == ColorLayout::kBgr ? c : 2 - c)];
        }
        out.store<float>((c * height + y) * width + x, number);
      }
    }
  }
  return Datum(std::move(out));
}

Result<Datum> key_of(const wfa_value& value, size_t i) {
  if (value.texts) return string_scalar(value.texts[i]);
  WF_TRY(Tensor key, Tensor::of_ints(DType::kInt64, {}, std::span(value.integers + i, 1)));
  return Datum(std::move(key));
}

}  // namespace

Result<wfa_value> give(const Feature& feature, const Datum& datum) {
  auto given = std::make_unique<GivenValue>();
  given->name = feature.name;
  WF_TRY(const wfa_value value, filled(feature, datum, *given));
  return given.release()->finished(value);
}

void take_back(wfa_value& value) {
  if (value.release) value.release(value.context);
  value.release = nullptr;
}

Result<Datum> receive(const Feature& feature, const wfa_value& value,
                      const std::shared_ptr<wfa_result>& result) {
  const bool is_other = feature.array() && value.kind != WFA_ARRAY;
  switch (is_other ? -1 : static_cast<int>(value.kind)) {
    case WFA_ARRAY:
      return received_array(value, result);
    case WFA_IMAGE:
      if (const ImageFeature* image = feature.image()) return received_image(*image, value);
      break;
    case WFA_INT64:
    case WFA_STRING:
      return key_of(value, 0);
    case WFA_DOUBLE: {
      WF_TRY(Tensor number, Tensor::scalar(DType::kFloat64, value.numbers[0]));
      return Datum(std::move(number));
    }
    case WFA_DICTIONARY: {
      Dict dict;
      for (size_t i = 0; i < value.count; ++i) {
        WF_TRY(Datum key, key_of(value, i));
        WF_TRY(Tensor number, Tensor::scalar(DType::kFloat64, value.numbers[i]));
        dict.items.emplace_back(std::move(key), Datum(std::move(number)));
      }
      return Datum(std::move(dict));
    }
    case WFA_SEQUENCE: {
      List list;
      for (size_t i = 0; i < value.count; ++i) {
        WF_TRY(Datum item, key_of(value, i));
        list.items.push_back(std::move(item));
      }
      return Datum(std::move(list));
    }
    default:
      break;
  }
  return Error(ErrorCode::kRuntime,
               fmt::format("Core ML gave another kind of value than the description declares: {}",
                           to_string(feature)));
}

Error to_error(const wfa_failure& failure, ErrorCode for_native_errors) {
  const auto code = [&] {
    switch (failure.code) {
      case WFA_INVALID:
      case WFA_BUSY:
      case WFA_TOO_SMALL:
        return ErrorCode::kInvalidArgument;
      case WFA_NOT_FOUND:
        return ErrorCode::kNotFound;
      case WFA_UNSUPPORTED:
        return ErrorCode::kUnsupported;
      case WFA_ENVIRONMENT:
        return ErrorCode::kEnvironment;
      case WFA_INTERNAL:
        return ErrorCode::kInternal;
      case WFA_STATE_LOST:
        return ErrorCode::kRuntime;
      default:
        return for_native_errors;
    }
  }();
  return {code, failure.text ? failure.text : "Core ML failed", {}, failure.hint ? failure.hint : ""};
}

}  // namespace wf::coreml
