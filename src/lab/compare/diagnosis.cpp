#include "lab/compare/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

#include "base/float16.h"

namespace wf {
namespace {

using Values = std::vector<double>;

// A fault takes what is right and gives what a binding with the fault would show; nothing where it cannot
// apply.
struct Fault {
  std::string_view name, title, fix;
  std::function<std::vector<std::optional<Values>>(const Tensor& right, int64_t count)> done_to;
};

Values values_of(DType dtype, std::span<const std::byte> bytes, int64_t count) {
  const size_t width = static_cast<size_t>(bit_width(dtype)) / 8;
  const auto there = std::min(count, static_cast<int64_t>(bytes.size() / width));
  const auto view = Tensor::view(dtype, {there}, bytes.first(static_cast<size_t>(there) * width), nullptr);
  Values out = view ? read_doubles(*view) : Values();
  return out;
}

std::vector<std::optional<Values>> reread(const Tensor& right, DType stored, DType read, int64_t count) {
  const auto bytes = converted(right, stored);
  if (!bytes) return {};
  return {values_of(read, bytes->bytes(), count)};
}

// Rows padded to so many bytes, read as if they were dense. The padding itself may hold anything: NaN stands
// for that.
std::vector<std::optional<Values>> padded(const Tensor& right, int64_t count) {
  std::vector<std::optional<Values>> out;
  if (right.rank() < 1 || right.size() == 0) return out;
  const Values values = read_doubles(right);
  const int64_t row = right.shape().back();
  for (const int64_t width : {2, 4, 8}) {
    for (const int64_t alignment : {16, 32, 64, 128}) {
      const int64_t unit = alignment / width;
      const int64_t stride = unit == 0 ? row : (row + unit - 1) / unit * unit;
      if (stride == row) continue;
      Values dense(static_cast<size_t>(count), std::nan(""));
      for (int64_t i = 0; i < count; ++i) {
        if (i % stride < row && i / stride * row + i % stride < right.size())
          dense[static_cast<size_t>(i)] = values[static_cast<size_t>(i / stride * row + i % stride)];
      }
      if (std::ranges::find_if(out, [&](const auto& other) {
            return std::ranges::equal(
                *other, dense, [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
          }) == out.end())
        out.emplace_back(std::move(dense));
    }
  }
  return out;
}

// Every exchange of two dimensions, and all of them in reverse.
std::vector<std::optional<Values>> reordered(const Tensor& right, int64_t) {
  std::vector<std::optional<Values>> out;
  const auto rank = static_cast<size_t>(right.rank());
  if (rank < 2 || rank > 6) return out;
  const Values values = read_doubles(right);
  std::vector<std::vector<size_t>> orders;
  for (size_t a = 0; a < rank; ++a) {
    for (size_t b = a + 1; b < rank; ++b) {
      std::vector<size_t> order(rank);
      for (size_t i = 0; i < rank; ++i) order[i] = i;
      std::swap(order[a], order[b]);
      orders.push_back(order);
    }
  }
  if (rank >= 3) {  // [C, H, W] and [H, W, C]
    std::vector<size_t> forward(rank), backward(rank);
    for (size_t i = 0; i < rank; ++i) forward[i] = backward[i] = i;
    std::rotate(forward.end() - 3, forward.end() - 2, forward.end());
    std::rotate(backward.end() - 3, backward.end() - 1, backward.end());
    orders.push_back(forward);
    orders.push_back(backward);
  }
  Shape strides(rank, 1);
  for (size_t i = rank - 1; i-- > 0;) strides[i] = strides[i + 1] * right.shape()[i + 1];
  for (const auto& order : orders) {
    Values moved(values.size());
    std::vector<int64_t> at(rank, 0);
    for (double& value : moved) {
      int64_t from = 0;
      for (size_t i = 0; i < rank; ++i) from += at[i] * strides[order[i]];
      value = values[static_cast<size_t>(from)];
      for (size_t i = rank; i-- > 0;) {
        if (++at[i] < right.shape()[order[i]]) break;
        at[i] = 0;
      }
    }
    if (moved != values) out.emplace_back(std::move(moved));
  }
  return out;
}

std::vector<std::optional<Values>> bytes_reversed(const Tensor& right, int64_t count) {
  std::vector<std::optional<Values>> out;
  for (const DType dtype : {right.dtype(), DType::kFloat32, DType::kFloat16}) {
    const auto stored = converted(right, dtype);
    const auto width = static_cast<std::ptrdiff_t>(bit_width(dtype) / 8);
    if (!stored || width < 2) continue;
    std::vector<std::byte> bytes(stored->bytes().begin(), stored->bytes().end());
    for (auto at = bytes.begin(); at != bytes.end(); at += width) std::reverse(at, at + width);
    out.emplace_back(values_of(dtype, bytes, count));
  }
  return out;
}

// The first and the third of three channels exchanged, wherever a dimension of three or four is.
std::vector<std::optional<Values>> channels_exchanged(const Tensor& right, int64_t) {
  std::vector<std::optional<Values>> out;
  const Values values = read_doubles(right);
  int64_t step = 1;
  for (size_t d = right.shape().size(); d-- > 0;) {
    const int64_t size = right.shape()[d];
    if (size == 3 || size == 4) {
      Values moved(values.size());
      for (int64_t i = 0; i < right.size(); ++i) {
        const int64_t channel = i / step % size;
        moved[static_cast<size_t>(i)] =
            values[static_cast<size_t>(channel < 3 ? i + (2 - 2 * channel) * step : i)];
      }
      if (moved != values) out.emplace_back(std::move(moved));
    }
    step *= size;
  }
  return out;
}

std::vector<std::optional<Values>> shifted(const Tensor& right, int64_t) {
  std::vector<std::optional<Values>> out;
  const Values values = read_doubles(right);
  for (const int by : {1, -1}) {
    Values moved = values;
    std::rotate(moved.begin(), by > 0 ? moved.begin() + 1 : moved.end() - 1, moved.end());
    if (moved != values) out.emplace_back(std::move(moved));
  }
  return out;
}

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"half_read_as_float", "Float16 bytes were read as Float32",
       "look at the output's data type: Core ML's may be Float16 (MLMultiArrayDataTypeFloat16); convert each "
       "element",
       [](const Tensor& right, int64_t count) {
         return reread(right, DType::kFloat16, DType::kFloat32, count);
       }},
      {"float_read_as_half", "Float32 bytes were read as Float16",
       "look at the output's data type before reading its bytes",
       [](const Tensor& right, int64_t count) {
         return reread(right, DType::kFloat32, DType::kFloat16, count);
       }},
      {"byte_order", "each element's bytes are in the other order", "read and write little-endian numbers",
       bytes_reversed},
      {"padding_as_data", "rows with padding were copied as if they were dense",
       "walk the array by its strides: Core ML pads rows, on the Neural Engine to 64 bytes", padded},
      {"channel_order", "RGB was read as BGR, or the other way",
       "give pixel buffers as 32BGRA and let Core ML order the channels, or exchange them",
       channels_exchanged},
      {"transposed", "dimensions are in another order",
       "walk the array by its strides, or give the input in the order the model declares", reordered},
      {"shifted", "all elements lie one place off", "check the offset at which the bytes begin", shifted},
  };
  return all;
}

// The share of elements that a fault explains; those it leaves open (NaN) do not count.
struct Match {
  double share = 0;
  int64_t compared = 0;
};
Match match(const Values& actual, const Values& explained, double tolerance, double scale) {
  Match out;
  int64_t same = 0;
  const size_t count = std::min(actual.size(), explained.size());
  for (size_t i = 0; i < count; ++i) {
    if (std::isnan(explained[i]) && !std::isnan(actual[i])) continue;
    ++out.compared;
    const double a = actual[i], b = explained[i];
    // Misread numbers range over hundreds of decades: those far from the scale are compared by their ratio.
    const double size = std::max(std::abs(a), std::abs(b));
    const double allowed =
        tolerance * (size > 1e3 * scale || size < 1e-3 * scale ? size : std::max(scale, size));
    if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= allowed) ++same;
  }
  out.share = out.compared == 0 ? 0 : static_cast<double>(same) / static_cast<double>(out.compared);
  return out;
}

