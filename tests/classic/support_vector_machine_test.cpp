// Expected numbers: scikit-learn 1.5 (libsvm inside) on the models whose parameters are written here.
#include "classic/support_vector_machine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

const std::vector<std::vector<double>> kQueries = {{1, 1}, {3, 2}, {0.2, 4}, {2, 3}};

// SVC(kernel='rbf', gamma=0.4, C=2, probability=True) of three classes.
const std::vector<std::vector<double>> kRbfVectors = {{0, 0},   {1, 0.5},    {0.5, 1.5}, {2, 2},
                                                      {3, 3},   {4, 2.5},    {3.5, 4},   {2.5, 1},
                                                      {1, 4.5}, {-0.5, 5.5}, {0.5, 3}};
SupportVectorClassifierParams rbf_params() {
  return {{4, 4, 3},
          {{0.5422335968629397, 1.0053347287181607, 0.0, 2.0, -1.2442590965253408, -0.0824852460826275,
            -0.22082398297313224, -2.0, -0.27516630684315047, -0.8409428040224235, -1.5741279833417539},
           {0.6137960799648443, 0.0, 1.0401063315600576, 1.036334682682426, 0.23307571393508225,
            0.42807507678455825, 0.7107487605943895, 0.8775586716325712, -0.5709569506174212,
            -0.8309650315064463, -0.8475362408227336}},
          {0.12225448753970618, -0.0006700868923619213, -0.03260644005861531},
          {-0.8479802942217758, -1.7529436812944295, -1.9672777554907734},
          {0.006412220701956756, 0.05055931517001391, 0.10784330556411921}};
}
constexpr Kernel kRbf{KernelKind::kRbf, 0.4, 0, 0};

TEST(SupportVectorMachine, ProbabilitiesOfThreeClassesAreCoupled) {
  const double expected[4][3] = {{0.6576172081697743, 0.24114021802626093, 0.10124257380396483},
                                 {0.29791365874568754, 0.6126415176700176, 0.08944482358429465},
                                 {0.07532447660768384, 0.07597609249082343, 0.8486994309014929},
                                 {0.3563291445039994, 0.34617584260284867, 0.29749501289315206}};
  const int64_t labels[] = {0, 1, 2, 0};
  WF_ASSERT_OK_AND_ASSIGN(auto vectors, SupportVectors::make_dense(kRbf, kRbfVectors));
  WF_ASSERT_OK_AND_ASSIGN(const auto model,
                          SupportVectorClassifier::make(std::move(vectors), rbf_params(), {0, 1, 2}));
  for (size_t i = 0; i < kQueries.size(); ++i) {
    WF_ASSERT_OK_AND_ASSIGN(const auto out,
                            predict(*model, classifier(2, KeyKind::kInt64), {vector_of(kQueries[i])}));
    expect_key(out[0], labels[i]);
    expect_dict(out[1], {{0, expected[i][0]}, {1, expected[i][1]}, {2, expected[i][2]}}, 1e-9);
  }
}

// libsvm 3.32, `-s 1 -t 3 -b 1` on points around (200, -100): it trains rho = nan and predicts (1e-7, 1 -
// 1e-7).
TEST(SupportVectorMachine, ANumberThatIsNoneIsTheLeastProbability) {
  const SupportVectorClassifierParams params{{1, 1}, {{1, -1}}, {std::nan("")}, {0}, {-0.2318016140573243}};
  WF_ASSERT_OK_AND_ASSIGN(auto vectors, SupportVectors::make_dense(kRbf, {{0, 0}, {1, 1}}));
  WF_ASSERT_OK_AND_ASSIGN(const auto model,
                          SupportVectorClassifier::make(std::move(vectors), params, {1, 2}));
  WF_ASSERT_OK_AND_ASSIGN(const auto out,
                          predict(*model, classifier(2, KeyKind::kInt64), {vector_of({200, -100})}));
  expect_key(out[0], 2);
  expect_dict(out[1], {{1, 1e-7}, {2, 1 - 1e-7}}, 1e-15);
}

TEST(SupportVectorMachine, WithoutProbabilitiesPairsVote) {
  SupportVectorClassifierParams params = rbf_params();
  params.prob_a.clear();
  params.prob_b.clear();
  WF_ASSERT_OK_AND_ASSIGN(auto vectors, SupportVectors::make_dense(kRbf, kRbfVectors));
  WF_ASSERT_OK_AND_ASSIGN(const auto model,
                          SupportVectorClassifier::make(std::move(vectors), params, {"a", "b", "c"}));
  const Interface label_only =
      interface_of({feature("x", doubles({2}))}, {feature("label", StringFeature{})});
  WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, label_only, {vector_of({0.2, 4})}));
  expect_key(out[0], "c");
  expect_error(predict(*model, classifier(2), {vector_of({0.2, 4})}), "no probA and probB");
}

