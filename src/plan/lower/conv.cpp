// conv with constant weights: channels-last, by rows or by channel.
#include <fmt/format.h>

#include <algorithm>

#include "kernels/conv/depthwise.h"
#include "kernels/copy/copy.h"
#include "plan/convolution_parts.h"
#include "plan/lower/weights.h"
#include "plan/winograd.h"

namespace wf {
namespace {

// [out, in, taps] of a group to [taps, in, out], as the packing wants rows.
template <class T>
void transpose_taps(const Tensor& weight, const Convolution& c, int64_t group, std::vector<T>& to) {
  const T* from =
      reinterpret_cast<const T*>(weight.bytes().data()) + group * c.out_channels * c.in_channels * c.taps();
  for (int64_t o = 0; o < c.out_channels; ++o) {
    for (int64_t i = 0; i < c.in_channels; ++i) {
      for (int64_t tap = 0; tap < c.taps(); ++tap) {
        to[static_cast<size_t>((tap * c.in_channels + i) * c.out_channels + o)] = *from++;
      }
    }
  }
}

template <class T>
PackedWeights::Matrices pack_groups(Isa isa, const Tensor& weight, const Convolution& c, bool bfloats) {
  PackedWeights::Matrices packed;
  std::vector<T> rows(static_cast<size_t>(c.taps() * c.in_channels * c.out_channels));
  for (int64_t group = 0; group < c.groups; ++group) {
    transpose_taps<T>(weight, c, group, rows);
    const MatrixView view{rows.data(), sizeof(T) == 2, c.out_channels, 1};
    packed.push_back(std::make_shared<const PackedMatrix>(
        (bfloats ? pack_bfloat : pack)(isa, view, c.taps() * c.in_channels, c.out_channels)));
  }
  return packed;
}

// Every channel `times` over, side by side: what the outputs of one channel see.
View repeated_channels(Lowering& l, const View& x, int64_t times) {
  Shape shape = x.shape;
  shape[1] *= times;
  const View out = l.temporary(DType::kFloat32, shape, channels_last_order(shape.size()));
  const int64_t channels = x.shape[1], pixels = x.size() / std::max<int64_t>(1, channels);
  const CopyLoops loops{{pixels, channels, times}, {channels, 1, 0}, {channels * times, times, 1}};
  l.emit("repeat channels", {x}, {out}, [loops](const StepIo& io) -> Status {
    copy_elements(loops, sizeof(float), io.at<const std::byte>(0), io.at<std::byte>(1), *io.pool);
    return {};
  });
  return out;
}

// One input channel for each group, `c.out_channels` outputs of it.
Result<bool> lower_depthwise(Lowering& l, Convolution c, const Tensor& weight) {
  const int64_t times = c.out_channels, channels = c.groups * times, taps = c.taps();
  c.groups = channels;
  c.out_channels = 1;
  AlignedBuffer rows(taps * channels * static_cast<int64_t>(sizeof(float)));
  if (!rows.valid()) return Error(ErrorCode::kEnvironment, "no memory for weights");
  WF_TRY(const Tensor wide, converted(weight, DType::kFloat32));
  for (int64_t channel = 0; channel < channels; ++channel) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      rows.as<float>()[tap * channels + channel] = wide.load<float>(channel * taps + tap);
    }
  }
  const View weights = l.constant(DType::kFloat32, {taps, channels}, std::move(rows));
  WF_TRY(ConvolutionParts p, ConvolutionParts::make(l, c, 1, depthwise_zeros(c)));
  if (times > 1) p.inputs[0] = repeated_channels(l, p.x, times);
  p.inputs.push_back(weights);
  const size_t out_view = p.inputs.size();
  const int64_t own_scratch = aligned_size(depthwise_scratch_bytes(c));
  const int64_t scratch = own_scratch + aligned_size(p.work.scratch_bytes());
  l.emit(
      fmt::format("depthwise convolution, {} taps{}", taps, p.work.text()), p.inputs, {p.out},
      [c, work = p.work, out_view, own_scratch, isa = l.isa()](const StepIo& io) -> Status {
        ConvolutionIo conv = convolution_io(io, work, out_view);
        const OutputWork::Rectangles rest(work, io, 2, conv.out,
                                          io.scratch + own_scratch * io.pool->threads());
        if (work.has_rectangle_work()) conv.after = &rest;
        convolve_depthwise(isa, {c, io.at<const float>(out_view - 1)}, conv, *io.pool);
        return {};
      },
      scratch);
  return true;
}

