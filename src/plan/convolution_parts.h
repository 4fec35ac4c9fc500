// What the rules of convolutions share.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv/convolution.h"
#include "plan/lowering.h"
#include "plan/output_work.h"

namespace wf {

// The shape of a `conv` call; no weights yet.
Result<Convolution> convolution_of(const Call& call);

// What convolutions read outside of their input: `count` zeros, fp32.
View padding_zeros(Lowering& lowering, int64_t count);

// Where a convolution's values lie: channels innermost.
struct ConvolutionParts {
  // For panels `width` wide. Takes the lowering's epilogue if it can. `zeros`: how many padding is read from.
  static Result<ConvolutionParts> make(Lowering& lowering, const Convolution& convolution, int64_t width,
                                       int64_t zeros);

  View x, zeros, out;
  OutputWork work;
  std::vector<View> inputs;  // of the step: x, zeros, the work's
};

// Of a step whose inputs are ConvolutionParts::inputs and whose output is view `out_view`.
ConvolutionIo convolution_io(const StepIo& io, const OutputWork& work, size_t out_view);

}  // namespace wf
