// The engine that other tests fail with does what it says.
#include "support/fault_engine.h"

#include <algorithm>
#include <stdexcept>

#include "runtime/models.h"
#include "runtime/reference_engine.h"

namespace wf::test {
namespace {

class FaultEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LoadOptions options;
    options.own_engine = &engine_;
    auto model =
        Model::prepare(std::make_shared<const ModelFile>(doubling_file(
                           array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                           array_feature("y", DType::kFloat32, {2}))),
                       options);
    WF_ASSERT_OK(model);
    model_ = *std::move(model);
  }
  Result<Features> predict(const InferOptions& options = {}) {
    return model_->predict({{"x", f32({2}, {1, 2})}}, nullptr, options);
  }

  FaultEngine engine_{reference_engine(Reading::kTyped), "faulty"};
  std::optional<Model> model_;
};

TEST_F(FaultEngineTest, FollowsItsScriptAndThenDoesRight) {
  engine_.script({Fault::kNone, Fault::kError, Fault::kThrow, Fault::kWrongOutput, Fault::kNonFinite});
  WF_ASSERT_OK_AND_ASSIGN(Features outputs, predict());
  expect_near(tensor_of(outputs, "y"), {2}, {2, 4}, 0);
  expect_error(predict(), ErrorCode::kInternal, "an injected fault");
  EXPECT_THROW((void)predict(), std::runtime_error);
  WF_ASSERT_OK_AND_ASSIGN(outputs, predict());
  expect_near(tensor_of(outputs, "y"), {2}, {3, 4}, 0);
  WF_ASSERT_OK_AND_ASSIGN(outputs, predict());
  expect_near(tensor_of(outputs, "y"), {2}, {NAN, 4}, 0);
  WF_ASSERT_OK_AND_ASSIGN(outputs, predict());
  expect_near(tensor_of(outputs, "y"), {2}, {2, 4}, 0);
  EXPECT_EQ(engine_.calls(), 6u);
  EXPECT_EQ(engine_.faults(Fault::kNone), 2u);
  EXPECT_EQ(engine_.inside(), 0);
}

TEST_F(FaultEngineTest, TheSameSeedGivesTheSameFaults) {
  const auto pattern = [&] {
    engine_.at_random(42, {{Fault::kError, 0.3}});
    std::string text;
    for (int i = 0; i < 200; ++i) text += predict().ok() ? '.' : 'x';
    return text;
  };
  const std::string first = pattern();
  EXPECT_EQ(first, pattern());
  const auto failed = std::ranges::count(first, 'x');
  EXPECT_GT(failed, 30);
  EXPECT_LT(failed, 90);
}

TEST_F(FaultEngineTest, OneThatStopsHangsUntilItsDeadlineAtMost) {
  engine_.script({Fault::kHang});
  InferOptions options;
  options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
  expect_error(predict(options), ErrorCode::kDeadlineExceeded, "hung");
}

TEST_F(FaultEngineTest, RefusesToPrepareAsOftenAsAsked) {
  engine_.refuse_to_prepare(Error(ErrorCode::kEnvironment, "not now"), 1);
  EXPECT_FALSE(engine_.prepare(model_->file(), {}).ok());
  EXPECT_TRUE(engine_.prepare(model_->file(), {}).ok());
}

}  // namespace
}  // namespace wf::test
