// Custom layers of ML programs: what the implementation is given, and what happens when it misbehaves.
#include "ops/custom_layer.h"

#include <limits>
#include <stdexcept>
#include <thread>

#include "engine/reference/interpreter.h"
#include "ops/builder.h"
#include "support/support.h"

namespace wf::test {
namespace {

NamedConstant attribute(std::string name, Datum value) {
  ValueType type = type_of(value);
  return {std::move(name), {std::move(type), std::move(value), {}, {}}};
}
Datum words(const std::vector<std::string>& names) {
  List list;
  for (const std::string& name : names) list.items.emplace_back(text(name));
  return list;
}

// y = CLASS(second, first; scale, mode), as converters write an operation marked as custom.
Program program_of(std::string_view class_name, const ValueType& output) {
  Program program;
  Function& function = program.functions.emplace_back();
  function.name = "main";
  Builder b(function);
  const ValueId first = b.input("a", tensor_type(DType::kFloat32, {2}));
  const ValueId second = b.input("b", tensor_type(DType::kFloat16, {2}));
  const auto outputs =
      b.op_with_attributes("custom_layer",
                           {{"first", first},
                            {"second", second},
                            {"scale", 2.5},
                            {"mode", "wide"},
                            {"flip", true},
                            {"count", 7},
                            {"table", f32({2}, {10, 20})}},
                           {attribute("class_name", text(std::string(class_name))),
                            attribute("input_order", words({"second", "first"})),
                            attribute("parameters", words({"scale", "mode", "flip", "count"})),
                            attribute("weights", words({"table"}))},
                           {output}, "layer7");
  b.set_outputs(outputs);
  EXPECT_TRUE(b.ok());
  return program;
}

// Registered for the length of a test.
class Registered {
 public:
  Registered(std::string name, CustomLayer layer) : name_(std::move(name)) {
    EXPECT_TRUE(register_custom_layer(name_, std::move(layer)).ok());
  }
  ~Registered() { forget_custom_layer(name_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  std::string name_;
};

const ValueType kPair = tensor_type(DType::kFloat32, {2});

Result<std::vector<Datum>> run(std::string_view class_name, const ValueType& output = kPair,
                               Reading reading = Reading::kTyped) {
  WF_TRY(const auto prepared,
         ReferenceFunction::prepare(std::make_shared<const Program>(program_of(class_name, output)), ""));
  RunOptions options;
  options.reading = reading;
  return prepared->run(std::vector<Datum>{f32({2}, {1, 2}), f16({2}, {3, 4})}, options);
}

CustomLayer giving(std::function<Result<std::vector<Tensor>>(const CustomLayerCall&)> evaluate) {
  return {std::move(evaluate), nullptr};
}
// What the prediction says if the layer gives this.
std::string failure(const Tensor& output, const ValueType& declared = kPair) {
  const Registered layer("Test.Gives", giving([&](const CustomLayerCall&) { return std::vector{output}; }));
  const auto result = run("Test.Gives", declared);
  return result ? "" : result.error().to_string();
}
void expect_says(const std::string& message, std::string_view part) {
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(CustomLayer, GetsInputsParametersAndWeights) {
  for (const Reading reading : {Reading::kTyped, Reading::kExact}) {
    const Registered layer(
        "Test.Sum", giving([](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
          EXPECT_EQ(call.class_name, "Test.Sum");
          EXPECT_EQ(call.layer_name, "layer7");
          EXPECT_EQ(call.parameters.size(), 4u);
          EXPECT_EQ(std::get<double>(call.parameters.at("scale")), 2.5);
          EXPECT_EQ(std::get<std::string>(call.parameters.at("mode")), "wide");
          EXPECT_EQ(std::get<bool>(call.parameters.at("flip")), true);
          EXPECT_EQ(std::get<int64_t>(call.parameters.at("count")), 7);
          EXPECT_EQ(call.inputs.size(), 2u);
          EXPECT_EQ(call.inputs[0].dtype(), DType::kFloat16);  // as declared, in both readings
          EXPECT_EQ(call.inputs[1].dtype(), DType::kFloat32);
          expect_near(call.inputs[0], {2}, {3, 4});
          expect_near(call.inputs[1], {2}, {1, 2});
          EXPECT_EQ(call.weights.size(), 1u);
          expect_near(call.weights[0], {2}, {10, 20});
          EXPECT_EQ(call.outputs.size(), 1u);
          EXPECT_EQ(to_string(ValueType(call.outputs[0])), to_string(kPair));
          WF_TRY(Tensor out, Tensor::of_doubles(DType::kFloat64, {2}, std::vector<double>{5, 6}));
          return std::vector{out};
        }));
    WF_ASSERT_OK_AND_ASSIGN(const auto outputs, run("Test.Sum", kPair, reading));
    expect_near(*outputs[0].tensor(), {2}, {5, 6});
    EXPECT_EQ(outputs[0].tensor()->dtype(), reading == Reading::kExact ? DType::kFloat64 : DType::kFloat32);
  }
}

TEST(CustomLayer, OpenShapesAreTheImplementations) {
  const ValueType open = tensor_type(DType::kFloat32, {kUnknownSize});
  const Registered layer("Test.Three",
                         giving([](const CustomLayerCall&) { return std::vector{f32({3}, {1, 2, 3})}; }));
  WF_ASSERT_OK_AND_ASSIGN(const auto outputs, run("Test.Three", open));
  expect_near(*outputs[0].tensor(), {3}, {1, 2, 3});
}

TEST(CustomLayer, RefusedByNameWhileNobodyRegisteredIt) {
  const auto result = run("Test.Nobody");
  expect_error(result, "custom layer 'Test.Nobody' has no implementation here");
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(result.error().hint.find("register"), std::string::npos);
}

TEST(CustomLayer, TakenBackAfterLoadingIsAnError) {
  std::shared_ptr<const ReferenceFunction> prepared;
  {
    const Registered layer("Test.Gone", giving([](const CustomLayerCall&) { return std::vector<Tensor>{}; }));
    WF_ASSERT_OK_AND_ASSIGN(
        prepared,
        ReferenceFunction::prepare(std::make_shared<const Program>(program_of("Test.Gone", kPair)), ""));
  }
  expect_error(prepared->run(std::vector<Datum>{f32({2}, {1, 2}), f16({2}, {3, 4})}, {}),
               "'Test.Gone' has no implementation any more");
}

TEST(CustomLayer, WrongOutputsAreNamed) {
  expect_says(failure(f32({3}, {1, 2, 3})),
              "custom layer 'Test.Gives': output 0 is tensor<fp32, [3]>, expected "
              "tensor<fp32, [2]>");
  expect_says(failure(ints({1, 2})), "output 0 is tensor<int32, [2]>");
  expect_says(failure(f32({2}, {1, std::numeric_limits<double>::quiet_NaN()})),
              "element 1 of output 0 is nan");
  expect_says(failure(f32({2}, {std::numeric_limits<double>::infinity(), 0})),
              "element 0 of output 0 is inf");
  expect_says(failure(Tensor()), "output 0 is no tensor");
  const Registered none("Test.None", giving([](const CustomLayerCall&) { return std::vector<Tensor>{}; }));
  expect_error(run("Test.None"), "it gave 0 outputs, expected 1");
}

TEST(CustomLayer, ErrorsAndExceptionsEndThePrediction) {
  const Registered error("Test.Error", giving([](const CustomLayerCall&) -> Result<std::vector<Tensor>> {
                           return Error(ErrorCode::kInternal, "no luck");
                         }));
  expect_error(run("Test.Error"), "custom_layer 'layer7': custom layer 'Test.Error': no luck");
  EXPECT_EQ(run("Test.Error").error().code, ErrorCode::kRuntime);
  const Registered thrower("Test.Throws", giving([](const CustomLayerCall&) -> Result<std::vector<Tensor>> {
                             throw std::runtime_error("a fit");
                           }));
  expect_error(run("Test.Throws"), "it threw: a fit");
  const Registered number("Test.ThrowsNumber",
                          giving([](const CustomLayerCall&) -> Result<std::vector<Tensor>> { throw 7; }));
  expect_error(run("Test.ThrowsNumber"), "it threw");
}

TEST(CustomLayer, TheShapeFunctionIsCheckedToo) {
  const auto evaluate = [](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
    WF_TRY(Tensor zeros, Tensor::allocate(DType::kFloat32, *call.outputs[0].shape));
    return std::vector{zeros};
  };
  const auto shaped = [&](std::vector<Shape> shapes) {
    const Registered layer("Test.Shape",
                           {evaluate, [&](const std::vector<Shape>& inputs, const CustomParameters&) {
                              EXPECT_EQ(inputs, (std::vector<Shape>{{2}, {2}}));
                              return shapes;
                            }});
    const auto result = run("Test.Shape");
    return result ? "" : result.error().to_string();
  };
  EXPECT_EQ(shaped({{2}}), "");
  expect_says(shaped({{4}}),
              "its shape function gives [4] for output 0, the model declares tensor<fp32, [2]>");
  expect_says(shaped({}), "its shape function gives 0 shapes for 1 outputs");
  expect_says(shaped({{-5}}), "its shape function gives a size of -5");
}

TEST(CustomLayer, RegistrationNeedsANameAndAFunction) {
  expect_error(
      register_custom_layer("", giving([](const CustomLayerCall&) { return std::vector<Tensor>{}; })),
      "needs a class name");
  expect_error(register_custom_layer("Test.Empty", {}), "without a function");
  EXPECT_EQ(find_custom_layer("Test.Empty"), nullptr);
}

TEST(CustomLayer, RegistrationMayRaceWithPredictions) {
  const auto answering = [](double value) {
    return giving([value](const CustomLayerCall&) { return std::vector{f32({2}, {value, value})}; });
  };
  WF_ASSERT_OK(register_custom_layer("Test.Race", answering(0)));
  std::thread other([&] {
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(register_custom_layer("Test.Race", answering(i)).ok());
  });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(run("Test.Race").ok());
  other.join();
  forget_custom_layer("Test.Race");
}

}  // namespace
}  // namespace wf::test
