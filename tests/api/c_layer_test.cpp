// Custom layers through version 2 of the C interface.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <stdexcept>

#include "c_calls.h"
#include "scaling_model.h"

namespace wf::test {
namespace {

// What the callbacks saw and are to do; `released` counts how often the library let go of it.
struct Script {
  std::function<void(windfall_layer_call_t*)> evaluate, shapes;
  windfall_layer_call_t* last = nullptr;
  std::atomic<int> released{0};
};

void enrol(Script& script, bool with_shapes = false) {
  windfall_layer_t layer{};
  layer.struct_size = sizeof layer;
  layer.evaluate = [](void* context, windfall_layer_call_t* call) {
    auto& own = *static_cast<Script*>(context);
    own.last = call;
    own.evaluate(call);
  };
  if (with_shapes)
    layer.output_shapes = [](void* context, windfall_layer_call_t* call) {
      static_cast<Script*>(context)->shapes(call);
    };
  layer.context = &script;
  layer.release = [](void* context) { ++static_cast<Script*>(context)->released; };
  ok(windfall_layer_register("Api.Scale", &layer));
}

// y = x * factor, by every accessor there is.
void scale(windfall_layer_call_t* call) {
  EXPECT_STREQ(windfall_layer_class_name(call), "Api.Scale");
  EXPECT_STREQ(windfall_layer_name(call), "y");
  EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_INPUTS), 1u);
  EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_OUTPUTS), 1u);
  EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_WEIGHTS), 0u);
  EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_PARAMETERS), 1u);
  EXPECT_EQ(windfall_layer_count(call, 4), 0u);
  windfall_layer_parameter_t parameter{};
  parameter.struct_size = sizeof parameter;
  ok(windfall_layer_parameter(call, 0, &parameter));
  EXPECT_STREQ(parameter.name, "factor");
  EXPECT_EQ(parameter.kind, WINDFALL_PARAMETER_DOUBLE);
  windfall_layer_value_t wanted{};
  wanted.struct_size = sizeof wanted;
  ok(windfall_layer_value(call, WINDFALL_LAYER_OUTPUTS, 0, &wanted));
  EXPECT_EQ(wanted.dtype, WINDFALL_FP32);
  EXPECT_EQ(wanted.rank, 1u);
  EXPECT_EQ(wanted.shape[0], 2);
  windfall_tensor_t *x = nullptr, *y = nullptr;
  ok(windfall_layer_tensor(call, WINDFALL_LAYER_INPUTS, 0, &x));
  std::vector<float> values = values_of<float>(x);
  for (float& value : values) value *= static_cast<float>(parameter.number);
  y = wrap(WINDFALL_FP32, {2}, values);  // gone when this returns: it is copied
  ok(windfall_layer_set_output(call, 0, y));
  windfall_tensor_free(x);
  windfall_tensor_free(y);

  windfall_tensor_t* none = nullptr;
  refused(windfall_layer_tensor(call, WINDFALL_LAYER_OUTPUTS, 0, &none), 1, "which is 1");
  refused(windfall_layer_tensor(call, WINDFALL_LAYER_INPUTS, 1, &none), 1, "index is 1, there are 1");
  refused(windfall_layer_tensor(call, WINDFALL_LAYER_INPUTS, 0, nullptr), 1, "out is NULL");
  refused(windfall_layer_parameter(call, 1, &parameter), 1, "index is 1");
  refused(windfall_layer_value(call, 3, 0, &wanted), 1, "which is 3");
  refused(windfall_layer_set_output(call, 1, y), 1, "no such handle");
  refused(windfall_layer_set_output_shape(call, 0, 0, nullptr), 1, "values are asked for");
}

// The message of a prediction, "" if it went well: y is then as it should be.
std::string outcome(const windfall_model_t* model) {
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1.5F, -2}, out(2);
  windfall_tensor_t *x = wrap(WINDFALL_FP32, {2}, in), *y = wrap(WINDFALL_FP32, {2}, out);
  ok(windfall_request_set_input(request, "x", x));
  ok(windfall_request_set_output(request, "y", y));
  const Failure failure = taken(windfall_request_run(request));
  if (failure.code == 0) {
    EXPECT_EQ(out, (std::vector<float>{4.5F, -6}));
  }
  windfall_tensor_free(x);
  windfall_tensor_free(y);
  windfall_request_free(request);
  return failure.message;
}

