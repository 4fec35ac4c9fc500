// avg_pool, l2_pool, max_pool: a reduction over each window of one to three spatial dimensions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/windows.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats),
                             Param("kernel_sizes").ints().constant(),
                             Param("strides").ints().optional().constant(),
                             Param("pad_type").text().constant(),
                             Param("pad").ints().optional().constant(),
                             Param("ceil_mode").flags().or_flag(false).constant()};
constexpr Param kAverageParams[] = {Param("x").of(kFloats),
                                    Param("kernel_sizes").ints().constant(),
                                    Param("strides").ints().optional().constant(),
                                    Param("pad_type").text().constant(),
                                    Param("pad").ints().optional().constant(),
                                    Param("ceil_mode").flags().or_flag(false).constant(),
                                    Param("exclude_padding_from_average").flags().or_flag(false).constant()};

constexpr std::string_view kSamples[] = {
    "x=T[2,3,9] kernel_sizes={3} pad_type=\"valid\"",
    "x=T[1,3,8,7] kernel_sizes={2,3} strides={2,2} pad_type=\"same\"",
    "x=T[1,3,8,7] kernel_sizes={2,4} strides={1,2} pad_type=\"same_lower\"",
    "x=T[1,2,7,7] kernel_sizes={3,3} strides={2,2} pad_type=\"custom\" pad={1,1,1,1} ceil_mode=true",
    "x=T[1,2,6,7] kernel_sizes={3,2} pad_type=\"custom\" pad={1,0,0,1}",
    "x=T[0,2,6,7] kernel_sizes={3,2} pad_type=\"valid\"",
};
constexpr std::string_view kVolumeSamples[] = {
    "x=T[2,3,9] kernel_sizes={3} pad_type=\"valid\"",
    "x=T[1,3,8,7] kernel_sizes={2,3} strides={2,2} pad_type=\"same\"",
    "x=T[1,3,8,7] kernel_sizes={2,4} strides={1,2} pad_type=\"same_lower\"",
    "x=T[1,2,7,7] kernel_sizes={3,3} strides={2,2} pad_type=\"custom\" pad={1,1,1,1} ceil_mode=true",
    "x=T[1,2,4,5,6] kernel_sizes={2,3,2} strides={1,2,2} pad_type=\"custom\" pad={1,0,1,1,0,1}",
    "x=T[0,2,6,7] kernel_sizes={3,2} pad_type=\"valid\"",
};
constexpr std::string_view kAverageSamples[] = {
    "x=T[2,3,9] kernel_sizes={3} pad_type=\"valid\"",
    "x=T[1,3,8,7] kernel_sizes={2,3} strides={2,2} pad_type=\"same\"",
    "x=T[1,3,8,7] kernel_sizes={2,4} strides={1,2} pad_type=\"same_lower\" exclude_padding_from_average=true",
    "x=T[1,2,7,7] kernel_sizes={3,3} strides={2,2} pad_type=\"custom\" pad={1,1,1,1} ceil_mode=true",
    "x=T[1,2,4,5,6] kernel_sizes={2,3,2} strides={1,2,2} pad_type=\"custom\" pad={1,0,1,1,0,1} "
    "exclude_padding_from_average=true",
    "x=T[0,2,6,7] kernel_sizes={3,2} pad_type=\"valid\"",
};

