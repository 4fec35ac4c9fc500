#include "ops/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked_math.h"

namespace wf {
namespace {

// Adds the padding and the output size.
Status place(const Call& call, Window& window, PadType type, bool ceil_mode, size_t dimension) {
  if (window.in == kUnknownSize || window.kernel == kUnknownSize) {
    window.out = kUnknownSize;
    if (window.in == kUnknownSize || (type != PadType::kSame && type != PadType::kSameLower)) return {};
  }
  const int64_t stride = window.stride;
  if (type == PadType::kSame || type == PadType::kSameLower) {
    window.out = (window.in + stride - 1) / stride;
    if (window.kernel != kUnknownSize) {
      const int64_t total = std::max<int64_t>(0, (window.out - 1) * stride + window.extent() - window.in);
      window.before = type == PadType::kSame ? total / 2 : total - total / 2;
      window.after = total - window.before;
    }
  } else {
    const int64_t padding = window.before + window.after;
    const int64_t room = window.in + padding - window.extent();
    if (room < 0) {
      return call.error(
          fmt::format("spatial dimension {}: the window spans {} elements, the padded input has {} ({} + {})",
                      dimension, window.extent(), window.in + padding, window.in, padding));
    }
    window.out = room / stride + 1;
    if (ceil_mode) {
      window.out = (room + stride - 1) / stride + 1;
      if (padding > 0 && 2 * (window.out - 1) * stride >= 2 * window.in + padding) --window.out;
    }
  }
  if (window.out < 1) {
    return call.error(fmt::format("spatial dimension {} of size {} leaves no output", dimension, window.in));
  }
  return {};
}

}  // namespace

Result<PadType> pad_type_of(const Call& call) {
  if (!call.has("pad_type")) return PadType::kValid;
  const std::string text = call.text("pad_type");
  if (text == "valid") return PadType::kValid;
  if (text == "same") return PadType::kSame;
  if (text == "same_lower") return PadType::kSameLower;
  if (text == "custom") return PadType::kCustom;
  return call.error(fmt::format("pad_type is '{}', expected valid, same, same_lower or custom", text));
}

Result<std::vector<int64_t>> spatial_ints(const Call& call, std::string_view name, size_t count,
                                          int64_t fallback, int64_t least) {
  auto values = call.ints(name);
  if (!values) return std::vector<int64_t>(count, fallback);
  if (values->size() != count) {
    return call.error(fmt::format("'{}' has {} entries, expected {}", name, values->size(), count));
  }
  for (const int64_t value : *values) {
    if (value < least || value > kMaxSpatialSize) {
      return call.error(fmt::format("'{}' holds {}, expected {} to {}", name, value, least, kMaxSpatialSize));
    }
  }
  return *std::move(values);
}

Result<std::vector<Window>> bare_windows(const Call& call, std::span<const int64_t> in,
                                         std::span<const int64_t> kernel) {
  WF_TRY(const std::vector<int64_t> strides, spatial_ints(call, "strides", in.size(), 1, 1));
  WF_TRY(const std::vector<int64_t> dilations, spatial_ints(call, "dilations", in.size(), 1, 1));
  std::vector<Window> windows(in.size());
  int64_t volume = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    Window& window = windows[i];
    window = {.in = in[i], .kernel = kernel[i], .stride = strides[i], .dilation = dilations[i]};
    if (window.in > kMaxSpatialSize || window.kernel > kMaxSpatialSize || window.extent() > kMaxSpatialSize) {
      return call.error(fmt::format("spatial dimension {} is too large: input {}, kernel {}, dilation {}", i,
                                    window.in, window.kernel, window.dilation));
    }
    const auto product = checked_mul(volume, std::max<int64_t>(window.in, 1));
    if (!product) return call.error(fmt::format("the spatial sizes {} are too large", to_string(in)));
    volume = *product;
    if (window.kernel == 0) return call.error(fmt::format("the kernel is empty in spatial dimension {}", i));
  }
  return windows;
}

Result<std::vector<Window>> sliding_windows(const Call& call, std::span<const int64_t> in,
                                            std::span<const int64_t> kernel, bool ceil_mode) {
  WF_TRY(const PadType type, pad_type_of(call));
  WF_TRY(std::vector<Window> windows, bare_windows(call, in, kernel));
  if (type == PadType::kCustom) {
    WF_TRY(const std::vector<int64_t> pad, spatial_ints(call, "pad", 2 * in.size(), 0, 0));
    for (size_t i = 0; i < in.size(); ++i) {
      windows[i].before = pad[2 * i];
      windows[i].after = pad[2 * i + 1];
    }
  }
  for (size_t i = 0; i < in.size(); ++i) WF_CHECK(place(call, windows[i], type, ceil_mode, i));
  return windows;
}

std::array<Window, 3> as_three(std::span<const Window> windows) {
  std::array<Window, 3> three;
  std::ranges::copy(windows, three.end() - static_cast<std::ptrdiff_t>(windows.size()));
  return three;
}

int64_t averaged_count(const Window& w, int64_t position, bool without_padding) {
  const int64_t start = position * w.stride - w.before;
  if (!without_padding) return std::min(start + w.kernel, w.in + w.after) - start;
  return std::max<int64_t>(std::min(start + w.kernel, w.in) - std::max<int64_t>(start, 0), 0);
}

}  // namespace wf
