// Branches and loops: blobs that are written again and again.
#include "formats/network_builder.h"

namespace wf::test {
namespace {

Fill alpha(float value) {
  return [=](WireWriter& w) { w.add_float(proto::AddLayerParams::kAlpha, value); };
}

// y = x > 0 ? x + 10 : x * 2
TEST(NeuralNetworkControl, BranchRunsOneSide) {
  using P = proto::BranchLayerParams;
  TestNetwork network(true);
  network.input("x", {1}).output("y");
  network.layer(Layer::kGreaterThan, {"x"}, {"positive"});
  network.layer(Layer::kBranch, {"positive"}, {}, [](WireWriter& w) {
    w.add_message(P::kIfBranch, [&] { add_layer(w, Layer::kAdd, {"x"}, {"y"}, alpha(10)); });
    w.add_message(P::kElseBranch, [&] { add_layer(w, Layer::kMultiply, {"x"}, {"y"}, alpha(2)); });
  });
  expect_near(network.run1({{"x", f32({1}, {3})}}), {1}, {13});
  expect_near(network.run1({{"x", f32({1}, {-3})}}), {1}, {-6});
}

TEST(NeuralNetworkControl, TheFirstElementOfAConditionDecides) {
  using P = proto::BranchLayerParams;
  TestNetwork network(true);
  network.input("x", {2}).output("y");
  network.layer(Layer::kGreaterThan, {"x"}, {"positive"});
  network.layer(Layer::kBranch, {"positive"}, {}, [](WireWriter& w) {
    w.add_message(P::kIfBranch, [&] { add_layer(w, Layer::kAdd, {"x"}, {"y"}, alpha(10)); });
    w.add_message(P::kElseBranch, [&] { add_layer(w, Layer::kMultiply, {"x"}, {"y"}, alpha(2)); });
  });
  expect_near(network.run1({{"x", f32({2}, {3, -1})}}), {2}, {13, 9});
  expect_near(network.run1({{"x", f32({2}, {-3, 1})}}), {2}, {-6, 2});
}

// One side leaves a scalar, the other a vector of one element: both count as [1] after the branch.
TEST(NeuralNetworkControl, BranchesJoinScalarsWithVectors) {
  using P = proto::BranchLayerParams;
  TestNetwork network(true);
  network.input("x", {2}).input("which", {1}).output("y");
  network.layer(Layer::kBranch, {"which"}, {}, [](WireWriter& w) {
    w.add_message(P::kIfBranch, [&] {
      add_layer(w, Layer::kReduceSum, {"x"}, {"sum"},
                [](WireWriter& p) { p.put_flag(proto::ReduceSumLayerParams::kReduceAll, true); });
    });
    w.add_message(P::kElseBranch, [&] { add_layer(w, Layer::kCopy, {"which"}, {"sum"}); });
  });
  network.layer(Layer::kExpandDims, {"sum"}, {"y"},
                [](WireWriter& w) { add_sizes(w, proto::ExpandDimsLayerParams::kAxes, {0}); });
  expect_near(network.run1({{"x", f32({2}, {3, 4})}, {"which", f32({1}, {1})}}), {1, 1}, {7});
}

// y = which ? x + [1, 2, 3] : 2 x, where x is a vector of two; with `nested`, the sum stands in a branch
// itself.
TestNetwork network_with_unfit_side(bool nested) {
  using P = proto::BranchLayerParams;
  const auto sum = [](WireWriter& w) { add_layer(w, Layer::kAddBroadcastable, {"x", "three"}, {"y"}, {}); };
  TestNetwork network(true);
  network.input("x", {2}).input("three", {3}).input("which", {1}).output("y");
  network.layer(Layer::kBranch, {"which"}, {}, [&](WireWriter& w) {
    w.add_message(P::kIfBranch, [&] {
      if (!nested) return sum(w);
      add_layer(w, Layer::kBranch, {"which"}, {}, [&](WireWriter& inner) {
        inner.add_message(P::kIfBranch, [&] { sum(inner); });
        inner.add_message(P::kElseBranch, [&] { sum(inner); });
      });
    });
    w.add_message(P::kElseBranch, [&] { add_layer(w, Layer::kMultiply, {"x"}, {"y"}, alpha(2)); });
  });
  return network;
}

TEST(NeuralNetworkControl, ASideThatDoesNotFitFailsOnlyWhenItIsTaken) {
  for (const bool nested : {false, true}) {
    SCOPED_TRACE(nested);
    const TestNetwork network = network_with_unfit_side(nested);
    const auto run = [&](float which) {
      return network.run(
          {{"x", f32({2}, {3, 4})}, {"three", f32({3}, {1, 2, 3})}, {"which", f32({1}, {which})}});
    };
    const auto other_side = run(0);
    ASSERT_TRUE(other_side.ok()) << other_side.error().to_string();
    expect_near(*(*other_side)[0].second.tensor(), {2}, {6, 8});
    const auto taken = run(1);
    ASSERT_FALSE(taken.ok());
    EXPECT_NE(taken.error().message.find("does not fit its inputs"), std::string::npos)
        << taken.error().to_string();
  }
}

TEST(NeuralNetworkControl, OneOfTheSidesHasToFit) {
  using P = proto::BranchLayerParams;
  const auto sum = [](WireWriter& w) { add_layer(w, Layer::kAddBroadcastable, {"x", "three"}, {"y"}, {}); };
  TestNetwork network(true);
  network.input("x", {2}).input("three", {3}).output("y");
  network.layer(Layer::kBranch, {"x"}, {}, [&](WireWriter& w) {
    w.add_message(P::kIfBranch, [&] { sum(w); });
    w.add_message(P::kElseBranch, [&] { sum(w); });
  });
  EXPECT_NE(network.failure(), "");
}

TEST(NeuralNetworkControl, AnInputMayLeaveAsItCame) {
  TestNetwork network(true);
  network.input("x", {2}).output("x").output("y");
  network.layer(Layer::kAdd, {"x"}, {"y"}, alpha(1));
  auto outputs = network.run({{"x", f32({2}, {3, 4})}});
  ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
  expect_near(*(*outputs)[0].second.tensor(), {2}, {3, 4});
  expect_near(*(*outputs)[1].second.tensor(), {2}, {4, 5});
}

TEST(NeuralNetworkControl, LoopRunsAsOftenAsItSays) {
  using P = proto::LoopLayerParams;
  TestNetwork network(true);
  network.input("x", {1}).output("y");
  network.layer(Layer::kCopy, {"x"}, {"y"});
  network.layer(Layer::kLoop, {}, {}, [](WireWriter& w) {
    w.add_varint(P::kMaxLoopIterations, 5);
    w.add_message(P::kBodyNetwork, [&] {
      add_layer(w, Layer::kMultiply, {"y"}, {"doubled"}, alpha(2));
      add_layer(w, Layer::kCopy, {"doubled"}, {"y"});
    });
  });
  expect_near(network.run1({{"x", f32({1}, {3})}}), {1}, {96});
}

// Doubles y while it is below 100; the count of iterations is an input as well.
TestNetwork conditional_loop() {
  using P = proto::LoopLayerParams;
  TestNetwork network(true);
  network.input("x", {1}).input("most", {1}).output("y");
  network.layer(Layer::kCopy, {"x"}, {"y"});
  network.layer(Layer::kLoop, {"most"}, {}, [](WireWriter& w) {
    w.add_text(P::kConditionVar, "small");
    w.add_message(P::kConditionNetwork, [&] {
      add_layer(w, Layer::kLessThan, {"y"}, {"small"},
                [](WireWriter& c) { c.add_float(proto::LessThanLayerParams::kAlpha, 100); });
    });
    w.add_message(P::kBodyNetwork, [&] { add_layer(w, Layer::kMultiply, {"y"}, {"y"}, alpha(2)); });
  });
  return network;
}

TEST(NeuralNetworkControl, LoopEndsByConditionOrCount) {
  expect_near(conditional_loop().run1({{"x", f32({1}, {3})}, {"most", f32({1}, {50})}}), {1}, {192});
  expect_near(conditional_loop().run1({{"x", f32({1}, {3})}, {"most", f32({1}, {2})}}), {1}, {12});
  expect_near(conditional_loop().run1({{"x", f32({1}, {300})}, {"most", f32({1}, {50})}}), {1}, {300});
}

// Adds 1 to y ten times, but leaves (or starts over) before that once y is above 3.
TestNetwork loop_with_exit(uint32_t exit) {
  using P = proto::LoopLayerParams;
  TestNetwork network(true);
  network.input("x", {1}).output("y").output("rounds");
  network.layer(Layer::kCopy, {"x"}, {"y"});
  network.layer(Layer::kCopy, {"x"}, {"rounds"});
  network.layer(Layer::kLoop, {}, {}, [=](WireWriter& w) {
    w.add_varint(P::kMaxLoopIterations, 10);
    w.add_message(P::kBodyNetwork, [&] {
      add_layer(w, Layer::kAdd, {"rounds"}, {"rounds"}, alpha(1));
      add_layer(w, Layer::kGreaterThan, {"y"}, {"large"},
                [](WireWriter& c) { c.add_float(proto::GreaterThanLayerParams::kAlpha, 3); });
      add_layer(w, Layer::kBranch, {"large"}, {}, [=](WireWriter& b) {
        b.add_message(proto::BranchLayerParams::kIfBranch, [&] { add_layer(b, exit, {}, {}); });
      });
      add_layer(w, Layer::kAdd, {"y"}, {"y"}, alpha(1));
    });
  });
  return network;
}

TEST(NeuralNetworkControl, BreakLeavesTheLoop) {
  WF_ASSERT_OK_AND_ASSIGN(const Features out, loop_with_exit(Layer::kLoopBreak).run({{"x", f32({1}, {0})}}));
  expect_near(*find_feature(out, "y")->tensor(), {1}, {4});
  expect_near(*find_feature(out, "rounds")->tensor(), {1}, {5});
}

TEST(NeuralNetworkControl, ContinueSkipsTheRestOfTheIteration) {
  WF_ASSERT_OK_AND_ASSIGN(const Features out,
                          loop_with_exit(Layer::kLoopContinue).run({{"x", f32({1}, {0})}}));
  expect_near(*find_feature(out, "y")->tensor(), {1}, {4});
  expect_near(*find_feature(out, "rounds")->tensor(), {1}, {10});
}

TEST(NeuralNetworkControl, ABlobMayGrowFromIterationToIteration) {
  using P = proto::LoopLayerParams;
  TestNetwork network(true);
  network.input("x", {2}).output("y");
  network.layer(Layer::kCopy, {"x"}, {"y"});
  network.layer(Layer::kLoop, {}, {}, [](WireWriter& w) {
    w.add_varint(P::kMaxLoopIterations, 2);
    w.add_message(P::kBodyNetwork, [&] { add_layer(w, Layer::kConcatND, {"y", "x"}, {"y"}); });
  });
  expect_near(network.run1({{"x", f32({2}, {1, 2})}}), {6}, {1, 2, 1, 2, 1, 2});
}

TEST(NeuralNetworkControl, NonsenseIsRefused) {
  TestNetwork endless(true), stray(true), deep(true);
  endless.input("x", {1}).output("y").layer(Layer::kLoop, {}, {}, [](WireWriter& w) {
    w.add_message(proto::LoopLayerParams::kBodyNetwork, [&] { add_layer(w, Layer::kCopy, {"x"}, {"y"}); });
  });
  EXPECT_NE(endless.failure().find("layer 0 'layer' (loop): nothing ends the loop"), std::string::npos)
      << endless.failure();
  stray.input("x", {1}).output("y").layer(Layer::kLoopBreak, {}, {});
  EXPECT_NE(stray.failure().find("outside of a loop"), std::string::npos);
  const std::function<void(WireWriter&, int)> nest = [&](WireWriter& w, int depth) {
    add_layer(w, Layer::kBranch, {"x"}, {}, [&](WireWriter& b) {
      b.add_message(proto::BranchLayerParams::kIfBranch, [&] {
        if (depth > 0) nest(b, depth - 1);
      });
    });
  };
  deep.input("x", {1}).output("y");
  nest(deep.wire, 20);
  EXPECT_NE(deep.failure().find("nested deeper than 6"), std::string::npos) << deep.failure();
}

}  // namespace
}  // namespace wf::test
