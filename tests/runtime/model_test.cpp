#include <thread>

#include "runtime/models.h"

namespace wf::test {
namespace {

ModelFile simple_file(DType described = DType::kFloat32, DType inside = DType::kFloat32) {
  return doubling_file(array_feature("x", described, {2}), tensor_type(inside, {2}),
                       array_feature("y", described, {2}));
}

TEST(Model, PredictsAndTellsTimes) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(simple_file()));
  EXPECT_FALSE(model.prepared().sla_estimate().p50_ms.has_value());
  PredictTimes times;
  WF_ASSERT_OK_AND_ASSIGN(const Features outputs,
                          model.predict({{"x", f32({2}, {1.5, -2})}}, nullptr, {}, &times));
  ASSERT_EQ(outputs.size(), 1u);
  expect_near(tensor_of(outputs, "y"), {2}, {3, -4}, 0);
  EXPECT_GT(times.predict_ms, 0);
  EXPECT_GT(model.prepared().sla_estimate().p99_ms.value_or(0), 0);
  EXPECT_EQ(model.prepared().meta().backend, "mlprogram");
}

TEST(Model, TypedReadingRoundsExactReadingDoesNot) {
  // 1 + 2^-11 is a tie in fp16 and rounds to 1, so the input is the same for both; 60000 + 60000 overflows
  // fp16 only.
  ModelFile file = simple_file(DType::kFloat16, DType::kFloat16);
  WF_ASSERT_OK_AND_ASSIGN(const Model typed, prepared(file));
  WF_ASSERT_OK_AND_ASSIGN(const Model exact, prepared(file, "reference:exact"));
  const Features inputs = {{"x", of(DType::kFloat64, {2}, {1 + 0x1p-11, 60000})}};
  WF_ASSERT_OK_AND_ASSIGN(const Features rounded, typed.predict(inputs));
  expect_near(tensor_of(rounded, "y"), {2}, {2, INFINITY}, 0);
  EXPECT_EQ(tensor_of(rounded, "y").dtype(), DType::kFloat16);
  WF_ASSERT_OK_AND_ASSIGN(const Features wide, exact.predict(inputs));
  expect_near(tensor_of(wide, "y"), {2}, {2, 120000}, 0);
  EXPECT_EQ(tensor_of(wide, "y").dtype(), DType::kFloat64);
}

TEST(Model, WrongNamesAreErrorsThatListTheRightOnes) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(simple_file()));
  expect_error(model.predict({{"z", f32({2}, {1, 2})}}), ErrorCode::kInvalidArgument,
               "no input 'z'; it takes 'x' MultiArray (Float32 2)");
  expect_error(model.predict({}), ErrorCode::kInvalidArgument,
               "input 'x': missing; it is MultiArray (Float32 2)");
  const Tensor x = f32({2}, {1, 2});
  expect_error(model.predict({{"x", x}, {"x", x}}), ErrorCode::kInvalidArgument, "given twice");
}

TEST(Model, OptionalInputsTakeTheirDefault) {
  Feature x = array_feature("x", DType::kFloat32, {2});
  x.optional = true;
  const auto doubled = [&] {
    return doubling_file(x, tensor_type(DType::kFloat32, {2}), array_feature("y", DType::kFloat32, {2}));
  };
  WF_ASSERT_OK_AND_ASSIGN(const Model zeros, prepared(doubled()));
  WF_ASSERT_OK_AND_ASSIGN(const Features from_zeros, zeros.predict({}));
  expect_near(tensor_of(from_zeros, "y"), {2}, {0, 0}, 0);
  std::get<ArrayFeature>(x.type).fallback = 1.5;
  WF_ASSERT_OK_AND_ASSIGN(const Model filled, prepared(doubled()));
  WF_ASSERT_OK_AND_ASSIGN(const Features from_default, filled.predict({}));
  expect_near(tensor_of(from_default, "y"), {2}, {3, 3}, 0);
}

