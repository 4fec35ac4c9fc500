// The sums and products over dimensions: reduce_sum, _mean, _sum_square, _l1_norm, _l2_norm, _log_sum, _prod.
#include <cmath>

#include "ops/reduce.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32), Param("axes").ints().constant().optional(),
                             Param("keep_dims").flags().constant().or_flag(false)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]",
                                         "x=T[2,3,5]@0.1:2 axes={1}",
                                         "x=T[2,3,5]@0.1:2 axes={0,-1} keep_dims=true",
                                         "x=T[7]@0.5:1.5 axes={0}",
                                         "x=T[3,0,2] axes={1}",
                                         "x=T[0,3]",
                                         "x=T[]",
                                         "x=int32[2,3,4] axes={-2}"};

template <class T>
constexpr T identity(T value) {
  return value;
}
template <class T>
constexpr T add(T sum, T value) {
  return sum + value;
}
template <class T>
constexpr T multiply(T product, T value) {
  return product * value;
}
double add_magnitude(double sum, double value) { return sum + std::fabs(value); }
constexpr uint64_t add_magnitude_of_int(uint64_t sum, uint64_t value) {
  return sum + (static_cast<int64_t>(value) < 0 ? 0 - value : value);
}
template <class T>
constexpr T add_square(T sum, T value) {
  return sum + value * value;
}

// output = finish(fold of step over the reduced elements, their count), in double.
template <auto Step, auto Finish>
Status fold_doubles(Evaluation& eval, double initial) {
  const Tensor& x = eval.input("x");
  WF_TRY(const Shape kept, kept_shape(eval));
  WF_TRY(auto sums, Accumulators<double>::filled(kept, initial));
  const std::span<double> values = sums.values();
  for_each_reduced<double>(x, kept, [&](size_t to, double value) { values[to] = Step(values[to], value); });
  const double count = reduced_count(x.shape(), kept);
  for (double& value : values) value = Finish(value, count);
  WF_TRY(Tensor out, eval.make_output(0));
  write_doubles(out, 0, values);
  eval.set_output(0, std::move(out));
  return {};
}

// The same for integers, modulo 2^64 and at the end modulo the output's own.
template <auto Step>
Status fold_ints(Evaluation& eval, int64_t initial) {
  WF_TRY(const Shape kept, kept_shape(eval));
  WF_TRY(auto sums, Accumulators<int64_t>::filled(kept, initial));
  const std::span<int64_t> values = sums.values();
  for_each_reduced<int64_t>(eval.input("x"), kept, [&](size_t to, int64_t value) {
    values[to] = static_cast<int64_t>(Step(static_cast<uint64_t>(values[to]), static_cast<uint64_t>(value)));
  });
  WF_TRY(Tensor out, eval.make_output(0));
  write_ints(out, 0, values);
  eval.set_output(0, std::move(out));
  return {};
}

constexpr double as_is(double value, double) { return value; }
constexpr double mean(double sum, double count) { return sum / count; }
double root(double sum, double) { return std::sqrt(sum); }
double logarithm(double sum, double) { return std::log(sum); }

template <auto Step, auto IntStep, int64_t kInitial = 0>
Status wrapping(Evaluation& eval) {
  if (is_integer(eval.dtype("x"))) return fold_ints<IntStep>(eval, kInitial);
  return fold_doubles<Step, as_is>(eval, kInitial);
}
template <auto Step, auto Finish>
Status rounded(Evaluation& eval) {
  return fold_doubles<Step, Finish>(eval, 0);
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
    def("reduce_sum", wrapping<add<double>, add<uint64_t>>,
        "Sum over axes (default all); int32 wraps. Source: MIL, iOS15 reduction."),
    def("reduce_mean", rounded<add<double>, mean>,
        "Mean over axes (default all); int32 truncates toward 0, no elements give NaN. Source: MIL, iOS15 "
        "reduction."),
    def("reduce_sum_square", wrapping<add_square<double>, add_square<uint64_t>>,
        "Sum of squares over axes (default all); int32 wraps. Source: MIL, iOS15 reduction."),
    def("reduce_l1_norm", wrapping<add_magnitude, add_magnitude_of_int>,
        "Sum of magnitudes over axes (default all); int32 wraps. Source: MIL, iOS15 reduction."),
    def("reduce_l2_norm", rounded<add_square<double>, root>,
        "Square root of the sum of squares over axes (default all). Source: MIL, iOS15 reduction."),
    def("reduce_log_sum", rounded<add<double>, logarithm>,
        "Logarithm of the sum over axes (default all). Source: MIL, iOS15 reduction."),
    def("reduce_prod", wrapping<multiply<double>, multiply<uint64_t>, 1>,
        "Product over axes (default all), 1 of no elements; int32 wraps. Source: MIL, iOS15 reduction."),
};

}  // namespace

WF_OP_FILE(reduce_sum, kDefs);
}  // namespace wf
