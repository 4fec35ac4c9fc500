#include "plan/winograd.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/float16.h"
#include "kernels/conv/winograd.h"
#include "plan/convolution_parts.h"

namespace wf {
namespace {

// The transformed weights are eight times the file's; larger ones would no longer be read from the cache, nor
// be small beside the rest of the model.
constexpr int64_t kMostWeightBytes = 5 << 19;
// Fewer tiles do not fill a product's rows; fewer channels are soon multiplied, and the transformations cost
// more.
constexpr int64_t kFewestTiles = 24, kFewestChannels = 32;

// The matrix of each position, in_channels by out_channels.
PackedWeights::Matrices pack_factors(Isa isa, const Tensor& weight, const Convolution& c) {
  const int64_t elements = c.in_channels * c.out_channels;
  std::vector<float> factors(static_cast<size_t>(kWinogradPositions * elements));
  const auto* from = reinterpret_cast<const uint16_t*>(weight.bytes().data());
  for (int64_t o = 0; o < c.out_channels; ++o) {
    for (int64_t i = 0; i < c.in_channels; ++i, from += 9) {
      std::array<float, 9> kernel{};
      for (size_t tap = 0; tap < 9; ++tap) kernel[tap] = half_to_float(from[tap]);
      const auto of_kernel = winograd_factors(kernel);
      for (int64_t p = 0; p < kWinogradPositions; ++p) {
        factors[static_cast<size_t>(p * elements + i * c.out_channels + o)] =
            of_kernel[static_cast<size_t>(p)];
      }
    }
  }
  PackedWeights::Matrices packed;
  for (int64_t p = 0; p < kWinogradPositions; ++p) {
    const MatrixView view{factors.data() + p * elements, false, c.out_channels, 1};
    packed.push_back(std::make_shared<const PackedMatrix>(pack(isa, view, c.in_channels, c.out_channels)));
  }
  return packed;
}

}  // namespace

bool winograd_pays(const Convolution& c, const Tensor& weight) {
  const auto is_plain = [](const SpatialWindow& w) {
    return w.kernel == 3 && w.stride == 1 && w.dilation == 1;
  };
  return weight.dtype() == DType::kFloat16 && c.groups == 1 && c.windows[0].kernel == 1 &&
         c.windows[0].in == 1 && c.windows[0].out == 1 && is_plain(c.windows[1]) && is_plain(c.windows[2]) &&
         std::min(c.in_channels, c.out_channels) >= kFewestChannels && winograd_tiles(c) >= kFewestTiles &&
         kWinogradPositions * c.in_channels * c.out_channels * 4 <= kMostWeightBytes;
}

Result<bool> lower_winograd(Lowering& l, Convolution shape, const Tensor& weight) {
  constexpr uint64_t kWinograd = 1 << 9;  // a form of packing
  const std::vector<MatrixExtent> extents(kWinogradPositions,
                                          MatrixExtent{shape.in_channels, shape.out_channels, false});
  WF_TRY(shape.weights,
         l.packed(
             "weight", kWinograd,
             [&] { return Result<PackedWeights::Matrices>(pack_factors(l.isa(), weight, shape)); }, extents));
  int64_t bytes = 0;
  for (const auto& packed : shape.weights) bytes += packed->bytes.size();
  WF_TRY(ConvolutionParts p,
         ConvolutionParts::make(l, shape, shape.weights[0]->width, convolution_zeros(shape)));
  const auto c = std::make_shared<const WinogradConvolution>(
      WinogradConvolution{std::move(shape), weight.bytes().data(), true});
  const int64_t own_scratch = aligned_size(winograd_scratch_bytes(*c));
  const size_t out_view = p.inputs.size();
  l.emit(
      fmt::format("convolution by Winograd's 4x4 tiles, {} tiles x {}, fp32 factors{}",
                  winograd_tiles(c->shape), c->shape.in_channels, p.work.text()),
      p.inputs, {p.out},
      [c, weight, work = p.work, out_view, own_scratch, isa = l.isa()](const StepIo& io) -> Status {
        ConvolutionIo conv = convolution_io(io, work, out_view);
        const OutputWork::Rectangles rest(work, io, 2, conv.out,
                                          io.scratch + own_scratch * io.pool->threads());
        if (work.has_rectangle_work()) conv.after = &rest;
        convolve_winograd(isa, *c, conv, *io.pool);
        return {};
      },
      own_scratch + aligned_size(p.work.scratch_bytes()), bytes);
  return true;
}

}  // namespace wf