TEST(Model, RefusesWhatHasNoProgram) {
  ModelFile tree;
  tree.type = "treeEnsembleRegressor";
  tree.refusals.push_back({"treeEnsembleRegressor", "the classical models"});
  expect_error(prepared(tree), ErrorCode::kUnsupported,
               any_engine() == "coreml" ? "only ML programs can be written"
                                        : "treeEnsembleRegressor: needs the classical models");
  tree.missing_weights = {"weights/weight.bin"};
  expect_error(prepared(tree), ErrorCode::kWeightsMissing, "weights/weight.bin");
  expect_error(Model::load("no_such.mlmodel"), ErrorCode::kNotFound, "no_such.mlmodel");
}

TEST(Model, DescriptionAndProgramMustAgree) {
  WF_OWN_ENGINES_ONLY("its compiler judges the program");
  ModelFile file = simple_file();
  file.description.interface.inputs[0].name = "other";
  expect_error(prepared(file), ErrorCode::kBadModel, "input 'x' that the description does not name");
  file = simple_file();
  file.description.interface.outputs[0].name = "other";
  expect_error(prepared(file), ErrorCode::kBadModel, "output 'other' that the program does not compute");
}

TEST(Model, FunctionsHaveTheirOwnInterfaces) {
  ModelFile file;
  file.type = "mlProgram";
  Program program;
  for (const char* name : {"main", "other"}) {
    const int64_t size = name[0] == 'm' ? 2 : 3;
    program.functions.push_back(make_function(name, [&](Builder& b) {
      const ValueId x = b.input("x", tensor_type(DType::kFloat32, {size}));
      b.set_outputs({b.op("relu", {{"x", x}}, "y")});
    }));
    Interface interface;
    interface.inputs = {array_feature("x", DType::kFloat32, {size})};
    interface.outputs = {array_feature("y", DType::kFloat32, {size})};
    file.description.functions.emplace_back(name, interface);
  }
  file.program = std::make_shared<const Program>(std::move(program));
  const auto shared = std::make_shared<const ModelFile>(file);
  LoadOptions options;
  WF_ASSERT_OK_AND_ASSIGN(const Model main, Model::prepare(shared, options));
  WF_ASSERT_OK(main.predict({{"x", f32({2}, {1, 2})}}));
  options.prepare.function = "other";
  WF_ASSERT_OK_AND_ASSIGN(const Model other, Model::prepare(shared, options));
  WF_ASSERT_OK(other.predict({{"x", f32({3}, {1, 2, 3})}}));
  EXPECT_NE(main.prepared().cache_key(), other.prepared().cache_key());
  options.prepare.function = "third";
  expect_error(Model::prepare(shared, options), ErrorCode::kNotFound,
               "no function 'third'; the model has: main, other");

  file.description.default_function = "other";
  WF_ASSERT_OK_AND_ASSIGN(const Model by_default, prepared(file));
  EXPECT_EQ(by_default.interface().inputs[0].array()->shape, (Shape{3}));
}

TEST(Model, StatesAreMadeZeroAndAskedFor) {
  ModelFile file = make_file(
      {array_feature("x", DType::kFloat16, {2})}, {array_feature("y", DType::kFloat16, {2})}, [](Builder& b) {
        b.input("cache", StateType{{DType::kFloat16, Shape{2, 3}}});  // states may come before inputs
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {2}));
        b.set_outputs({b.op("relu", {{"x", x}}, "y")});
      });
  Feature cache;
  cache.name = "cache";
  cache.type = StateFeature{ArrayFeature{DType::kFloat16, {2, 3}, {}, {}, {}}};
  file.description.interface.states = {cache};
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(file));
  const Features inputs = {{"x", f16({2}, {1, -1})}};
  expect_error(model.predict(inputs), ErrorCode::kInvalidArgument, "new_state()");
  WF_ASSERT_OK_AND_ASSIGN(ModelState state, model.new_state());
  ASSERT_EQ(state.cells.size(), 1u);
  EXPECT_EQ(state.cells[0].first, "cache");
  expect_near(state.cells[0].second->tensor, {2, 3}, {0, 0, 0, 0, 0, 0}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict(inputs, &state));
  expect_near(tensor_of(outputs, "y"), {2}, {1, 0}, 0);
  ModelState stranger;
  expect_error(model.predict(inputs, &stranger), ErrorCode::kInvalidArgument,
               "the given state has no 'cache'");
}

