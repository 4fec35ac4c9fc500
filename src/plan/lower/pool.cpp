// max_pool, avg_pool, l2_pool: channels-last.
#include <algorithm>

#include "kernels/pool/pool.h"
#include "ops/windows.h"
#include "plan/lowering.h"

namespace wf {
namespace {

std::vector<float> average_factors(const std::array<Window, 3>& w, bool without_padding) {
  std::vector<float> factors;
  for (int64_t a = 0; a < w[0].out; ++a) {
    for (int64_t b = 0; b < w[1].out; ++b) {
      for (int64_t c = 0; c < w[2].out; ++c) {
        const double count = static_cast<double>(averaged_count(w[0], a, without_padding)) *
                             static_cast<double>(averaged_count(w[1], b, without_padding)) *
                             static_cast<double>(averaged_count(w[2], c, without_padding));
        factors.push_back(count > 0 ? static_cast<float>(1 / count) : 0);
      }
    }
  }
  return factors;
}

Result<bool> lower_pool(Lowering& l) {
  const Call& call = l.call();
  const Shape& x = call.shape("x");
  WF_TRY(const std::vector<int64_t> kernel, spatial_ints(call, "kernel_sizes", x.size() - 2, 1, 1));
  WF_TRY(const std::vector<Window> windows,
         sliding_windows(call, std::span(x).subspan(2), kernel, call.flag("ceil_mode")));
  const std::array<Window, 3> three = as_three(windows);
  Pool pool;
  const std::string_view op = call.op().type;
  pool.pooling = op == "max_pool" ? Pooling::kMax : op == "avg_pool" ? Pooling::kAverage : Pooling::kL2;
  pool.batch = x[0];
  pool.channels = x[1];
  for (size_t d = 0; d < 3; ++d) {
    pool.windows[d] = {three[d].in, three[d].out, three[d].kernel, three[d].stride, 1, three[d].before};
  }
  if (pool.pooling == Pooling::kAverage) {
    pool.factors = average_factors(three, call.flag("exclude_padding_from_average"));
  }
  const Order order = channels_last_order(x.size());
  WF_TRY(const View input, l.arranged("x", order));
  const View out = l.new_output(0, order);
  l.emit("pool of windows, channels last", {input}, {out},
         [pool = std::move(pool), isa = l.isa()](const StepIo& io) -> Status {
           pool_windows(isa, pool, io.at<const float>(0), io.at<float>(1), *io.pool);
           return {};
         });
  return true;
}

constexpr LowerRule kRules[] = {{"max_pool", lower_pool}, {"avg_pool", lower_pool}, {"l2_pool", lower_pool}};

}  // namespace

WF_LOWER_FILE(pool, kRules);
}  // namespace wf
