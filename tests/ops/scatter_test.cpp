// scatter, scatter_along_axis, scatter_nd.
#include "support/support.h"

namespace wf::test {
namespace {

std::vector<NamedInput> scattered(std::string mode) {
  std::vector<NamedInput> inputs = {{"data", f32({2, 3}, {1, 2, 3, 4, 5, 6})},
                                    {"indices", ints({1, 0})},
                                    {"updates", f32({2, 3}, {5, 6, 7, 8, 9, 10})}};
  if (!mode.empty()) inputs.push_back({"mode", text(std::move(mode))});
  return inputs;
}

// The documentation names "update" as the default; code and numeric test say "add".
TEST(Scatter, AddsByDefault) {
  for (const Opset opset : {Opset::kIos15, Opset::kIos17}) {
    expect_near(run_op1("scatter", scattered(""), opset), {2, 3}, {9, 11, 13, 9, 11, 13});
  }
}
TEST(Scatter, EveryMode) {
  expect_near(run_op1("scatter", scattered("update")), {2, 3}, {8, 9, 10, 5, 6, 7});
  expect_near(run_op1("scatter", scattered("sub")), {2, 3}, {-7, -7, -7, -1, -1, -1});
  expect_near(run_op1("scatter", scattered("mul")), {2, 3}, {8, 18, 30, 20, 30, 42});
  expect_near(run_op1("scatter", scattered("div")), {2, 3}, {0.125, 2 / 9.0, 0.3, 0.8, 5 / 6.0, 6 / 7.0});
  expect_near(run_op1("scatter", scattered("max")), {2, 3}, {8, 9, 10, 5, 6, 7});
  expect_near(run_op1("scatter", scattered("min")), {2, 3}, {1, 2, 3, 4, 5, 6});
  expect_error(run_op("scatter", scattered("xor")), "mode is 'xor'");
}
TEST(Scatter, DuplicatesAddUpAndTheLastUpdateWins) {
  const std::vector<NamedInput> inputs = {{"data", f32({2, 2}, {0, 0, 0, 0})},
                                          {"indices", ints({1, 1})},
                                          {"updates", f32({2, 2}, {1, 2, 4, 8})},
                                          {"axis", integer(-1)}};
  expect_near(run_op1("scatter", inputs), {2, 2}, {0, 3, 0, 12});
  auto update = inputs;
  update.push_back({"mode", text("update")});
  expect_near(run_op1("scatter", update), {2, 2}, {0, 2, 0, 8});
}
TEST(Scatter, IntegersWrapAndDoNotDivideByZero) {
  const auto with = [](std::string mode, int64_t update) {
    return run_op("scatter", {{"data", ints({2147483647})},
                              {"indices", ints({0})},
                              {"updates", ints({update})},
                              {"mode", text(std::move(mode))}});
  };
  const auto sum = with("add", 1);
  WF_ASSERT_OK(sum);
  EXPECT_EQ(read_int(*(*sum)[0].tensor(), 0), -2147483648LL);
  expect_error(with("div", 0), "divided by 0");
}
TEST(Scatter, BoundsByOpset) {
  std::vector<NamedInput> inputs = {
      {"data", f32({3}, {1, 2, 3})}, {"indices", ints({-1, 7})}, {"updates", f32({2}, {10, 20})}};
  expect_near(run_op1("scatter", inputs, Opset::kIos16), {3}, {1, 2, 13});
  expect_near(run_op1("scatter", inputs, Opset::kIos17), {3}, {1, 2, 3});
  inputs.push_back({"validate_indices", flag(true)});
  expect_error(run_op("scatter", inputs, 1, Opset::kIos17), "index -1 is outside [0, 3)");
}
TEST(Scatter, LeavesItsInputAlone) {
  const Tensor data = f32({2}, {1, 2});
  auto out = run_op("scatter", {{"data", data}, {"indices", ints({0})}, {"updates", f32({1}, {5})}}, 1,
                    Opset::kIos15, Reading::kExact);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[0].tensor(), {2}, {6, 2});
  run_op1("scatter", {{"data", data}, {"indices", ints({0})}, {"updates", f32({1}, {5})}});
  expect_near(data, {2}, {1, 2});
}
TEST(Scatter, RefusesUpdatesOfAnotherShape) {
  expect_error(run_op("scatter", {{"data", iota({2, 3})}, {"indices", ints({0})}, {"updates", iota({2, 3})}}),
               "'updates' has shape [2, 3], expected [1, 3]");
}

TEST(ScatterAlongAxis, AddsPerPosition) {
  const std::vector<NamedInput> inputs = {{"data", f32({2, 3}, {0, 0, 0, 0, 0, 0})},
                                          {"indices", i32({2, 2}, {0, 0, 2, 1})},
                                          {"updates", f32({2, 2}, {1, 2, 3, 4})},
                                          {"axis", integer(1)}};
  expect_near(run_op1("scatter_along_axis", inputs), {2, 3}, {3, 0, 0, 0, 4, 3});  // np.add.at
  expect_error(run_op("scatter_along_axis", {{"data", iota({2, 3})},
                                             {"indices", i32({1, 3}, {0, 0, 0})},
                                             {"updates", iota({1, 3})},
                                             {"axis", integer(1)}}),
               "must be equal");
}
// Upstream constant folding always updates; the operation obeys its mode.
TEST(ScatterAlongAxis, ObeysItsMode) {
  const std::vector<NamedInput> inputs = {{"data", f32({3}, {1, 2, 3})},
                                          {"indices", ints({2, -3})},
                                          {"updates", f32({2}, {10, 20})},
                                          {"mode", text("mul")}};
  expect_near(run_op1("scatter_along_axis", inputs), {3}, {20, 2, 30});
}

TEST(ScatterNd, ElementsAndSlices) {
  expect_near(run_op1("scatter_nd", {{"data", iota({2, 3})},
                                     {"indices", i32({2, 2}, {1, 0, 1, 0})},
                                     {"updates", f32({2}, {10, 100})}}),
              {2, 3}, {0, 1, 2, 113, 4, 5});
  expect_near(run_op1("scatter_nd", {{"data", iota({2, 3})},
                                     {"indices", i32({1, 1}, {1})},
                                     {"updates", f32({1, 3}, {7, 8, 9})},
                                     {"mode", text("update")}}),
              {2, 3}, {0, 1, 2, 7, 8, 9});
  expect_near(run_op1("scatter_nd",
                      {{"data", iota({2})}, {"indices", i32({1, 0}, {})}, {"updates", f32({1, 2}, {5, 6})}}),
              {2}, {5, 7});
  expect_error(
      run_op("scatter_nd", {{"data", iota({2})}, {"indices", i32({1, 2}, {0, 0})}, {"updates", iota({1})}}),
      "2 entries");
}

}  // namespace
}  // namespace wf::test
