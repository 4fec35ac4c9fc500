// reduce_max, reduce_min, reduce_log_sum_exp: the reductions that look for an extreme.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/reduce.h"

namespace wf {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32), Param("axes").ints().constant().optional(),
                             Param("keep_dims").flags().constant().or_flag(false)};
constexpr std::string_view kSamples[] = {
    "x=T[2,3,5]", "x=T[2,3,5] axes={1}", "x=T[2,3,5]@-30:30 axes={0,-1} keep_dims=true",
    "x=T[]",      "x=T[0,3] axes={1}",   "x=int32[2,3,4] axes={-2}"};

Status refuse_empty(const Evaluation& eval, const Shape& kept) {
  if (eval.input("x").size() == 0 && std::ranges::find(kept, 0) == kept.end()) {
    return eval.error(
        fmt::format("x of shape {} has no elements to take the extreme of", to_string(eval.shape("x"))));
  }
  return {};
}

Status write(Evaluation& eval, std::span<const double> values) {
  WF_TRY(Tensor out, eval.make_output(0));
  write_doubles(out, 0, values);
  eval.set_output(0, std::move(out));
  return {};
}

template <auto Pick>
Result<Accumulators<double>> extremes(const Evaluation& eval, const Shape& kept, double initial) {
  WF_TRY(auto extremes, Accumulators<double>::filled(kept, initial));
  const std::span<double> values = extremes.values();
  for_each_reduced<double>(eval.input("x"), kept,
                           [&](size_t to, double value) { values[to] = Pick(values[to], value); });
  return extremes;
}

Status reduce_max(Evaluation& eval) {
  WF_TRY(const Shape kept, kept_shape(eval));
  WF_CHECK(refuse_empty(eval, kept));
  WF_TRY(auto largest, extremes<nan_max>(eval, kept, -kInfinity));
  return write(eval, largest.values());
}

Status reduce_min(Evaluation& eval) {
  WF_TRY(const Shape kept, kept_shape(eval));
  WF_CHECK(refuse_empty(eval, kept));
  WF_TRY(auto smallest, extremes<nan_min>(eval, kept, kInfinity));
  return write(eval, smallest.values());
}

// The maximum is taken off before exp and added after log, so that nothing overflows. An infinite one is not:
// infinity minus infinity would be NaN where the answer is infinite.
Status reduce_log_sum_exp(Evaluation& eval) {
  WF_TRY(const Shape kept, kept_shape(eval));
  WF_TRY(auto largest, extremes<nan_max>(eval, kept, -kInfinity));
  const std::span<double> shift = largest.values();
  for (double& value : shift) value = std::isinf(value) ? 0 : value;
  WF_TRY(auto sums, Accumulators<double>::filled(kept, 0));
  const std::span<double> values = sums.values();
  for_each_reduced<double>(eval.input("x"), kept,
                           [&](size_t to, double value) { values[to] += std::exp(value - shift[to]); });
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::log(values[i]) + shift[i];
  return write(eval, values);
}

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_reduction,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    def("reduce_max", reduce_max,
        "Largest value over axes (default all); NaN if there is one; no elements are refused. Source: MIL, "
        "iOS15 "
        "reduction."),
    def("reduce_min", reduce_min,
        "Smallest value over axes (default all); NaN if there is one; no elements are refused. Source: MIL, "
        "iOS15 "
        "reduction."),
    def("reduce_log_sum_exp", reduce_log_sum_exp,
        "log(sum(exp(x))) over axes (default all), without overflow. Source: MIL, iOS15 reduction."),
};

}  // namespace

WF_OP_FILE(reduce_max, kDefs);
}  // namespace wf