double largest(const Values& values) {
  double out = 0;
  for (const double value : values) {
    if (std::isfinite(value)) out = std::max(out, std::abs(value));
  }
  return out;
}

// actual = factor * expected + offset, by least squares; how much of the variance that leaves.
struct Line {
  double factor = 1, offset = 0, left = 1;
};
Line fitted_line(const Values& actual, const Values& expected) {
  const auto n = static_cast<double>(expected.size());
  double mean_a = 0, mean_e = 0, cov = 0, var_e = 0, var_a = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    mean_a += actual[i] / n;
    mean_e += expected[i] / n;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    cov += (actual[i] - mean_a) * (expected[i] - mean_e);
    var_e += (expected[i] - mean_e) * (expected[i] - mean_e);
    var_a += (actual[i] - mean_a) * (actual[i] - mean_a);
  }
  if (var_e <= 0 || var_a <= 0) return {};
  const double factor = cov / var_e;
  return {factor, mean_a - factor * mean_e, std::max(0.0, 1 - cov * cov / (var_e * var_a))};
}

Values softmax(const Values& logits, size_t row) {
  Values out = logits;
  for (size_t begin = 0; begin + row <= out.size(); begin += row) {
    const double top = *std::max_element(out.begin() + static_cast<std::ptrdiff_t>(begin),
                                         out.begin() + static_cast<std::ptrdiff_t>(begin + row));
    double sum = 0;
    for (size_t i = begin; i < begin + row; ++i) sum += out[i] = std::exp(out[i] - top);
    for (size_t i = begin; i < begin + row; ++i) out[i] /= sum;
  }
  return out;
}

