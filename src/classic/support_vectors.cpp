#include "classic/support_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wf {
namespace {

// As libsvm raises: a negative degree gives 1, like 0.
double power(double base, int degree) {
  double result = 1;
  for (int rest = degree; rest > 0; rest /= 2) {
    if (rest % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

double dot(std::span<const double> x, const SparseRow& row) {
  double sum = 0;
  for (const auto& [place, value] : row) {
    if (place < x.size()) sum += x[place] * value;
  }
  return sum;
}

// |x - row|^2 from |x|^2, which is computed once for all rows; exact where both are equal.
double squared_distance(std::span<const double> x, double squared_norm, const SparseRow& row) {
  if (row.size() < x.size()) {
    double sum = squared_norm;
    for (const auto& [place, value] : row) {
      const double at = place < x.size() ? x[place] : 0;
      sum += (at - value) * (at - value) - at * at;
    }
    return std::max(sum, 0.0);
  }
  double sum = 0;
  size_t next = 0;
  for (const auto& [place, value] : row) {
    for (; next < std::min<size_t>(place, x.size()); ++next) sum += x[next] * x[next];
    const double at = place < x.size() ? x[place] : 0;
    sum += (at - value) * (at - value);
    next = std::max<size_t>(next, size_t{place} + 1);
  }
  for (; next < x.size(); ++next) sum += x[next] * x[next];
  return sum;
}

}  // namespace

Result<SupportVectors> SupportVectors::make(Kernel kernel, std::vector<SparseRow> rows, size_t width) {
  for (const SparseRow& row : rows) {
    const bool ascends =
        std::ranges::adjacent_find(row, std::greater_equal<>(), &SparseRow::value_type::first) == row.end();
    WF_REQUIRE(ascends, kBadModel, "the places of a sparse support vector do not ascend");
  }
  SupportVectors made;
  made.kernel_ = kernel;
  made.rows_ = std::move(rows);
  made.width_ = width;
  return made;
}

Result<SupportVectors> SupportVectors::make_dense(Kernel kernel,
                                                  const std::vector<std::vector<double>>& rows) {
  std::vector<SparseRow> all;
  for (const std::vector<double>& row : rows) {
    WF_REQUIRE(row.size() == rows[0].size(), kBadModel,
               fmt::format("support vectors of {} and {} numbers", rows[0].size(), row.size()));
    SparseRow filled;
    for (size_t i = 0; i < row.size(); ++i) filled.emplace_back(static_cast<uint32_t>(i), row[i]);
    all.push_back(std::move(filled));
  }
  return make(kernel, std::move(all), rows.empty() ? 0 : rows[0].size());
}

double SupportVectors::kernel(std::span<const double> x, double squared_norm, const SparseRow& row) const {
  switch (kernel_.kind) {
    case KernelKind::kLinear:
      break;
    case KernelKind::kRbf:
      return std::exp(-kernel_.gamma * squared_distance(x, squared_norm, row));
    case KernelKind::kPoly:
      return power(kernel_.gamma * dot(x, row) + kernel_.c, kernel_.degree);
    case KernelKind::kSigmoid:
      return std::tanh(kernel_.gamma * dot(x, row) + kernel_.c);
  }
  return dot(x, row);
}

Result<std::vector<double>> SupportVectors::kernels(std::span<const double> x, ClassicCall& call) const {
  WF_REQUIRE(width_ == 0 || x.size() == width_, kInvalidArgument,
             fmt::format("support vectors of {} numbers, the input has {}", width_, x.size()));
  const double squared_norm = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
  std::vector<double> values;
  for (const SparseRow& row : rows_) {
    WF_CHECK(call.tick());
    values.push_back(kernel(x, squared_norm, row));
  }
  return values;
}

}  // namespace wf