Result<std::vector<Window>> windows_of(const Call& call) {
  const auto in = std::span(call.shape("x")).subspan(2);
  WF_TRY(const std::vector<int64_t> kernel, spatial_ints(call, "kernel_sizes", in.size(), 1, 1));
  return sliding_windows(call, in, kernel, call.flag("ceil_mode"));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const size_t max_rank = call.def().name == "l2_pool" ? 4 : 5;
  if (x.size() < 3 || x.size() > max_rank) {
    return call.error(
        fmt::format("x is {}, expected rank 3 to {}: [n, channels, spatial...]", to_string(x), max_rank));
  }
  if (call.flag("ceil_mode")) {
    WF_TRY(const PadType type, pad_type_of(call));
    if (x.size() > 4) return call.error("ceil_mode works on one or two spatial dimensions, found three");
    if (type == PadType::kSame || type == PadType::kSameLower)
      return call.error("ceil_mode does not go with pad_type 'same'");
  }
  WF_TRY(const std::vector<Window> windows, windows_of(call));
  Shape out{x[0], x[1]};
  for (const Window& window : windows) {
    if (call.flag("ceil_mode") && window.before != window.after) {
      return call.error(fmt::format("ceil_mode needs symmetric padding, found {} before and {} after",
                                    window.before, window.after));
    }
    out.push_back(window.out);
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

// The taps of one window that lie inside the input: input positions [first, end).
struct Covered {
  int64_t first, end;
};
Covered covered(const Window& w, int64_t position) {
  const int64_t start = position * w.stride - w.before;
  return {std::max<int64_t>(start, 0), std::min(start + w.kernel, w.in)};
}

// Reduces every window: step(state, element) over its elements inside the input, then finish(state,
// position).
template <class Step, class Finish>
Status pool(Evaluation& eval, double initial, Step&& step, Finish&& finish) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const std::vector<Window> windows, windows_of(eval));
  const std::array<Window, 3> w = as_three(windows);
  if (out.size() == 0) {
    eval.set_output(0, std::move(out));
    return {};
  }
  const int64_t plane = w[0].in * w[1].in * w[2].in;
  const int64_t planes = x.shape()[0] * x.shape()[1];
  WF_TRY(WorkBuffer input, WorkBuffer::make(plane));
  WF_TRY(WorkBuffer row, WorkBuffer::make(w[2].out));
  int64_t at = 0;
  for (int64_t p = 0; p < planes; ++p) {
    read_doubles(x, p * plane, input.all());
    for (int64_t a = 0; a < w[0].out; ++a) {
      const Covered depth = covered(w[0], a);
      for (int64_t b = 0; b < w[1].out; ++b, at += w[2].out) {
        WF_CHECK(eval.tick());
        const Covered height = covered(w[1], b);
        for (int64_t c = 0; c < w[2].out; ++c) {
          const Covered width = covered(w[2], c);
          double state = initial;
          for (int64_t i = depth.first; i < depth.end; ++i) {
            for (int64_t j = height.first; j < height.end; ++j) {
              const double* line = input.data() + (i * w[1].in + j) * w[2].in;
              for (int64_t k = width.first; k < width.end; ++k) state = step(state, line[k]);
            }
          }
          row.data()[c] = finish(state, w, {a, b, c});
        }
        write_doubles(out, at, row.all());
      }
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

double sum(double total, double x) { return total + x; }

Status average_reference(Evaluation& eval) {
  const bool without_padding = eval.flag("exclude_padding_from_average");
  return pool(eval, 0.0, sum, [&](double total, const std::array<Window, 3>& w, const Position& at) {
    double count = 1;
    for (size_t d = 0; d < 3; ++d) count *= static_cast<double>(averaged_count(w[d], at[d], without_padding));
    return count > 0 ? total / count : 0.0;  // a window of padding alone
  });
}

Status l2_reference(Evaluation& eval) {
  return pool(
      eval, 0.0, [](double total, double x) { return total + x * x; },
      [](double total, const std::array<Window, 3>&, const Position&) { return std::sqrt(total); });
}

Status max_reference(Evaluation& eval) {
  return pool(
      eval, -std::numeric_limits<double>::infinity(),
      [](double most, double x) { return x > most || std::isnan(x) ? x : most; },
      [](double most, const std::array<Window, 3>&, const Position&) { return most; });
}

constexpr OpDef kDefs[] = {
    {.name = "avg_pool",
     .params = kAverageParams,
     .infer = infer,
     .reference = average_reference,
     .samples = kAverageSamples,
     .doc = "The mean of each window. x [n, C, D...] with one to three spatial dimensions, out floor((D + "
            "pad - K) / "
            "stride) + 1. Padding counts as zeros unless exclude_padding_from_average. ceil_mode: ceil in "
            "place of "
            "floor, less a window that would start in the padding behind; the overhang does not count "
            "(PyTorch). "
            "Source: MIL, iOS15 pool."},
    {.name = "l2_pool",
     .params = kParams,
     .infer = infer,
     .reference = l2_reference,
     .samples = kSamples,
     .doc = "sqrt of the sum of squares of each window, one or two spatial dimensions. Source: MIL, iOS15 "
            "pool."},
    {.name = "max_pool",
     .params = kParams,
     .infer = infer,
     .reference = max_reference,
     .samples = kVolumeSamples,
     .doc = "The maximum of each window; padding is -inf, NaN stays NaN. Sizes as avg_pool. Source: MIL, "
            "iOS15 pool."},
};

}  // namespace

WF_OP_FILE(pool, kDefs);
}  // namespace wf