bool are_probabilities(const Values& values, size_t row) {
  if (row < 2) return false;
  for (size_t begin = 0; begin + row <= values.size(); begin += row) {
    double sum = 0;
    for (size_t i = begin; i < begin + row; ++i) {
      if (!(values[i] >= 0 && values[i] <= 1.001)) return false;
      sum += values[i];
    }
    if (std::abs(sum - 1) > 0.01) return false;
  }
  return true;
}

// Faults whose undoing is arithmetic.
std::optional<Diagnosis> arithmetic(const Values& actual, const Values& expected, size_t row,
                                    double tolerance) {
  const double scale = largest(expected);
  if (row >= 2 && are_probabilities(expected, row) && !are_probabilities(actual, row)) {
    const Match soft = match(softmax(actual, row), expected, std::max(tolerance, 1e-3), scale);
    if (soft.share > 0.99) {
      return Diagnosis{
          "softmax_missing", "one side gives logits, the other probabilities",
          fmt::format("softmax of the one is the other in {:.1f} % of elements", 100 * soft.share),
          "apply softmax to the output, or keep the model's last softmax", soft.share};
    }
  }
  if (row >= 2 && are_probabilities(actual, row) && !are_probabilities(expected, row)) {
    const Match soft = match(actual, softmax(expected, row), std::max(tolerance, 1e-3), 1);
    if (soft.share > 0.99) {
      return Diagnosis{
          "softmax_missing", "one side gives logits, the other probabilities",
          fmt::format("softmax of the expected is the actual in {:.1f} % of elements", 100 * soft.share),
          "compare both before or both after softmax", soft.share};
    }
  }
  const Line line = fitted_line(actual, expected);
  const bool moved = std::abs(line.factor - 1) > 0.01 || std::abs(line.offset) > 0.01 * scale;
  if (expected.size() >= 3 && moved && line.left < 1e-4) {
    return Diagnosis{
        "not_normalised", "the numbers differ by a scale and an offset",
        fmt::format("actual = {:.6g} * expected {} {:.6g} leaves {:.1e} of the variance", line.factor,
                    line.offset < 0 ? '-' : '+', std::abs(line.offset), line.left),
        "check the normalisation of inputs (1/255, mean and deviation) and of outputs on both sides",
        1 - line.left};
  }
  return std::nullopt;
}