// SVC(kernel='poly', gamma=0.5, coef0=1, degree=2, C=0.2) of two classes.
TEST(SupportVectorMachine, PolynomialKernelOfTwoClasses) {
  const Kernel kernel{KernelKind::kPoly, 0.5, 1, 2};
  // The same vectors sparse: the file counts places from 1, the reader from 0.
  const std::vector<SparseRow> sparse = {{{0, 0.5}, {1, 1.5}}, {{0, 3}, {1, 3}}};
  SupportVectorClassifierParams params{
      {1, 1}, {{0.02737382378100941, -0.02737382378100941}}, {-1.2994011976047903}, {}, {}};
  WF_ASSERT_OK_AND_ASSIGN(auto vectors, SupportVectors::make(kernel, sparse, 0));
  WF_ASSERT_OK_AND_ASSIGN(const auto model,
                          SupportVectorClassifier::make(std::move(vectors), params, {10, 20}));
  const Interface label_only = interface_of({feature("x", doubles({2}))}, {feature("label", Int64Feature{})});
  const int64_t expected[] = {10, 20, 10, 20};
  for (size_t i = 0; i < kQueries.size(); ++i) {
    WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, label_only, {vector_of(kQueries[i])}));
    expect_key(out[0], expected[i]);
  }
}

// SVR(kernel='sigmoid', gamma=0.05, coef0=0.1, C=1).
TEST(SupportVectorMachine, RegressionWithASigmoidKernel) {
  const Kernel kernel{KernelKind::kSigmoid, 0.05, 0.1, 0};
  WF_ASSERT_OK_AND_ASSIGN(
      auto vectors,
      SupportVectors::make_dense(kernel, {{0, 0}, {1, 0.5}, {0.5, 1.5}, {3, 3}, {4, 2.5}, {3.5, 4}}));
  WF_ASSERT_OK_AND_ASSIGN(
      const auto model,
      SupportVectorRegressor::make(std::move(vectors), {-1, -1, -1, 1, 1, 1}, -2.590116187930107));
  const double expected[] = {3.343151318494484, 4.087862414053916, 3.8201441423242835, 4.04060104431109};
  for (size_t i = 0; i < kQueries.size(); ++i) {
    WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, regressor(2), {vector_of(kQueries[i])}));
    expect_numbers(out[0], {expected[i]});
  }
}

// Worked by hand: x = (3, 0, 4), the vector has 1 at the second place and 2 far behind the input's end.
TEST(SupportVectorMachine, SparseVectorsMayBeShorterOrLongerThanTheInput) {
  const auto answer = [](Kernel kernel, SparseRow row) {
    auto vectors = SupportVectors::make(kernel, {std::move(row)}, 0);
    auto model = SupportVectorRegressor::make(*std::move(vectors), {1}, 0);
    auto out = predict(**model, regressor(3), {vector_of({3, 0, 4})});
    return numbers((*out)[0])[0];
  };
  EXPECT_DOUBLE_EQ(answer({KernelKind::kLinear, 0, 0, 0}, {{0, 2}, {1, 1}, {9, 2}}), 6);
  EXPECT_NEAR(answer({KernelKind::kRbf, 0.01, 0, 0}, {{1, 1}, {9, 2}}), std::exp(-0.01 * 30), 1e-15);
  EXPECT_NEAR(answer({KernelKind::kRbf, 0.01, 0, 0}, {{0, 3}, {2, 4}, {7, 1}, {9, 1}}), std::exp(-0.02),
              1e-15);
}

TEST(SupportVectorMachine, RefusesWhatDoesNotFit) {
  const auto vectors = [] { return *SupportVectors::make_dense(kRbf, kRbfVectors); };
  const Keys labels = {0, 1, 2};
  const auto fails = [&](const SupportVectorClassifierParams& params, std::string_view part) {
    expect_error(SupportVectorClassifier::make(vectors(), params, labels), part);
  };
  SupportVectorClassifierParams params = rbf_params();
  params.vectors_per_class = {4, -1, 8};
  fails(params, "a class of -1 support vectors");
  params.vectors_per_class = {4, 4, INT64_MAX};
  fails(params, "support vectors, there are 11");
  params.vectors_per_class = {4, 4, 2};
  fails(params, "classes of 10 support vectors together");
  params.vectors_per_class = {4, 7};
  fails(params, "3 class labels, support vectors of 2 classes");
  params = rbf_params();
  params.coefficients.pop_back();
  fails(params, "1 rows of coefficients");
  params = rbf_params();
  params.coefficients[1].pop_back();
  fails(params, "10 coefficients for 11");
  params = rbf_params();
  params.rho.pop_back();
  fails(params, "2 rho");
  params = rbf_params();
  params.prob_b.pop_back();
  fails(params, "3 probA and 2 probB");
  expect_error(SupportVectors::make(kRbf, {{{3, 1}, {3, 1}}}, 0), "do not ascend");
  expect_error(SupportVectors::make_dense(kRbf, {{1, 2}, {1}}), "of 2 and 1 numbers");
  expect_error(SupportVectorRegressor::make(vectors(), {1}, 0), "1 coefficients for 11");
}

}  // namespace
}  // namespace wf::test
