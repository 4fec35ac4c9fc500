// The fast engine as a whole: flexible shapes, parts that only the interpreter can run, memory that operands
// share.
#include "engine/cpu/cpu_function.h"

#include <algorithm>
#include <random>

#include "base/float16.h"
#include "ops/builder.h"
#include "support/support.h"

namespace wf::test {
namespace {

class Written {
 public:
  explicit Written(Opset opset = Opset::kIos18) {
    program_.functions.emplace_back();
    program_.functions[0].name = "main";
    program_.functions[0].opset = opset;
    build_.emplace(program_.functions[0]);
  }
  Builder* operator->() { return &*build_; }

  Result<std::shared_ptr<const CpuFunction>> prepare(Precision precision = Precision::kBetterThanHalf,
                                                     Isa isa = default_isa()) {
    WF_CHECK(build_->status());
    PlanOptions options;
    options.precision = precision;
    options.isa = isa;
    options.threads = shared_thread_pool().threads();
    return CpuFunction::prepare(std::make_shared<const Program>(program_), "", options);
  }
  Result<std::shared_ptr<const ReferenceFunction>> prepare_reference() {
    WF_CHECK(build_->status());
    return ReferenceFunction::prepare(std::make_shared<const Program>(program_), "");
  }

 private:
  Program program_;
  std::optional<Builder> build_;
};

TEST(CpuFunction, OnePlanForEachShapeAndTheLastEightKept) {
  Written w;
  const ValueId x = w->input("x", tensor_type(DType::kFloat32, {kUnknownSize, 3}));
  const ValueId y =
      w->op("linear", {{"x", x}, {"weight", f32({2, 3}, {1, 2, 3, 4, 5, 6})}, {"bias", f32({2}, {10, 20})}});
  w->set_outputs({w->op("relu", {{"x", y}})});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  EXPECT_EQ(function->planned(), nullptr) << "no shape is known yet";
  for (int round = 0; round < 2; ++round) {
    for (int64_t rows = 1; rows <= 12; ++rows) {
      std::vector<double> values, expected;
      for (int64_t r = 0; r < rows; ++r) {
        const auto v = static_cast<double>(r - 3);
        values.insert(values.end(), {v, 1, -1});
        expected.push_back(std::max(0.0, v + 2 - 3 + 10));
        expected.push_back(std::max(0.0, 4 * v + 5 - 6 + 20));
      }
      WF_ASSERT_OK_AND_ASSIGN(const auto outputs,
                              function->run(std::vector<Datum>{f32({rows, 3}, values)}, {}));
      expect_near(*outputs[0].tensor(), {rows, 2}, expected);
    }
  }
  // One packed matrix serves all plans.
  WF_ASSERT_OK_AND_ASSIGN(const auto first, function->planned_for({{12, 3}}));
  WF_ASSERT_OK_AND_ASSIGN(const auto again, function->planned_for({{12, 3}}));
  EXPECT_EQ(first, again);
}

// x - x[:, :1]: the difference must not be written over x before its first column has been read.
TEST(CpuFunction, AnOperandThatIsAPartOfAnother) {
  Written w;
  const ValueId given = w->input("x", tensor_type(DType::kFloat32, {2, 40}));
  const ValueId x = w->op("softmax", {{"x", given}});  // memory of the plan's own
  const ValueId first =
      w->op("slice_by_size",
            {{"x", x}, {"begin", std::vector<int64_t>{0, 0}}, {"size", std::vector<int64_t>{2, 1}}});
  w->set_outputs({w->op("sub", {{"x", x}, {"y", first}})});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  std::vector<double> zeros(80, 0.0);
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(std::vector<Datum>{f32({2, 40}, zeros)}, {}));
  expect_near(*outputs[0].tensor(), {2, 40}, zeros);
}

// non_zero's size depends on data: it and what follows is interpreted, what comes before is planned.
TEST(CpuFunction, TheRestIsInterpreted) {
  Written w;
  const ValueId x = w->input("x", tensor_type(DType::kFloat16, {4}));
  const ValueId doubled = w->op("add", {{"x", x}, {"y", x}});
  const ValueId places = w->op("non_zero", {{"x", doubled}});
  w->set_outputs({places, doubled});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  ASSERT_NE(function->planned(), nullptr);
  ASSERT_EQ(function->planned()->rest.size(), 1u);
  EXPECT_EQ(function->planned()->rest[0]->type, "non_zero");
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(std::vector<Datum>{f16({4}, {0, 3, 0, 5})}, {}));
  expect_near(*outputs[0].tensor(), {2, 1}, {1, 3});
  expect_near(*outputs[1].tensor(), {4}, {0, 6, 0, 10});
  EXPECT_EQ(outputs[1].tensor()->dtype(), DType::kFloat16);
}

