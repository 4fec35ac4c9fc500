#include "classic/support_vector_machine.h"

#include <fmt/format.h>

#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {
namespace {

Result<Kernel> read_kernel(const Message& message) {
  using Field = proto::Kernel;
  const uint32_t which =
      message.which({Field::kLinearKernel, Field::kRbfKernel, Field::kPolyKernel, Field::kSigmoidKernel});
  const Message inner = message.message(which);
  switch (which) {
    case Field::kLinearKernel:
      return Kernel{KernelKind::kLinear, 0, 0, 0};
    case Field::kRbfKernel:
      return Kernel{KernelKind::kRbf, inner.f64(proto::RBFKernel::kGamma), 0, 0};
    case Field::kPolyKernel:
      return Kernel{KernelKind::kPoly, inner.f64(proto::PolyKernel::kGamma), inner.f64(proto::PolyKernel::kC),
                    static_cast<int>(static_cast<int32_t>(inner.i64(proto::PolyKernel::kDegree)))};
    case Field::kSigmoidKernel:
      return Kernel{KernelKind::kSigmoid, inner.f64(proto::SigmoidKernel::kGamma),
                    inner.f64(proto::SigmoidKernel::kC), 0};
    default:
      return Error(ErrorCode::kBadModel, "a support vector machine without a kernel");
  }
}

Result<SparseRow> read_sparse(const Message& message) {
  SparseRow row;
  for (const Message& node : message.messages(proto::SparseVector::kNodes)) {
    const int64_t index = node.i64(proto::SparseNode::kIndex);  // counted from 1, as libsvm does
    WF_REQUIRE(index >= 1 && index <= INT32_MAX, kBadModel,
               fmt::format("index {} in a sparse support vector, expected at least 1", index));
    row.emplace_back(static_cast<uint32_t>(index - 1), node.f64(proto::SparseNode::kValue));
  }
  return row;
}

Result<SupportVectors> read_vectors(const Message& message, uint32_t sparse_field, uint32_t dense_field) {
  static_assert(static_cast<int>(proto::SupportVectorRegressor::kKernel) ==
                proto::SupportVectorClassifier::kKernel);
  auto kernel = read_kernel(message.message(proto::SupportVectorClassifier::kKernel));
  WF_CHECK(kernel);
  if (message.which({sparse_field, dense_field}) == dense_field) {
    std::vector<std::vector<double>> rows;
    for (const Message& row : message.message(dense_field).messages(proto::DenseSupportVectors::kVectors)) {
      rows.push_back(row.doubles(proto::DenseVector::kValues));
    }
    return SupportVectors::make_dense(*kernel, rows);
  }
  std::vector<SparseRow> rows;
  for (const Message& each : message.message(sparse_field).messages(proto::SparseSupportVectors::kVectors)) {
    WF_TRY(SparseRow row, read_sparse(each));
    rows.push_back(std::move(row));
  }
  return SupportVectors::make(*kernel, std::move(rows), 0);
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_support_vector_regressor(const Message& message,
                                                                          Interface&) {
  using Field = proto::SupportVectorRegressor;
  WF_TRY(SupportVectors vectors,
         read_vectors(message, Field::kSparseSupportVectors, Field::kDenseSupportVectors));
  return SupportVectorRegressor::make(
      std::move(vectors), message.message(Field::kCoefficients).doubles(proto::Coefficients::kAlpha),
      message.f64(Field::kRho));
}

Result<std::shared_ptr<const ClassicModel>> read_support_vector_classifier(const Message& message,
                                                                           Interface&) {
  using Field = proto::SupportVectorClassifier;
  WF_TRY(SupportVectors vectors,
         read_vectors(message, Field::kSparseSupportVectors, Field::kDenseSupportVectors));
  SupportVectorClassifierParams params;
  params.vectors_per_class = message.i64s(Field::kNumberOfSupportVectorsPerClass);
  for (const Message& row : message.messages(Field::kCoefficients)) {
    params.coefficients.push_back(row.doubles(proto::Coefficients::kAlpha));
  }
  params.rho = message.doubles(Field::kRho);
  params.prob_a = message.doubles(Field::kProbA);
  params.prob_b = message.doubles(Field::kProbB);
  return SupportVectorClassifier::make(
      std::move(vectors), std::move(params),
      read_keys(message, Field::kStringClassLabels, Field::kInt64ClassLabels));
}

}  // namespace wf
