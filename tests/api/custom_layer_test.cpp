// Custom layers through the public header: registered, run, taken back.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "scaling_model.h"
#include "windfall/windfall.hpp"

namespace wf::test {
namespace {

windfall::Result<std::vector<windfall::Tensor>> scale(const windfall::CustomLayerCall& call) {
  std::vector<float> values;
  for (const double x : call.inputs[0].to_doubles())
    values.push_back(static_cast<float>(x * std::get<double>(call.parameters.at("factor"))));
  auto out = windfall::Tensor::of<float>(call.outputs[0].shape, values);
  if (!out) return out.error();
  return std::vector{*out};
}

windfall::Result<windfall::Values> predict(const windfall::Model& model) {
  return model.predict({{"x", *windfall::Tensor::of<float>({2}, {1.5F, -2})}});
}

TEST(ApiCustomLayer, RunsWhatIsRegistered) {
  if (const char* engine = std::getenv("WINDFALL_ENGINE"); engine && std::string_view(engine) == "coreml")
    GTEST_SKIP() << "not with Core ML: its custom layers are Objective-C classes";
  const auto path = scaling_model("api_custom_layer");
  const auto refused = windfall::Model::load(path);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, windfall::ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("custom layer 'Api.Scale'"), std::string::npos)
      << refused.error().message;

  ASSERT_TRUE(windfall::register_custom_layer("Api.Scale", {scale, nullptr}).ok());
  const auto model = windfall::Model::load(path);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto outputs = predict(*model);
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  EXPECT_EQ(std::get<windfall::Tensor>(outputs->at("y")).to_doubles(), (std::vector<double>{4.5, -6}));

  windfall::forget_custom_layer("Api.Scale");
  EXPECT_FALSE(predict(*model).ok());
}

TEST(ApiCustomLayer, WhatGoesWrongInItIsAnError) {
  const auto path = scaling_model("api_custom_layer_errors");
  const auto message = [&](decltype(windfall::CustomLayer::evaluate) evaluate) -> std::string {
    EXPECT_TRUE(windfall::register_custom_layer("Api.Scale", {std::move(evaluate), nullptr}).ok());
    const auto model = windfall::Model::load(path);
    const auto outputs = model ? predict(*model) : windfall::Result<windfall::Values>(model.error());
    windfall::forget_custom_layer("Api.Scale");
    return outputs ? "" : outputs.error().message;
  };
  using Tensors = windfall::Result<std::vector<windfall::Tensor>>;
  using Call = windfall::CustomLayerCall;
  EXPECT_NE(
      message([](const Call&) -> Tensors { throw std::runtime_error("a fit"); }).find("it threw: a fit"),
      std::string::npos);
  EXPECT_NE(message([](const Call&) -> Tensors {
              return windfall::Error{windfall::ErrorCode::kRuntime, "no luck", ""};
            }).find("custom layer 'Api.Scale': no luck"),
            std::string::npos);
  EXPECT_NE(message([](const Call&) -> Tensors {
              return std::vector{*windfall::Tensor::zeros(windfall::DType::kFloat32, {5})};
            }).find("output 0 is tensor<fp32, [5]>, expected tensor<fp32, [2]>"),
            std::string::npos);
  EXPECT_FALSE(windfall::register_custom_layer("Api.Scale", {}).ok());
}

}  // namespace
}  // namespace wf::test