// Sizes computed from the input's shape are known once it is.
TEST(CpuFunction, ShapesAreConstants) {
  Written w;
  const ValueId x = w->input("x", tensor_type(DType::kFloat32, {kUnknownSize, 2, 3}));
  const ValueId sizes = w->op("shape", {{"x", x}});
  const ValueId rows = w->op(
      "slice_by_size", {{"x", sizes}, {"begin", std::vector<int64_t>{0}}, {"size", std::vector<int64_t>{1}}});
  const ValueId wanted =
      w->op("concat", {{"values", std::vector<ValueId>{rows, w->constant(ints({6}))}}, {"axis", 0}});
  w->set_outputs({w->op("reshape", {{"x", x}, {"shape", wanted}})});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  WF_ASSERT_OK_AND_ASSIGN(const auto planned, function->planned_for({{5, 2, 3}}));
  EXPECT_TRUE(planned->rest.empty());
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, function->run(std::vector<Datum>{iota({5, 2, 3})}, {}));
  EXPECT_EQ(outputs[0].tensor()->shape(), (Shape{5, 6}));
  EXPECT_TRUE(same_bits(*outputs[0].tensor(), iota({5, 6})));
}

bool has_step(const CpuFunction& function, std::string_view text) {
  const auto planned = function.planned();
  return planned && planned->plan && std::ranges::any_of(planned->plan->steps(), [&](const Step& step) {
           return step.kernel.find(text) != std::string::npos;
         });
}

// A 3x3 convolution large enough for Winograd's tiles, declared fp16, with what is fused into it; then a
// product. Each precision takes its own kernels and keeps to its own error.
TEST(CpuFunction, PrecisionsOfAConvolutionAndAProduct) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  const auto values = [&](int64_t count, double scale) {
    std::vector<double> v(static_cast<size_t>(count));
    for (double& x : v) x = scale * normal(random);
    return v;
  };
  Written w;
  const Shape in{1, 32, 21, 22}, out{1, 40, 21, 6};
  const ValueId x = w->input("x", tensor_type(DType::kFloat16, in));
  const ValueId y = w->op("conv", {{"x", x},
                                   {"weight", f16({40, 32, 3, 3}, values(40L * 32 * 9, 0.06))},
                                   {"bias", f16({40}, values(40, 1))},
                                   {"pad_type", "same"}});
  const ValueId z = w->op("add", {{"x", y}, {"y", f16({1, 40, 21, 22}, values(40L * 21 * 22, 1))}});
  const ValueId s = w->op("silu", {{"x", z}});
  w->set_outputs({w->op("linear", {{"x", s}, {"weight", f16({6, 22}, values(6L * 22, 0.2))}})});
  const std::vector<Datum> inputs{f16(in, values(32L * 21 * 22, 1))};
  WF_ASSERT_OK_AND_ASSIGN(const auto reference, w.prepare_reference());
  WF_ASSERT_OK_AND_ASSIGN(const auto expected, reference->run(inputs, {}));
  std::vector<double> numbers;
  for (int64_t i = 0; i < expected[0].tensor()->size(); ++i) {
    numbers.push_back(double{half_to_float(expected[0].tensor()->load<uint16_t>(i))});
  }
  struct Kind {
    Precision precision;
    std::string_view kernel;
    double tolerance;
  };
  const bool bfloats = has_bfloat_products(default_isa());
  for (const Kind& kind :
       {Kind{Precision::kStrict, "convolution by rows", 4e-3},
        Kind{Precision::kBetterThanHalf, "Winograd", 4e-3},
        Kind{Precision::kBfloat, bfloats ? "bf16 weights" : "Winograd", bfloats ? 3e-2 : 4e-3}}) {
    SCOPED_TRACE(kind.kernel);
    WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare(kind.precision));
    EXPECT_TRUE(has_step(*function, kind.kernel));
    EXPECT_TRUE(has_step(*function, "elementwise")) << "the rest is fused";
    WF_ASSERT_OK_AND_ASSIGN(const auto got, function->run(inputs, {}));
    expect_near(*got[0].tensor(), out, numbers, kind.tolerance);
  }
}

