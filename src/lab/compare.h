// How far one value is from another: the numbers every report of the lab is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "program/datum.h"
#include "tensor/tensor.h"

namespace wf {

// Relative errors are divided by the scale of the expected tensor: its largest finite magnitude. An
// element-wise ratio would explode on elements that are zero by design; the scale is what a later layer sees.
struct Comparison {
  int64_t count = 0;   // elements compared
  double scale = 0;    // largest finite |expected|
  double max_abs = 0;  // L-infinity
  double rmse = 0;     // root mean square error
  double max_rel = 0;  // max_abs / scale (max_abs itself where the scale is 0)
  double rmse_rel = 0;
  double snr_db = 0;   // 10 log10(sum expected^2 / sum error^2); +inf when there is no error
  int64_t worst = -1;  // flat index of the worst element; -1: nothing compared
  Shape worst_at;      // the same as a position
  double worst_actual = 0, worst_expected = 0;
  int64_t nan_actual = 0, nan_expected = 0, inf_actual = 0, inf_expected = 0;
  // Elements where one side is NaN or infinite and the other is not the same, and texts that differ.
  int64_t mismatches = 0;
  // Nothing but texts was compared: equal or not, no magnitudes.
  bool only_text = false;
  // Every |actual| < 1e-6 although the expected tensor is not zero: the "all zeros" fault.
  bool near_zero = false;
};

// Elements beyond this magnitude make a tensor "not zero".
inline constexpr double kNearZero = 1e-6;

// Shapes must be equal up to dimensions of size 1 (oracles often drop the batch).
Result<Comparison> compare(const Tensor& actual, const Tensor& expected);
// Tensors, dictionaries (by key), lists and tuples (item by item), all folded into one comparison.
Result<Comparison> compare(const Datum& actual, const Datum& expected);

// What an error may be: relative to the scale of the expected output.
struct Budget {
  std::string name;  // "fp16", "fp32", "int8" or what the caller asked for
  double max_rel = 0, rmse_rel = 0;
};
// fp16: 1e-2, 1e-3; int8 (any compressed weights): 5e-2, 5e-3; fp32: 1e-5, 1e-6.
std::optional<Budget> find_budget(std::string_view name);

bool within(const Comparison& comparison, const Budget& budget);

// "L-inf 1.2e-04 (3.1e-05 of scale 4.02), RMSE ..., SNR 81.2 dB, worst at [0, 3]: 1.25, expected 1.2501"
std::string to_string(const Comparison& comparison);
// NaN, infinities and all-zero outputs in words; "" if there is nothing to say.
std::string warnings_of(const Comparison& comparison);

}  // namespace wf