std::string halves_text(const Values& actual, const Values& expected) {
  if (actual.empty() || expected.size() < 2) return "";
  const auto [low, high] = as_two_halves(static_cast<float>(actual[0]));
  return fmt::format(
      "; the first number, {:.7g}, is the bytes of {:.9g} and {:.9g}, expected {:.9g} and {:.9g}", actual[0],
      low, high, expected[0], expected[1]);
}

}  // namespace

std::pair<double, double> as_two_halves(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return {half_to_double(static_cast<uint16_t>(bits)), half_to_double(static_cast<uint16_t>(bits >> 16))};
}

Diagnosis diagnose(const Tensor& actual_tensor, const Tensor& expected_tensor, double tolerance) {
  const Values actual = read_doubles(actual_tensor), expected = read_doubles(expected_tensor);
  const double scale = largest(expected);
  const bool same_size = actual.size() == expected.size();
  if (same_size && match(actual, expected, tolerance, scale).share == 1)
    return {"same", "the outputs agree", fmt::format("every element within {:g} of the scale", tolerance), "",
            1};

  Diagnosis best{"unexplained", "the outputs differ in a way that has no name here", "",
                 "compare step by step: `windfall parity` names the first operation where two engines part",
                 0};
  for (const Fault& fault : faults()) {
    for (const auto& explained : fault.done_to(expected_tensor, actual_tensor.size())) {
      if (!explained) continue;
      const Match found = match(actual, *explained, tolerance, scale);
      // What explains few elements explains nothing; the beginning of the bytes is often all there is to see.
      if (found.compared < std::min<int64_t>(2, expected_tensor.size()) && fault.name != "half_read_as_float")
        continue;
      if (found.share <= best.explained || found.share < 0.95) continue;
      best = {
          fault.name, std::string(fault.title),
          fmt::format("the fault done to the expected output gives the actual one in {:.1f} % of {} elements",
                      100 * found.share, found.compared),
          std::string(fault.fix), found.share};
    }
  }
  if (best.name == "half_read_as_float") best.evidence += halves_text(actual, expected);
  if (best.explained > 0) return best;
  const size_t row =
      expected_tensor.shape().empty() ? 1 : static_cast<size_t>(expected_tensor.shape().back());
  const auto count_if = [&](const std::function<bool(double)>& is) {
    return static_cast<int64_t>(std::ranges::count_if(actual, is)) -
           (same_size ? std::ranges::count_if(expected, is) : 0);
  };
  if (const int64_t nan = count_if([](double v) { return std::isnan(v); }); nan > 0) {
    return {
        "nan", "the output holds numbers that are none (NaN)",
        fmt::format("{} of {} elements", nan, actual.size()),
        "an overflow of fp16 on the way, or uninitialised memory: compare with fp32, then look at padding",
        0};
  }
  if (const int64_t infinite = count_if([](double v) { return std::isinf(v); }); infinite > 0) {
    return {"infinite", "the output holds infinities",
            fmt::format("{} of {} elements", infinite, actual.size()),
            "an overflow of fp16: `windfall parity` shows where", 0};
  }
  if (largest(actual) < kNearZero && scale >= kNearZero) {
    const auto [low, high] = as_two_halves(actual.empty() ? 0 : static_cast<float>(actual[0]));
    return {
        "near_zero", "the output is nearly zero everywhere",
        fmt::format("largest {:.3g}, expected {:.3g}; as Float16 the first number is {:.6g} and {:.6g}",
                    largest(actual), scale, low, high),
        "if those two look plausible, Float16 bytes were read as Float32; else the output was never written",
        0};
  }
  if (same_size) {
    if (auto found = arithmetic(actual, expected, row, tolerance)) return *found;
  }
  return best;
}

}  // namespace wf
