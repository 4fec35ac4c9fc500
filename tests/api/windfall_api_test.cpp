// Through the public header; what it stands on has tests of its own.
#include <gtest/gtest.h>

#include "formats/save.h"
#include "runtime/models.h"
#include "windfall/windfall.hpp"

namespace wf::test {
namespace {

// y = x + x on two fp32 numbers, as a file.
std::filesystem::path doubling_model(std::string_view test) {
  ModelFile file = doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                                 array_feature("y", DType::kFloat32, {2}));
  file.description.interface.inputs[0].doc = "two numbers";
  file.description.metadata.short_description = "doubles";
  const auto path = scratch_folder(test) / "double.mlpackage";
  const auto status = save_mlpackage(file, path);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

TEST(Api, LoadsDescribesAndPredicts) {
  const auto model = windfall::Model::load(doubling_model("api_loads"));
  ASSERT_TRUE(model.ok()) << model.error().message;
  const windfall::Description& description = model->description();
  EXPECT_EQ(description.type, "mlProgram");
  EXPECT_EQ(description.short_description, "doubles");
  ASSERT_EQ(description.inputs.size(), 1u);
  EXPECT_EQ(description.inputs[0].doc, "two numbers");
  EXPECT_EQ(description.inputs[0].kind, windfall::FeatureKind::kArray);
  EXPECT_EQ(description.inputs[0].shape, (windfall::Shape{2}));

  const auto x = windfall::Tensor::of<float>({2}, {1.5f, -2});
  ASSERT_TRUE(x.ok());
  const auto outputs = model->predict({{"x", *x}});
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  const auto& y = std::get<windfall::Tensor>(outputs->at("y"));
  EXPECT_EQ(y.dtype(), windfall::DType::kFloat32);
  EXPECT_EQ(y.to_doubles(), (std::vector<double>{3, -4}));
}

TEST(Api, AModelIsServedToMany) {
  const auto model = windfall::Model::load(doubling_model("api_predictor"));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(windfall::Predictor::create(*model, {.instances = 0}).error().code,
            windfall::ErrorCode::kInvalidArgument);
  auto predictor = windfall::Predictor::create(*model, {.instances = 2});
  ASSERT_TRUE(predictor.ok());
  const auto inputs = [](float a) {
    return windfall::Values{{"x", *windfall::Tensor::of<float>({2}, {a, -a})}};
  };
  const auto first = [](const windfall::Result<windfall::Values>& outputs) {
    return std::get<windfall::Tensor>(outputs->at("y")).to_doubles()[0];
  };
  const auto ticket = predictor->submit({.inputs = inputs(4)});
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(first(ticket->wait()), 8);
  ticket->cancel();
  EXPECT_TRUE(ticket->done() && ticket->wait_for(std::chrono::milliseconds(0)));
  const auto answers = predictor->predict_batch({{.inputs = inputs(1)},
                                                 {.inputs = {}},
                                                 {.inputs = {{"x", windfall::Dictionary()}}},
                                                 {.inputs = inputs(2)}});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(first(answers[0]), 2);
  EXPECT_EQ(answers[1].error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(answers[2].error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(first(answers[3]), 4);
  predictor->shutdown(std::chrono::milliseconds(100));
  const auto refused = predictor->submit({.inputs = inputs(4)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, windfall::ErrorCode::kEnvironment);
}

TEST(Api, ErrorsAreValues) {
  const auto missing = windfall::Model::load("no_such.mlmodel");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, windfall::ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("no_such.mlmodel"), std::string::npos);

  const auto model = windfall::Model::load(doubling_model("api_errors"));
  ASSERT_TRUE(model.ok());
  const auto x = windfall::Tensor::of<float>({1, 2}, {1, 2});
  const auto outputs = model->predict({{"x", *x}});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(outputs.error().code, windfall::ErrorCode::kInvalidArgument);
  EXPECT_EQ(outputs.error().hint, "drop the leading dimension of 1: [2]");
  EXPECT_EQ(
      windfall::Model::load(doubling_model("api_errors"), {.engine = "warp", .function = ""}).error().code,
      windfall::ErrorCode::kInvalidArgument);
}

TEST(Api, TensorsShareTheirBytes) {
  auto bytes = std::make_shared<std::vector<std::byte>>(8);
  const auto view = windfall::Tensor::view_of(windfall::DType::kInt32, {2}, *bytes, bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->bytes().data(), bytes->data());
  EXPECT_EQ(windfall::Tensor::view_of(windfall::DType::kInt32, {3}, *bytes, bytes).error().code,
            windfall::ErrorCode::kInvalidArgument);
  const auto zeros = windfall::Tensor::zeros(windfall::DType::kFloat16, {2, 2});
  ASSERT_TRUE(zeros.ok());
  EXPECT_EQ(zeros->to_doubles(), (std::vector<double>(4, 0.0)));
  const auto text = windfall::Tensor::of_strings({1}, {"cat"});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->strings(), (std::vector<std::string>{"cat"}));
  const auto wide = windfall::Tensor::of<std::int32_t>({1}, {7})->converted(windfall::DType::kFloat64);
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(windfall::name_of(wide->dtype()), "fp64");
}

TEST(Api, Files) {
  const auto folder = scratch_folder("api_files");
  const auto tensor = windfall::Tensor::of<std::int64_t>({2}, {3, 4});
  ASSERT_TRUE(windfall::save_npy(folder / "x.npy", *tensor).ok());
  const auto back = windfall::load_npy(folder / "x.npy");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->to_doubles(), (std::vector<double>{3, 4}));
  EXPECT_EQ(windfall::load_image(folder / "x.npy").error().code, windfall::ErrorCode::kBadModel);
}

}  // namespace
}  // namespace wf::test
