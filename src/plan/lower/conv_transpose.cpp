// conv_transpose with constant weights: output positions that are a stride apart see the same taps, so each
// such phase is a convolution of stride 1, computed by itself and then put between the others.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "kernels/conv/convolution.h"
#include "ops/windows.h"
#include "plan/convolution_parts.h"
#include "plan/lower/weights.h"
#include "plan/lowering.h"
#include "plan/output_work.h"

namespace wf {
namespace {

// One dimension of a phase: output positions first, first + stride, ... see taps last_tap, last_tap - stride,
// ... (in the order of growing input position).
struct Phase {
  int64_t first = 0, out = 0;
  std::vector<int64_t> taps;
  int64_t before = 0;
};

// Output position o gets weight[k] * x[i] where i * stride = o + before - k; taps k and k - stride take
// neighbours i and i + 1.
Phase phase_of(const Window& w, int64_t first) {
  Phase phase;
  phase.first = first;
  phase.out = (w.out - first + w.stride - 1) / w.stride;
  for (int64_t k = w.kernel - 1; k >= 0; --k) {
    if ((first + w.before - k) % w.stride == 0) phase.taps.push_back(k);
  }
  if (!phase.taps.empty()) phase.before = -(first + w.before - phase.taps[0]) / w.stride;
  return phase;
}

// The weights [in, out, taps...] of these taps as rows: tap after tap, input channel after input channel.
template <class T>
std::vector<T> rows_of(const Tensor& weight, const std::array<Window, 3>& w,
                       const std::array<Phase, 3>& phases, int64_t in, int64_t out) {
  const T* from = reinterpret_cast<const T*>(weight.bytes().data());
  const int64_t volume = w[0].kernel * w[1].kernel * w[2].kernel;
  std::vector<T> rows;
  for (const int64_t a : phases[0].taps) {
    for (const int64_t b : phases[1].taps) {
      for (const int64_t c : phases[2].taps) {
        const int64_t tap = (a * w[1].kernel + b) * w[2].kernel + c;
        for (int64_t i = 0; i < in; ++i) {
          for (int64_t o = 0; o < out; ++o) rows.push_back(from[(i * out + o) * volume + tap]);
        }
      }
    }
  }
  return rows;
}

// A form of packing, with the phase.
constexpr uint64_t kTransposed = 1 << 16;

template <class T>
PackedWeights::Matrices pack_phase(Isa isa, const Tensor& weight, const std::array<Window, 3>& w,
                                   const std::array<Phase, 3>& phases, int64_t in, int64_t out) {
  const std::vector<T> rows = rows_of<T>(weight, w, phases, in, out);
  const MatrixView view{rows.data(), sizeof(T) == 2, out, 1};
  return {
      std::make_shared<const PackedMatrix>(pack(isa, view, static_cast<int64_t>(rows.size()) / out, out))};
}

Result<bool> lower_conv_transpose(Lowering& l) {
  const Call& call = l.call();
  const Tensor* weight = call.tensor("weight");
  if (!weight || weight->size() == 0 || call.integer("groups") != 1) return false;
  if (call.has("bias") && !call.tensor("bias")) return false;
  WF_TRY(const std::vector<Window> windows, transposed_windows(call));
  const std::array<Window, 3> w = as_three(windows);
  const bool is_plain = std::ranges::all_of(
      w, [](const Window& d) { return d.dilation == 1 && d.kernel >= d.stride && d.out >= d.stride; });
  if (!is_plain) return false;
  WF_TRY(const Tensor usable, kernel_weights(*weight));
  const int64_t in = weight->shape()[0], out_channels = weight->shape()[1];
  const Order order = channels_last_order(l.output_shape(0).size());
  WF_TRY(const View x, l.arranged("x", order));
  const View zeros = padding_zeros(l, in * w[2].kernel);
  auto bias = std::make_shared<std::vector<float>>(
      static_cast<size_t>(out_channels + 2 * panel_width(l.isa())), 0.0F);
  if (const Tensor* given = call.tensor("bias")) {
    for (int64_t c = 0; c < out_channels; ++c)
      (*bias)[static_cast<size_t>(c)] = static_cast<float>(read_double(*given, c));
  }
  const View out = l.new_output(0, order);

  const size_t spatial = out.shape.size() - 2;
  for (int64_t a = 0; a < w[0].stride; ++a) {
    for (int64_t b = 0; b < w[1].stride; ++b) {
      for (int64_t c = 0; c < w[2].stride; ++c) {
        const std::array<Phase, 3> phases{phase_of(w[0], a), phase_of(w[1], b), phase_of(w[2], c)};
        Convolution conv;
        conv.batch = x.shape[0];
        conv.in_channels = in;
        conv.out_channels = out_channels;
        for (size_t d = 0; d < 3; ++d) {
          const auto taps = static_cast<int64_t>(phases[d].taps.size());
          conv.windows[d] = {w[d].in, phases[d].out, taps, 1, 1, phases[d].before};
        }
        const uint64_t form = kTransposed + static_cast<uint64_t>((a * w[1].stride + b) * w[2].stride + c);
        WF_TRY(conv.weights, l.packed("weight", form, [&] {
          return Result<PackedWeights::Matrices>(
              usable.dtype() == DType::kFloat16
                  ? pack_phase<uint16_t>(l.isa(), usable, w, phases, in, out_channels)
                  : pack_phase<float>(l.isa(), usable, w, phases, in, out_channels));
        }));
        const int64_t bytes = conv.weights[0]->bytes.size();
        // The phase's output, dense, then its place in the whole.
        View place = out;
        for (size_t d = 0; d < spatial; ++d) {
          const size_t window = 3 - spatial + d;
          place.offset += phases[window].first * out.strides[2 + d];
          place.shape[2 + d] = phases[window].out;
          place.strides[2 + d] = out.strides[2 + d] * w[window].stride;
        }
        const bool is_whole = w[0].stride * w[1].stride * w[2].stride == 1;
        const View dense = is_whole ? out : l.temporary(DType::kFloat32, place.shape, order);
        l.emit(
            fmt::format("transposed convolution, {} taps x {}", conv.taps(), in), {x, zeros}, {dense},
            [conv, bias, isa = l.isa()](const StepIo& io) -> Status {
              ConvolutionIo c_io;
              c_io.x = io.at<const float>(0);
              c_io.zeros = io.at<const float>(1);
              c_io.out = io.at<float>(2);
              c_io.scratch = io.scratch;
              c_io.epilogue.bias = bias->data();
              convolve(isa, conv, c_io, *io.pool);
              return {};
            },
            aligned_size(convolution_scratch_bytes(l.isa(), conv, l.threads())), bytes);
        if (is_whole) continue;
        l.emit_copy(dense, place);
      }
    }
  }
  return true;
}

constexpr LowerRule kRules[] = {{"conv_transpose", lower_conv_transpose}};

}  // namespace

WF_LOWER_FILE(conv_transpose, kRules);
}  // namespace wf
