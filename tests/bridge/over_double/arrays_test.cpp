// Pitfalls 1 to 5, 9, 10, 15, 18: arrays in and out.
#include "bridge/over_double/over_double.h"

namespace wf::test {
namespace {

class BridgeArrays : public OverDouble {};

// Padded rows, transposed dimensions, absurd strides where a size is 1: the numbers are the same.
TEST_F(BridgeArrays, AnyLayoutIsReadRight) {
  const std::vector<Shape> shapes = {{2, 5}, {3}, {1, 3, 1, 7}, {4, 1}, {1}, {2, 3, 4}};
  int number = 0;
  for (const Shape& shape : shapes) {
    const std::string path = compiled(
        doubling_file(array_feature("x", DType::kFloat32, shape), tensor_type(DType::kFloat32, shape),
                      array_feature("y", DType::kFloat32, shape)),
        "m" + std::to_string(number++));
    const ModelHandle model(path);
    const Tensor x = iota(shape);
    for (const char* layout : {"dense", "padded", "transposed", "odd"}) {
      set_script("layout", layout);
      ArrayValue input("x", x);
      ResultHandle result;
      Failure failure;
      ASSERT_EQ(predict(model.model, {input}, result, failure), WFA_OK) << failure.words();
      std::vector<double> doubled = read_doubles(x);
      for (double& value : doubled) value *= 2;
      SCOPED_TRACE(std::string(layout) + " " + to_string(shape));
      expect_near(result.tensor(), shape, doubled, 0);
      EXPECT_EQ(*input.released, 1);
    }
  }
}

TEST_F(BridgeArrays, EveryElementTypeIsReadRight) {
  const ModelHandle model(doubling({2, 3}));
  for (const char* dtype : {"fp16", "fp32", "fp64"}) {
    set_script("dtype", dtype);
    set_script("layout", "padded");
    ArrayValue input("x", f32({2, 3}, {0, 1, 2, 3, 4, 5}));
    ResultHandle result;
    Failure failure;
    ASSERT_EQ(predict(model.model, {input}, result, failure), WFA_OK) << failure.words();
    EXPECT_EQ(name_of(result.tensor().dtype()), dtype);
    expect_near(result.tensor(), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);
  }
}

TEST_F(BridgeArrays, IntegersAreReadRight) {
  const ModelHandle model(doubling({2, 3}, DType::kInt32));
  set_script("layout", "padded");
  ArrayValue input("x", i32({2, 3}, {0, -1, 2, 3, 4, 1000000}));
  ResultHandle result;
  Failure failure;
  ASSERT_EQ(predict(model.model, {input}, result, failure), WFA_OK) << failure.words();
  expect_near(result.tensor(), {2, 3}, {0, -2, 4, 6, 8, 2000000}, 0);
}

// Input strides are Core ML's business; what the caller says must fit the memory.
TEST_F(BridgeArrays, StridedInputs) {
  const ModelHandle model(doubling({2, 3}));
  ArrayValue input("x", f32({8}, {0, 1, 2, -9, 3, 4, 5, -9}), {4, 1});
  input.sizes = {2, 3};
  input.rank = 2;
  input.shape = input.sizes.data();
  ResultHandle result;
  Failure failure;
  ASSERT_EQ(predict(model.model, {input}, result, failure), WFA_OK) << failure.words();
  expect_near(result.tensor(), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);

  ArrayValue beyond("x", iota({2, 3}), {4, 1});
  EXPECT_EQ(predict(model.model, {beyond}, result, failure), WFA_INVALID);
  EXPECT_NE(failure.words().find("reach 28 bytes, the memory given holds 24"), std::string::npos)
      << failure.words();
  EXPECT_EQ(*beyond.released, 1);
}

TEST_F(BridgeArrays, UnknownElementTypeIsAnError) {
  const ModelHandle model(doubling({2, 3}));
  ArrayValue input("x", iota({2, 3}));
  input.dtype = 0x10000 | 8;
  ResultHandle result;
  Failure failure;
  EXPECT_EQ(predict(model.model, {input}, result, failure), WFA_UNSUPPORTED);
  EXPECT_NE(failure.words().find("0x10008"), std::string::npos) << failure.words();
  EXPECT_EQ(*input.released, 1);
}

// The caller's memory is given back once: when Core ML drops it, when it never took it, and also when it gave
// it back itself while it failed.
TEST_F(BridgeArrays, MemoryIsReleasedOnce) {
  const ModelHandle model(doubling({2, 3}));
  for (const char* fault : {"array.init_fails", "array.init_fails_releasing"}) {
    set_script(fault, "1");
    ArrayValue input("x", iota({2, 3}));
    ResultHandle result;
    Failure failure;
    EXPECT_EQ(predict(model.model, {input}, result, failure), WFA_ERROR) << fault;
    EXPECT_NE(failure.words().find("Failed to create a MultiArray"), std::string::npos) << failure.words();
    EXPECT_EQ(*input.released, 1) << fault;
  }
  // Core ML keeps the inputs beyond the call.
  set_script("predict.keep_inputs", "1");
  ArrayValue kept("x", iota({2, 3}));
  ResultHandle result;
  Failure failure;
  ASSERT_EQ(predict(model.model, {kept}, result, failure), WFA_OK) << failure.words();
  EXPECT_EQ(*kept.released, 0);
  ArrayValue next("x", iota({2, 3}));
  ASSERT_EQ(predict(model.model, {next}, result, failure), WFA_OK) << failure.words();
  EXPECT_EQ(*kept.released, 1);
}

TEST_F(BridgeArrays, PoolIsDrainedByEveryCall) {
  const ModelHandle model(doubling({2, 3}));
  const auto alive = [&] {
    ArrayValue input("x", iota({2, 3}));
    ResultHandle result;
    Failure failure;
    EXPECT_EQ(predict(model.model, {input}, result, failure), WFA_OK) << failure.words();
    return apple_double::living();
  };
  const int64_t first = alive();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(alive(), first) << leaked();
}

struct BackingCase {
  const char* script;
  int expected;
};

TEST_F(BridgeArrays, MemoryOfferedForOutputs) {
  const ModelHandle model(doubling({2, 3}));
  for (const BackingCase& each : std::vector<BackingCase>{{"accept", WFA_ACCEPTED},
                                                          {"ignore", WFA_IGNORED},
                                                          {"reject", WFA_REJECTED},
                                                          {"raise", WFA_REJECTED}}) {
    set_script("backing", each.script);
    set_script("layout", "padded");
    ArrayValue input("x", iota({2, 3}));
    std::vector<float> memory(8, -1);
    const std::vector<int64_t> shape = {2, 3}, strides = {4, 1};
    wfa_value backing = {};
    backing.name = "y";
    backing.kind = WFA_ARRAY;
    backing.dtype = bridge::kAppleFloat32;
    backing.rank = 2;
    backing.shape = shape.data();
    backing.strides = strides.data();
    backing.data = memory.data();
    backing.bytes = memory.size() * sizeof(float);
    ResultHandle result;
    Failure failure;
    ASSERT_EQ(predict(model.model, {input}, result, failure, nullptr, {backing}), WFA_OK) << failure.words();
    EXPECT_EQ(wfa_result_backing(result.result, 0), each.expected) << each.script;
    EXPECT_EQ(memory, (std::vector<float>{0, 2, 4, -1, 6, 8, 10, -1})) << each.script;
    EXPECT_EQ(failure.code, WFA_OK) << "a rejected attempt is no failure";
  }
}

TEST_F(BridgeArrays, OutputThatDoesNotFitTheMemoryOffered) {
  const ModelHandle model(doubling({2, 3}));
  ArrayValue input("x", iota({2, 3})), backing("y", iota({2, 2}));
  ResultHandle result;
  Failure failure;
  EXPECT_EQ(predict(model.model, {input}, result, failure, nullptr, {backing}), WFA_TOO_SMALL);
  EXPECT_NE(failure.words().find("'y' has shape [2, 3]"), std::string::npos) << failure.words();
  EXPECT_EQ(*backing.released, 1);
  EXPECT_EQ(result.result, nullptr);
}

TEST_F(BridgeArrays, BatchesGiveOneResultEach) {
  const ModelHandle model(doubling({2}));
  std::vector<std::unique_ptr<ArrayValue>> rows;
  std::vector<wfa_request> requests;
  for (int i = 0; i < 3; ++i) {
    rows.push_back(std::make_unique<ArrayValue>("x", f32({2}, {i * 1.0, i + 10.0})));
    requests.push_back({rows.back().get(), 1, nullptr, 0, nullptr, 0});
  }
  std::vector<ResultHandle> results(3);
  std::vector<wfa_result*> outs(3);
  Failure failure;
  ASSERT_EQ(wfa_predict_batch(model.model, requests.data(), 3, outs.data(), &failure), WFA_OK)
      << failure.words();
  for (size_t i = 0; i < 3; ++i) results[i].result = outs[i];
  for (size_t i = 0; i < 3; ++i)
    expect_near(results[i].tensor(), {2}, {static_cast<double>(2 * i), 2 * (static_cast<double>(i) + 10)}, 0);

  set_script("batch.short", "1");
  for (auto& row : rows) row = std::make_unique<ArrayValue>("x", f32({2}, {1, 2}));
  for (size_t i = 0; i < 3; ++i) requests[i].inputs = rows[i].get();
  EXPECT_EQ(wfa_predict_batch(model.model, requests.data(), 3, outs.data(), &failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("a batch of 3 came back as 2"), std::string::npos) << failure.words();
  for (const wfa_result* out : outs) EXPECT_EQ(out, nullptr);
  for (const auto& row : rows) EXPECT_EQ(*row->released, 1);
}

}  // namespace
}  // namespace wf::test
