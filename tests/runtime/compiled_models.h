// Small models with weights worth packing, on disk.
#pragma once

#include "base/random.h"
#include "formats/save.h"
#include "lab/generate.h"
#include "runtime/models.h"

namespace wf::test {

inline Tensor random_tensor(SeededRandom& random, DType dtype, const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(*element_count(shape)));
  for (double& value : values) value = random.normal() * 0.2;
  return of(dtype, shape, std::move(values));
}

// A convolution, a table and a product, in fp16; `seed` makes the weights.
inline std::filesystem::path save_weighted_model(const std::filesystem::path& path, uint64_t seed) {
  SeededRandom random(seed);
  const ModelFile file = make_file(
      {array_feature("x", DType::kFloat32, {1, 4, 10, 10}), array_feature("row", DType::kInt32, {1})},
      {array_feature("y", DType::kFloat32, {1, 24})}, [&](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat32, {1, 4, 10, 10}));
        const ValueId row = b.input("row", tensor_type(DType::kInt32, {1}));
        const ValueId half = b.op("cast", {{"x", x}, {"dtype", "fp16"}});
        const ValueId kernel = b.constant(random_tensor(random, DType::kFloat16, {12, 4, 3, 3}), "kernel");
        const ValueId spread = b.op("conv", {{"x", half}, {"weight", kernel}, {"pad_type", "same"}});
        const ValueId mean = b.op("reduce_mean", {{"x", b.op("relu", {{"x", spread}})},
                                                  {"axes", std::vector<int64_t>{2, 3}},
                                                  {"keep_dims", false}});
        const ValueId table = b.constant(random_tensor(random, DType::kFloat16, {512, 12}), "table");
        const ValueId picked = b.op("gather", {{"x", table}, {"indices", row}, {"axis", 0}});
        const ValueId sum = b.op("add", {{"x", mean}, {"y", picked}});
        const ValueId weight = b.constant(random_tensor(random, DType::kFloat16, {24, 12}), "weight");
        const ValueId bias = b.constant(random_tensor(random, DType::kFloat16, {24}), "bias");
        const ValueId out = b.op("linear", {{"x", sum}, {"weight", weight}, {"bias", bias}});
        b.set_outputs({b.op("cast", {{"x", out}, {"dtype", "fp32"}}, "y")});
      });
  const Status saved = save_mlpackage(file, path);
  EXPECT_TRUE(saved.ok()) << saved.error().to_string();
  return path;
}

// What the model answers to inputs of a seed.
inline Tensor answer_of(const Model& model, uint64_t seed = 1) {
  auto inputs = generate_inputs(model, seed);
  EXPECT_TRUE(inputs.ok());
  if (!inputs) return {};
  auto outputs = model.predict(*inputs);
  EXPECT_TRUE(outputs.ok()) << outputs.error().to_string();
  return outputs ? tensor_of(*outputs, "y") : Tensor();
}

inline Tensor answer_at(const std::filesystem::path& path, const std::string& engine = "cpu") {
  LoadOptions options;
  options.engine = engine;
  auto model = Model::load(path, options);
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  return model ? answer_of(*model) : Tensor();
}

}  // namespace wf::test
