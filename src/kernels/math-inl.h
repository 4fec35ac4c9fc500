// Functions of vectors, for every float: infinities, NaN, denormals and zeros give what the C library gives.
// Included inside each instruction set's pass, after vectors-inl.h.
#if defined(WF_KERNELS_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WF_KERNELS_MATH_INL_H
#undef WF_KERNELS_MATH_INL_H
#else
#define WF_KERNELS_MATH_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

// Highway's polynomial (1 ulp) is good between -104 and 88.7.
HWY_INLINE V vexp(V x) {
  const V infinity = all(std::numeric_limits<float>::infinity());
  const V inside = hn::Min(hn::Max(x, all(-104.0f)), all(88.8f));
  V y = hn::Exp(kFloats, inside);
  y = hn::IfThenElse(hn::Gt(x, all(88.72283f)), infinity, y);
  y = hn::IfThenZeroElse(hn::Lt(x, all(-103.9f)), y);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// Highway's (2 ulp) takes positive finite numbers.
HWY_INLINE V vlog(V x) {
  const V infinity = all(std::numeric_limits<float>::infinity());
  V y = hn::Log(kFloats, x);
  y = hn::IfThenElse(hn::Eq(x, infinity), infinity, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(kFloats)), hn::Neg(infinity), y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(kFloats)), all(std::numeric_limits<float>::quiet_NaN()), y);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

HWY_INLINE V vsigmoid(V x) { return hn::Div(all(1.0f), hn::Add(all(1.0f), vexp(hn::Neg(x)))); }

// Small |x|: the odd series to x^7 (error below 1e-7 of x for |x| < 0.3); otherwise from the exponential of
// -2|x|, whose cancellation is then harmless.
HWY_INLINE V vtanh(V x) {
  const V magnitude = hn::Abs(x);
  const V square = hn::Mul(x, x);
  V small = hn::MulAdd(square, all(62.0f / 2835.0f), all(-17.0f / 315.0f));
  small = hn::MulAdd(square, small, all(2.0f / 15.0f));
  small = hn::MulAdd(square, small, all(-1.0f / 3.0f));
  small = hn::MulAdd(hn::Mul(square, x), small, x);
  const V e = vexp(hn::Mul(magnitude, all(-2.0f)));
  const V large = hn::CopySign(hn::Div(hn::Sub(all(1.0f), e), hn::Add(all(1.0f), e)), x);
  return hn::IfThenElse(hn::Lt(magnitude, all(0.3f)), small, large);
}

// |x| < 0.5: Taylor to x^13. Beyond: Abramowitz and Stegun 7.1.26, absolute error 1.5e-7.
HWY_INLINE V verf(V x) {
  const V magnitude = hn::Abs(x);
  const V square = hn::Mul(x, x);
  V small = hn::MulAdd(square, all(1.0f / 9360.0f), all(-1.0f / 1320.0f));
  small = hn::MulAdd(square, small, all(1.0f / 216.0f));
  small = hn::MulAdd(square, small, all(-1.0f / 42.0f));
  small = hn::MulAdd(square, small, all(1.0f / 10.0f));
  small = hn::MulAdd(square, small, all(-1.0f / 3.0f));
  small = hn::MulAdd(square, small, all(1.0f));
  small = hn::Mul(hn::Mul(x, all(1.1283791671f)), small);
  const V t = hn::Div(all(1.0f), hn::MulAdd(all(0.3275911f), magnitude, all(1.0f)));
  V poly = hn::MulAdd(t, all(1.061405429f), all(-1.453152027f));
  poly = hn::MulAdd(t, poly, all(1.421413741f));
  poly = hn::MulAdd(t, poly, all(-0.284496736f));
  poly = hn::MulAdd(t, poly, all(0.254829592f));
  const V tail = hn::Mul(hn::Mul(poly, t), vexp(hn::Neg(square)));
  // At infinity t is 0 and so is the tail.
  const V large = hn::CopySign(hn::Sub(all(1.0f), tail), x);
  const V y = hn::IfThenElse(hn::Lt(magnitude, all(0.5f)), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