// total = total + x, in fp16.
ModelFile summing_file() {
  return make_file(
      {array_feature("x", DType::kFloat16, {1})}, {array_feature("sum", DType::kFloat16, {1})},
      [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {1}));
        const ValueId total = b.input("total", StateType{{DType::kFloat16, Shape{1}}});
        const ValueId sum = b.op("add", {{"x", b.op("read_state", {{"input", total}})}, {"y", x}}, "sum");
        b.op_list("write_state", {{"input", total}, {"data", sum}}, 0);
        b.set_outputs({sum});
      },
      Opset::kIos18);
}

TEST(Model, StatesOutliveAPredictionInBothReadings) {
  for (const char* engine : {"reference", "reference:exact"}) {
    WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(summing_file(), engine));
    WF_ASSERT_OK_AND_ASSIGN(ModelState state, model.new_state());
    WF_ASSERT_OK_AND_ASSIGN(ModelState other, model.new_state());
    double expected = 0;
    for (const double x : {40000.0, 20000.0, 40000.0}) {
      WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"x", f16({1}, {x})}}, &state));
      expected += x;
      const bool overflows = std::string_view(engine) == "reference" && expected > 65504;  // fp16's largest
      expect_near(tensor_of(outputs, "sum"), {1}, {overflows ? INFINITY : expected}, 0);
    }
    WF_ASSERT_OK_AND_ASSIGN(const Features fresh, model.predict({{"x", f16({1}, {1})}}, &other));
    expect_near(tensor_of(fresh, "sum"), {1}, {1}, 0);
  }
}

TEST(Model, IsSharedByThreads) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(simple_file()));
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto outputs = model.predict({{"x", f32({2}, {t + 0.5, double(i)})}});
        if (outputs.ok() &&
            read_doubles(*outputs->at(0).second.tensor()) == std::vector<double>{2 * t + 1.0, 2.0 * i})
          ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
  EXPECT_GT(model.prepared().sla_estimate().p50_ms.value_or(0), 0);
}

TEST(Model, StopsAtTheDeadlineAndWhenCancelled) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(simple_file()));
  InferOptions options;
  options.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  expect_error(model.predict({{"x", f32({2}, {1, 2})}}, nullptr, options), ErrorCode::kDeadlineExceeded,
               "deadline");
  options.deadline.reset();
  const std::atomic<bool> cancelled{true};
  options.cancelled = &cancelled;
  expect_error(model.predict({{"x", f32({2}, {1, 2})}}, nullptr, options), ErrorCode::kDeadlineExceeded,
               "cancelled");
}

TEST(Model, ObserverSeesValuesByName) {
  WF_OWN_ENGINES_ONLY("it shows no values inside");
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(simple_file()));
  std::vector<std::string> seen;
  InferOptions options;
  options.observer = [&](const Op& op, std::string_view name, const Datum&) {
    seen.push_back(op.type + " " + std::string(name));
  };
  WF_ASSERT_OK(model.predict({{"x", f32({2}, {1, 2})}}, nullptr, options));
  EXPECT_EQ(seen, std::vector<std::string>{"add y"});
}

TEST(Engines, AreFoundByName) {
  WF_ASSERT_OK_AND_ASSIGN(const InferenceEngine* engine, find_engine("reference:exact"));
  EXPECT_EQ(engine->name(), "reference:exact");
  expect_error(find_engine("warp"), ErrorCode::kInvalidArgument, "reference, reference:exact");
}

}  // namespace
}  // namespace wf::test
