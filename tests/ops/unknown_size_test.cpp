// Types inferred while sizes and values are still unknown.
#include "ops/builder.h"
#include "support/support.h"

namespace wf::test {
namespace {

constexpr int64_t kAny = kUnknownSize;
using Ints = std::vector<int64_t>;

// The types an operation infers; x is fp32 [2, ?, 4], n an int32 scalar, v an int32 vector of three: none has
// a value.
struct Bench {
  Function function;
  Builder build{function};
  ValueId x, n, v;
  Bench() {
    function.opset = Opset::kIos18;
    x = build.input("x", tensor_type(DType::kFloat32, {2, kAny, 4}));
    n = build.input("n", tensor_type(DType::kInt32, {}));
    v = build.input("v", tensor_type(DType::kInt32, {3}));
  }
  std::string type(std::string_view op, const Builder::ArgumentList& arguments, size_t outputs = 1) {
    const auto out = build.op_list(op, arguments, outputs);
    return build.ok() ? to_string(build.type(out.back())) : build.status().error().to_string();
  }
};

TEST(UnknownSize, Shapes) {
  Bench b;
  EXPECT_EQ(b.type("reshape", {{"x", b.x}, {"shape", Ints{8, -1}}}), "tensor<fp32, [8, ?]>");
  EXPECT_EQ(b.type("reshape", {{"x", b.x}, {"shape", Ints{1, 0, 0}}}), "tensor<fp32, [1, ?, 4]>");
  EXPECT_EQ(b.type("reshape", {{"x", b.x}, {"shape", b.v}}), "tensor<fp32, [?, ?, ?]>");
  EXPECT_EQ(b.type("flatten2d", {{"x", b.x}, {"axis", 2}}), "tensor<fp32, [?, 4]>");
  EXPECT_EQ(b.type("expand_dims", {{"x", b.x}, {"axes", Ints{1}}}), "tensor<fp32, [2, 1, ?, 4]>");
  EXPECT_EQ(b.type("squeeze", {{"x", b.x}, {"axes", Ints{1}}}), "tensor<fp32, [2, 4]>");
  EXPECT_EQ(b.type("squeeze", {{"x", b.x}}), "tensor<fp32, [2, ?, 4]>");
  EXPECT_EQ(b.type("transpose", {{"x", b.x}, {"perm", Ints{1, 0, 2}}}), "tensor<fp32, [?, 2, 4]>");
  EXPECT_EQ(b.type("sliding_windows", {{"x", b.x}, {"axis", 1}, {"size", 3}}), "tensor<fp32, [2, ?, 3, 4]>");
}

TEST(UnknownSize, JoiningAndCutting) {
  Bench b;
  EXPECT_EQ(b.type("concat", {{"values", std::vector<ValueId>{b.x, b.x}}, {"axis", 1}}),
            "tensor<fp32, [2, ?, 4]>");
  EXPECT_EQ(b.type("concat", {{"values", std::vector<ValueId>{b.x, b.x}}, {"axis", 2}}),
            "tensor<fp32, [2, ?, 8]>");
  EXPECT_EQ(b.type("stack", {{"values", std::vector<ValueId>{b.x, b.x}}, {"axis", -1}}),
            "tensor<fp32, [2, ?, 4, 2]>");
  EXPECT_EQ(b.type("split", {{"x", b.x}, {"num_splits", 2}, {"axis", 1}}, 2), "tensor<fp32, [2, ?, 4]>");
  EXPECT_EQ(b.type("split", {{"x", b.x}, {"split_sizes", Ints{1, 3}}, {"axis", 1}}, 2),
            "tensor<fp32, [2, 3, 4]>");
  EXPECT_EQ(b.type("tile", {{"x", b.x}, {"reps", Ints{2, 2, 2}}}), "tensor<fp32, [4, ?, 8]>");
  EXPECT_EQ(b.type("tile", {{"x", b.x}, {"reps", b.v}}), "tensor<fp32, [?, ?, ?]>");
  EXPECT_EQ(b.type("pad", {{"x", b.x}, {"pad", Ints{1, 1, 2, 2}}}), "tensor<fp32, [2, ?, 8]>");
}

TEST(UnknownSize, Slices) {
  Bench b;
  EXPECT_EQ(b.type("slice_by_index", {{"x", b.x}, {"begin", Ints{1, 0, 1}}, {"end", Ints{2, 9, 3}}}),
            "tensor<fp32, [1, ?, 2]>");
  EXPECT_EQ(b.type("slice_by_index", {{"x", b.x},
                                      {"begin", b.v},
                                      {"end", b.v},
                                      {"squeeze_mask", std::vector<bool>{true, false, false}}}),
            "tensor<fp32, [?, ?]>");
  EXPECT_EQ(b.type("slice_by_size", {{"x", b.x}, {"begin", b.v}, {"size", Ints{1, 2, -1}}}),
            "tensor<fp32, [1, 2, ?]>");
  EXPECT_EQ(b.type("slice_by_size", {{"x", b.x}, {"begin", Ints{0, 0, 1}}, {"size", Ints{-1, -1, -1}}}),
            "tensor<fp32, [2, ?, 3]>");
}

TEST(UnknownSize, Indices) {
  Bench b;
  EXPECT_EQ(b.type("gather", {{"x", b.x}, {"indices", b.v}, {"axis", 2}}), "tensor<fp32, [2, ?, 3]>");
  EXPECT_EQ(b.type("gather", {{"x", b.x}, {"indices", b.n}, {"axis", 1}}), "tensor<fp32, [2, 4]>");
  EXPECT_EQ(b.type("gather_nd", {{"x", b.x}, {"indices", i32({5, 2}, std::vector<int64_t>(10))}}),
            "tensor<fp32, [5, 4]>");
  EXPECT_EQ(
      b.type(
          "scatter",
          {{"data", b.x}, {"indices", b.n}, {"updates", f32({2, 4}, std::vector<double>(8))}, {"axis", 1}}),
      "tensor<fp32, [2, ?, 4]>");
}

TEST(UnknownSize, SizesThatDoNotFitAreErrors) {
  const ValueType vast = tensor_type(DType::kFloat32, {INT64_MAX, INT64_MAX});
  const auto attempt = [&](std::string_view op,
                           const std::function<Builder::ArgumentList(ValueId)>& arguments) {
    Bench b;
    return b.type(op, arguments(b.build.input("vast", vast)));
  };
  const std::string_view kDoesNotFit = "fit";
  const auto expect_refused = [&](const std::string& said) {
    EXPECT_NE(said.find(kDoesNotFit), std::string::npos) << said;
  };
  expect_refused(
      attempt("flatten2d", [](ValueId x) { return Builder::ArgumentList{{"x", x}, {"axis", 0}}; }));
  expect_refused(attempt("concat", [](ValueId x) {
    return Builder::ArgumentList{{"values", std::vector<ValueId>{x, x}}, {"axis", 0}};
  }));
  expect_refused(
      attempt("tile", [](ValueId x) { return Builder::ArgumentList{{"x", x}, {"reps", Ints{2, 1}}}; }));
  expect_refused(
      attempt("pad", [](ValueId x) { return Builder::ArgumentList{{"x", x}, {"pad", Ints{1, 1}}}; }));
  expect_refused(
      attempt("reshape", [](ValueId x) { return Builder::ArgumentList{{"x", x}, {"shape", Ints{-1}}}; }));
}

}  // namespace
}  // namespace wf::test
