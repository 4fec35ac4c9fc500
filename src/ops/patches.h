// Convolution as sums of products over patches of the input; conv, conv_transpose and conv_quantized share
// it.
#pragma once

#include <functional>
#include <vector>

#include "ops/windows.h"

namespace wf {

// A regular grid of output positions that all read the input at the same relative positions.
struct PatchGrid {
  Position count{1, 1, 1};                         // output positions along each dimension
  Position step{1, 1, 1};                          // input elements from one output position to the next
  std::vector<Position> taps;                      // what output position 0 reads; outside the input: 0
  Position out_first{0, 0, 0}, out_step{1, 1, 1};  // where the positions lie in the output
};

struct ConvolutionSizes {
  int64_t batch = 1, groups = 1;
  int64_t channels_in = 1, channels_out = 1;  // of one group
  Position in{1, 1, 1}, out{1, 1, 1};
};

// Fills in the weights of one output channel: [input channel of the group][tap].
using ChannelWeights = std::function<void(int64_t out_channel, std::span<double> weights)>;

// out[n, c, grid] = bias[c] + sum over input channels and taps of weight * x. Memory: the weights of one
// output channel and the patches of at most 64 output positions.
Status convolve(const Evaluation& eval, const Tensor& x, const ConvolutionSizes& sizes, const PatchGrid& grid,
                const ChannelWeights& weights, const Tensor* bias, Tensor& out);

// Refuses kernels of more than 2^24 taps.
Status check_kernel_volume(const Call& call, std::span<const int64_t> kernel);

}  // namespace wf
