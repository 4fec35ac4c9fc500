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

// A quotient of polynomials in x^2 between -4 and 4, beyond which erf is 1 to fp32's last digit.
// Coefficients: Eigen, generic_fast_erf (absolute error below 3e-7).
HWY_INLINE V verf(V x) {
  const V inside = clamp(x, all(-4.0f), all(4.0f));
  const V square = hn::Mul(inside, inside);
  V p = hn::MulAdd(square, all(-2.72614225801306e-10f), all(2.77068142495902e-08f));
  p = hn::MulAdd(square, p, all(-2.10102402082508e-06f));
  p = hn::MulAdd(square, p, all(-5.69250639462346e-05f));
  p = hn::MulAdd(square, p, all(-7.34990630326855e-04f));
  p = hn::MulAdd(square, p, all(-2.95459980854025e-03f));
  p = hn::MulAdd(square, p, all(-1.60960333262415e-02f));
  V q = hn::MulAdd(square, all(-1.45660718464996e-05f), all(-2.13374055278905e-04f));
  q = hn::MulAdd(square, q, all(-1.68282697438203e-03f));
  q = hn::MulAdd(square, q, all(-7.37332916720468e-03f));
  q = hn::MulAdd(square, q, all(-1.42647390514189e-02f));
  return hn::Div(hn::Mul(inside, p), q);
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
