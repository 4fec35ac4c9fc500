// What two outputs say about each other: numbers that differ in a way that has a name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/compare.h"
#include "tensor/tensor.h"

namespace wf {

struct Diagnosis {
  std::string_view name;  // stable: "half_read_as_float"; "same" and "unexplained" as well
  std::string title;      // "Float16 bytes were read as Float32"
  std::string evidence;   // the numbers it rests on
  std::string fix;        // what to change
  double explained = 0;   // the share of elements that agree once the fault is undone, 0 to 1
};

// Why `actual` is not `expected`, the better one. Tries each known fault of bindings: the fault is done to
// `expected`, and what results must be `actual`. The best explanation, or "unexplained". Both at least 1
// element.
//   same                   within the tolerance
//   half_read_as_float     Float16 bytes read as Float32          float_read_as_half   and the other way
//   padding_as_data        rows with padding copied as if dense
//   transposed             two dimensions in the other order
//   byte_order             each element's bytes reversed
//   channel_order          RGB for BGR
//   not_normalised         a scale (and an offset) lies between them: input or output not normalised
//   softmax_missing        logits for probabilities, or the other way
//   near_zero, nan, infinite, shifted
Diagnosis diagnose(const Tensor& actual, const Tensor& expected, double tolerance = 1e-3);

// A Float32 number whose bytes are two plausible Float16 numbers: {low, high}. The public case: 5.278993e-16
// is 0.031982422 and 0.023803711.
std::pair<double, double> as_two_halves(float value);

}  // namespace wf