Result<bool> lower_conv(Lowering& l) {
  const Call& call = l.call();
  const Tensor* weight = call.tensor("weight");
  if (!weight || weight->size() == 0 || (call.has("bias") && !call.tensor("bias"))) return false;
  WF_TRY(const Tensor usable, kernel_weights(*weight));
  WF_TRY(Convolution shape, convolution_of(l.call()));
  if (shape.in_channels == 1 && shape.groups > 1 && shape.out_channels <= 4)
    return lower_depthwise(l, shape, usable);
  const bool bfloats = l.uses_bfloats(shape.in_channels);
  if (!bfloats && l.precision() != Precision::kStrict && winograd_pays(shape, usable)) {
    return lower_winograd(l, std::move(shape), usable);
  }
  // Forms of packing, with the number of groups.
  constexpr uint64_t kConvolution = 1 << 8, kBfloats = 1 << 10;
  const uint64_t form = kConvolution + (bfloats ? kBfloats : 0) + (static_cast<uint64_t>(shape.groups) << 16);
  const MatrixExtent extent{shape.taps() * shape.in_channels, shape.out_channels, bfloats};
  const auto make = [&] {
    return Result<PackedWeights::Matrices>(usable.dtype() == DType::kFloat16
                                               ? pack_groups<uint16_t>(l.isa(), usable, shape, bfloats)
                                               : pack_groups<float>(l.isa(), usable, shape, bfloats));
  };
  WF_TRY(shape.weights,
         l.packed("weight", form, make, std::vector(static_cast<size_t>(shape.groups), extent)));
  int64_t bytes = 0;
  for (const auto& packed : shape.weights) bytes += packed->bytes.size();
  const int64_t width = shape.weights[0]->width;
  WF_TRY(ConvolutionParts p, ConvolutionParts::make(l, shape, width, convolution_zeros(shape)));
  if (bfloats) p.inputs[0] = l.as_bfloats(p.x);
  const auto c = std::make_shared<const Convolution>(std::move(shape));
  const bool is_product =
      c->taps() == 1 && c->groups == 1 && std::ranges::all_of(c->windows, [](const SpatialWindow& w) {
        return w.stride == 1 && w.before == 0 && w.in == w.out;
      });
  const int64_t own_scratch =
      is_product ? 0 : aligned_size(convolution_scratch_bytes(l.isa(), *c, l.threads()));
  const int64_t scratch = own_scratch + aligned_size(p.work.scratch_bytes());
  const size_t out_view = p.inputs.size();
  const std::string_view element = name_of(c->weights[0]->element);
  std::string kernel = is_product ? fmt::format("product {}x{}x{}, {} weights{}", c->out_pixels(),
                                                c->out_channels, c->in_channels, element, p.work.text())
                                  : fmt::format("convolution by rows, {} taps x {}, {} weights{}", c->taps(),
                                                c->in_channels, element, p.work.text());
  l.emit(
      std::move(kernel), p.inputs, {p.out},
      [c, work = p.work, out_view, own_scratch, is_product, isa = l.isa()](const StepIo& io) -> Status {
        ConvolutionIo conv = convolution_io(io, work, out_view);
        const OutputWork::Rectangles rest(work, io, 2, conv.out,
                                          io.scratch + own_scratch * io.pool->threads());
        if (work.has_rectangle_work()) conv.after = &rest;
        if (is_product) {
          Product product{conv.x,   c->in_channels,  c->out_pixels(), c->weights[0].get(),
                          conv.out, c->out_channels, conv.epilogue,   conv.after};
          multiply(isa, product, *io.pool);
        } else {
          convolve(isa, *c, conv, *io.pool);
        }
        return {};
      },
      scratch, bytes);
  return true;
}

constexpr LowerRule kRules[] = {{"conv", lower_conv, true}};

}  // namespace

WF_LOWER_FILE(conv, kRules);
}  // namespace wf
