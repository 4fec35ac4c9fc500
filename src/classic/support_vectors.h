// Support vectors and kernels, as libsvm defines them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classic/call.h"

namespace wf {

enum class KernelKind : uint8_t { kLinear, kRbf, kPoly, kSigmoid };

struct Kernel {
  KernelKind kind = KernelKind::kLinear;
  double gamma = 0, c = 0;
  int degree = 0;
};

// The non-zero elements of one vector; places count from 0 and ascend.
using SparseRow = std::vector<std::pair<uint32_t, double>>;

class SupportVectors {
 public:
  // `width`: the length of the input, or 0 if only the non-zero elements are known (sparse vectors).
  static Result<SupportVectors> make(Kernel kernel, std::vector<SparseRow> rows, size_t width);
  static Result<SupportVectors> make_dense(Kernel kernel, const std::vector<std::vector<double>>& rows);

  size_t size() const { return rows_.size(); }
  // The kernel of x with every vector.
  Result<std::vector<double>> kernels(std::span<const double> x, ClassicCall& call) const;

 private:
  double kernel(std::span<const double> x, double squared_norm, const SparseRow& row) const;

  Kernel kernel_;
  std::vector<SparseRow> rows_;
  size_t width_ = 0;
};

}  // namespace wf
