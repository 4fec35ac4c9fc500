// band_part: matrices with everything outside a band around the diagonal set to 0.
#include <fmt/format.h>

#include <algorithm>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsInt32AndBool),
                             Param("lower").ints().constant().or_integer(-1),
                             Param("upper").ints().constant().or_integer(-1)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] lower=0", "x=T[4,3] lower=1 upper=0",
                                         "x=int32[3,3] upper=1", "x=T[2,0,3] lower=0 upper=0",
                                         "x=bool[5,4] lower=-1 upper=0"};

Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.rank("x") < 2) {
    return call.error(fmt::format("x must hold matrices, found shape {}", to_string(call.shape("x"))));
  }
  return infer_like_x(call);
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const int64_t lower = eval.integer("lower");
  const int64_t upper = eval.integer("upper");
  const int64_t columns = x.shape().back();
  const int64_t rows = x.shape()[x.shape().size() - 2];
  std::vector<double> row(x.size() > 0 ? static_cast<size_t>(columns) : 0);
  for (int64_t at = 0; at < x.size(); at += columns) {
    read_doubles(x, at, row);
    const int64_t i = at / columns % rows;
    for (int64_t j = 0; j < columns; ++j) {
      const bool inside = (lower < 0 || i - j <= lower) && (upper < 0 || j - i <= upper);
      if (!inside) row[static_cast<size_t>(j)] = 0;
    }
    write_doubles(out, at, row);
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "band_part",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "In the last two dimensions, element (i, j) stays if i - j <= lower and j - i <= upper, else it "
           "is 0; a negative "
           "lower or upper (the default, -1) is no limit. Source: MIL, iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(band_part, kDefs);
}  // namespace wf