TEST(CLayer, RunsIsReplacedAndForgotten) {
  Script first, second;
  first.evaluate = scale;
  second.evaluate = [](windfall_layer_call_t* call) {
    windfall_layer_fail(call, "another time");
    windfall_layer_fail(call, nullptr);
    windfall_layer_fail(call, "no luck");
  };
  const auto path = scaling_model("c_layer");
  windfall_model_t* described = nullptr;
  ok(windfall_model_describe(path.c_str(), nullptr, &described));
  windfall_model_info_t info{};
  info.struct_size = sizeof info;
  ok(windfall_model_info(described, &info));
  EXPECT_NE(std::string(info.why_not).find("custom layer 'Api.Scale'"), std::string::npos) << info.why_not;
  windfall_model_free(described);

  enrol(first);
  windfall_model_t* model = load(path);
  EXPECT_EQ(outcome(model), "");
  // The call is over: its handle is refused.
  EXPECT_EQ(windfall_layer_class_name(first.last), nullptr);
  refused(windfall_layer_set_output(first.last, 0, nullptr), 1, "no such handle");
  EXPECT_EQ(first.released, 0);
  enrol(second);
  EXPECT_EQ(first.released, 1);
  EXPECT_NE(outcome(model).find("custom layer 'Api.Scale': no luck"), std::string::npos) << outcome(model);
  windfall_layer_forget("Api.Scale");
  windfall_layer_forget("Api.Scale");
  windfall_layer_forget(nullptr);
  EXPECT_EQ(second.released, 1);
  EXPECT_NE(outcome(model).find("no implementation any more"), std::string::npos) << outcome(model);
  windfall_model_free(model);
}

TEST(CLayer, WhatGoesWrongInItIsAnError) {
  Script script;
  script.evaluate = scale;
  enrol(script);
  windfall_model_t* model = load(scaling_model("c_layer_errors"));
  const auto message = [&](std::function<void(windfall_layer_call_t*)> evaluate) {
    script.evaluate = std::move(evaluate);
    return outcome(model);
  };
  const auto give = [](windfall_layer_call_t* call, std::vector<float> values) {
    windfall_tensor_t* y = wrap(WINDFALL_FP32, {static_cast<int64_t>(values.size())}, values);
    ok(windfall_layer_set_output(call, 0, y));
    windfall_tensor_free(y);
  };
  EXPECT_NE(message([](auto*) {}).find("it did not set output 0"), std::string::npos);
  EXPECT_NE(message([](auto*) { throw std::runtime_error("a fit"); }).find("it threw: a fit"),
            std::string::npos);
  EXPECT_NE(message([&](auto* call) { give(call, {1, 2, 3}); }).find("expected tensor<fp32, [2]>"),
            std::string::npos);
  EXPECT_NE(message([&](auto* call) { give(call, {NAN, 2}); }).find("element 0 of output 0 is nan"),
            std::string::npos);
  EXPECT_EQ(message(scale), "");
  windfall_layer_forget("Api.Scale");
  windfall_model_free(model);
}

TEST(CLayer, ShapesAreAskedFor) {
  Script script;
  script.evaluate = scale;
  const auto promise = [](std::vector<int64_t> shape) {
    return [shape](windfall_layer_call_t* call) {
      EXPECT_STREQ(windfall_layer_class_name(call), "Api.Scale");
      EXPECT_EQ(windfall_layer_count(call, WINDFALL_LAYER_PARAMETERS), 1u);
      windfall_layer_value_t input{};
      input.struct_size = sizeof input;
      ok(windfall_layer_value(call, WINDFALL_LAYER_INPUTS, 0, &input));
      EXPECT_EQ(input.dtype, -1);
      EXPECT_EQ(input.shape[0], 2);
      windfall_tensor_t* none = nullptr;
      refused(windfall_layer_tensor(call, WINDFALL_LAYER_INPUTS, 0, &none), 1, "no values yet");
      const int64_t negative[] = {-2};
      refused(windfall_layer_set_output_shape(call, 0, 1, negative), 1, "negative");
      refused(windfall_layer_set_output_shape(call, 5000, 1, negative), 1, "at most");
      refused(windfall_layer_set_output_shape(call, 0, 33, negative), 1, "at most 32");
      refused(windfall_layer_set_output_shape(call, 0, 1, nullptr), 1, "shape is NULL");
      ok(windfall_layer_set_output_shape(call, 0, shape.size(), shape.data()));
    };
  };
  script.shapes = promise({2});
  enrol(script, true);
  windfall_model_t* model = load(scaling_model("c_layer_shapes"));
  EXPECT_EQ(outcome(model), "");
  script.shapes = promise({7});
  EXPECT_NE(outcome(model).find("its shape function gives [7]"), std::string::npos) << outcome(model);
  script.shapes = [](auto*) {};
  EXPECT_NE(outcome(model), "");
  windfall_layer_forget("Api.Scale");
  windfall_model_free(model);
}

TEST(CLayer, WhatCannotBeRegisteredIsNotReleased) {
  static int released = 0;
  windfall_layer_t layer{};
  layer.release = [](void*) { ++released; };
  refused(windfall_layer_register("Api.Scale", &layer), 1, "struct_size");
  layer.struct_size = sizeof layer;
  refused(windfall_layer_register("Api.Scale", &layer), 1, "evaluate is NULL");
  refused(windfall_layer_register(nullptr, &layer), 1, "class_name is NULL");
  refused(windfall_layer_register("Api.Scale", nullptr), 1, "layer is NULL");
  EXPECT_EQ(released, 0);
}

}  // namespace
}  // namespace wf::test
