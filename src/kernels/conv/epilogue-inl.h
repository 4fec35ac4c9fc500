// An epilogue (kernels/gemm/tile.h) on one vector of channels. Included inside each instruction set's pass.
#if defined(WF_KERNELS_CONV_EPILOGUE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WF_KERNELS_CONV_EPILOGUE_INL_H
#undef WF_KERNELS_CONV_EPILOGUE_INL_H
#else
#define WF_KERNELS_CONV_EPILOGUE_INL_H
#endif

#include "kernels/gemm/tile.h"
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

struct Channels {
  int64_t first, count;  // count at most one vector
};

// `e` begins at channel 0 and pixel 0.
HWY_INLINE V finish(V sum, const TileEpilogue& e, int64_t pixel, Channels c) {
  if (e.scale) sum = hn::Mul(sum, load_first(e.scale + c.first, c.count));
  if (e.bias) sum = hn::Add(sum, load_first(e.bias + c.first, c.count));
  if (e.residual) {
    sum = hn::Add(sum, load_first(e.residual + pixel * e.residual_stride + c.first, c.count));
  }
  return e.clamps ? clamp(sum, all(e.low), all(e.high)) : sum;
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