// Few channels: rows of the kernel are read as runs where no padding is beside them, tap by tap elsewhere.
TEST(CpuFunction, ConvolutionsOfFewChannels) {
  struct Kind {
    Shape x, weight;
    std::vector<int64_t> strides, dilations, pad;
  };
  std::mt19937 random(4);
  std::normal_distribution<double> normal;
  const auto tensor = [&](const Shape& shape) {
    std::vector<double> v(static_cast<size_t>(*element_count(shape)));
    for (double& x : v) x = normal(random);
    return f32(shape, std::move(v));
  };
  for (const Kind& kind :
       {Kind{{2, 3, 37, 61}, {20, 3, 7, 7}, {2, 2}, {1, 1}, {3, 3, 3, 3}},
        Kind{{1, 3, 19, 50}, {17, 3, 3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}},
        Kind{{1, 1, 9, 40}, {5, 1, 3, 5}, {1, 1}, {1, 1}, {4, 0, 1, 6}},   // rows of padding above
        Kind{{1, 2, 12, 44}, {9, 2, 2, 3}, {1, 1}, {1, 2}, {0, 0, 2, 2}},  // taps apart
        Kind{{1, 4, 30, 8}, {6, 4, 3, 9}, {1, 1}, {1, 1}, {1, 1, 4, 4}},   // padding beside every pixel
        Kind{{1, 3, 70}, {8, 3, 5}, {1}, {1}, {2, 2}},
        Kind{{1, 2, 5, 9, 31}, {7, 2, 3, 2, 4}, {1, 2, 1}, {1, 1, 1}, {1, 1, 0, 0, 1, 2}}}) {
    SCOPED_TRACE(to_string(kind.x));
    Written w;
    const ValueId x = w->input("x", tensor_type(DType::kFloat32, kind.x));
    w->set_outputs({w->op("conv", {{"x", x},
                                   {"weight", tensor(kind.weight)},
                                   {"strides", kind.strides},
                                   {"dilations", kind.dilations},
                                   {"pad_type", "custom"},
                                   {"pad", kind.pad}})});
    Datum input = tensor(kind.x);
    const std::vector<Datum> inputs{input};
    WF_ASSERT_OK_AND_ASSIGN(const auto reference, w.prepare_reference());
    WF_ASSERT_OK_AND_ASSIGN(const auto expected, reference->run(inputs, {}));
    for (const Isa isa : usable_isas()) {
      WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare(Precision::kStrict, isa));
      EXPECT_TRUE(has_step(*function, "convolution by rows"));
      WF_ASSERT_OK_AND_ASSIGN(const auto got, function->run(inputs, {}));
      expect_near(*got[0].tensor(), expected[0].tensor()->shape(), read_doubles(*expected[0].tensor()), 1e-4);
    }
  }
}

TEST(CpuFunction, AnErrorNamesTheOperation) {
  Written w;
  const ValueId x = w->input("x", tensor_type(DType::kFloat32, {kUnknownSize, 3}));
  w->set_outputs({w->op("reshape", {{"x", x}, {"shape", std::vector<int64_t>{2, 3}}})});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  expect_error(function->run(std::vector<Datum>{f32({1, 3}, {1, 2, 3})}, {}), "reshape");
  expect_error(function->run(std::vector<Datum>{f32({3}, {1, 2, 3})}, {}), "'x'");
}

TEST(CpuFunction, DeadlineAndCancel) {
  Written w;
  const ValueId x = w->input("x", tensor_type(DType::kFloat32, {4}));
  w->set_outputs({w->op("exp", {{"x", x}})});
  WF_ASSERT_OK_AND_ASSIGN(const auto function, w.prepare());
  RunOptions late;
  late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  expect_error(function->run(std::vector<Datum>{f32({4}, {0, 0, 0, 0})}, late), "deadline");
  const std::atomic<bool> cancelled = true;
  RunOptions stopped;
  stopped.cancelled = &cancelled;
  expect_error(function->run(std::vector<Datum>{f32({4}, {0, 0, 0, 0})}, stopped), "cancelled");
}

}  // namespace
}  // namespace wf::test
