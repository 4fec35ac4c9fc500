#include "plan/convolution_parts.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ops/windows.h"

namespace wf {

View padding_zeros(Lowering& l, int64_t count) {
  AlignedBuffer bytes(count * static_cast<int64_t>(sizeof(float)));
  std::memset(bytes.data(), 0, static_cast<size_t>(bytes.size()));
  return l.constant(DType::kFloat32, {count}, std::move(bytes));
}

Result<Convolution> convolution_of(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& weight = call.shape("weight");
  WF_TRY(const std::vector<Window> windows,
         sliding_windows(call, std::span(x).subspan(2), std::span(weight).subspan(2)));
  const std::array<Window, 3> three = as_three(windows);
  Convolution c;
  c.batch = x[0];
  c.groups = call.integer("groups");
  c.in_channels = weight[1];
  c.out_channels = weight[0] / c.groups;
  for (size_t d = 0; d < 3; ++d) {
    c.windows[d] = {three[d].in,     three[d].out,      three[d].kernel,
                    three[d].stride, three[d].dilation, three[d].before};
  }
  return c;
}

Result<ConvolutionParts> ConvolutionParts::make(Lowering& l, const Convolution& c, int64_t width,
                                                int64_t zeros) {
  ConvolutionParts p;
  const Order order = channels_last_order(l.output_shape(0).size());
  WF_TRY(p.x, l.arranged("x", order));
  p.zeros = padding_zeros(l, zeros);
  WF_TRY(p.work, OutputWork::make(l, order, c.groups * c.out_channels, width, l.call().tensor("bias")));
  p.out = l.new_output(0, order);
  p.inputs = {p.x, p.zeros};
  p.inputs.insert(p.inputs.end(), p.work.views().begin(), p.work.views().end());
  return p;
}

ConvolutionIo convolution_io(const StepIo& io, const OutputWork& work, size_t out_view) {
  ConvolutionIo c;
  c.x = io.at<const std::byte>(0);
  c.zeros = io.at<const std::byte>(1);
  c.out = io.at<float>(out_view);
  c.scratch = io.scratch;
  c.epilogue = work.epilogue(io, 2);
  return c;
}

}  // namespace wf
