// Long runs: nothing grows. Only in `./dev test --bridge`.
#include <unistd.h>

#include <cstdio>

#include "bridge/over_double/over_double.h"
#include "runtime/coreml/coreml_engine.h"

namespace wf::test {
namespace {

class BridgeSoak : public OverDouble {
 protected:
  static int64_t resident_bytes() {
    long pages = 0, resident = 0;
    FILE* file = std::fopen("/proc/self/statm", "r");
    if (file && std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    if (file) std::fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
  }
  // Under ASan freed memory stays in quarantine, so the line is drawn above what that may hold.
  static constexpr int64_t kGrowth = int64_t{48} << 20;

  static void predict_once(wfa_model* model, const Tensor& x) {
    ArrayValue input("x", x);
    ResultHandle result;
    Failure failure;
    ASSERT_EQ(predict(model, {input}, result, failure), WFA_OK) << failure.words();
    ASSERT_EQ(*input.released, 1);
    expect_near(result.tensor(), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);
  }
};

TEST_F(BridgeSoak, TenThousandPredictions) {
  const ModelHandle model(doubling({2, 3}));
  set_script("layout", "padded");
  const Tensor x = iota({2, 3});
  for (int i = 0; i < 2000; ++i) predict_once(model.model, x);
  const auto objects = apple_double::living_objects();
  const int64_t bytes = resident_bytes();
  for (int i = 0; i < 10000; ++i) predict_once(model.model, x);
  EXPECT_EQ(apple_double::living_objects(), objects);
  EXPECT_LT(resident_bytes() - bytes, kGrowth);
}

TEST_F(BridgeSoak, ThousandLoads) {
  const std::string path = doubling({2, 3});
  for (int i = 0; i < 100; ++i) const ModelHandle warm(path);
  const auto objects = apple_double::living_objects();
  const int64_t bytes = resident_bytes();
  for (int i = 0; i < 1000; ++i) {
    const ModelHandle model(path);
    ASSERT_NE(model.model, nullptr);
  }
  EXPECT_EQ(apple_double::living_objects(), objects);
  EXPECT_LT(resident_bytes() - bytes, kGrowth);
}

// Each call is given up, its result comes late, the model is loaded again and right.
TEST_F(BridgeSoak, ThreeHundredTimeouts) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model,
                          prepared(doubling_file(array_feature("x", DType::kFloat32, {2, 3}),
                                                 tensor_type(DType::kFloat32, {2, 3}),
                                                 array_feature("y", DType::kFloat32, {2, 3})),
                                   "coreml"));
  const Features inputs = {{"x", iota({2, 3})}};
  for (int i = 0; i < 300; ++i) {
    set_script("predict.hang", "1");
    InferOptions options;
    options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
    const auto late = model.predict(inputs, nullptr, options);
    ASSERT_FALSE(late.ok());
    set_script("predict.hang", "0");
    apple_double::release_hanging();
    ASSERT_TRUE(eventually([&] {
      apple_double::release_hanging();  // a call that had not come that far before
      return model.predict(inputs).ok();
    }));
  }
  EXPECT_TRUE(eventually([] { return bridge::Worker::living() == 1 && bridge::Worker::abandoned() == 0; }));
  EXPECT_EQ(apple_double::living_objects()["MLModel"], 1);
}

}  // namespace
}  // namespace wf::test
