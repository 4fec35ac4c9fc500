// Pitfalls 6 to 8 and 17 in predictions; images, scalars, states (3, 4, 16).
#include "bridge/double/pixel_buffer.h"
#include "bridge/over_double/over_double.h"

namespace wf::test {
namespace {

class BridgePredictions : public OverDouble {};

TEST_F(BridgePredictions, EveryWayToFail) {
  const ModelHandle model(doubling({2}));
  const auto attempt = [&](Failure& failure) {
    ArrayValue input("x", iota({2}));
    ResultHandle result;
    const int code = predict(model.model, {input}, result, failure);
    EXPECT_EQ(*input.released, 1);
    EXPECT_EQ(result.result != nullptr, code == WFA_OK);
    return code;
  };
  Failure failure;
  set_script("predict.error", "1");
  EXPECT_EQ(attempt(failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("prediction: com.apple.CoreML 0 (generic): as the script says <- "),
            std::string::npos)
      << failure.words();
  set_script("predict.nil", "1");
  EXPECT_EQ(attempt(failure), WFA_ERROR);
  EXPECT_NE(failure.words().find("gave no reason"), std::string::npos) << failure.words();
  set_script("predict.throw", "1");
  EXPECT_EQ(attempt(failure), WFA_EXCEPTION);
  EXPECT_NE(failure.words().find("does not match in predict"), std::string::npos) << failure.words();
  set_script("predict.throw_object", "1");
  EXPECT_EQ(attempt(failure), WFA_INTERNAL);
  set_script("predict.throw_cpp", "1");
  EXPECT_EQ(attempt(failure), WFA_INTERNAL);
  EXPECT_EQ(failure.words(), "std::runtime_error from within Core ML");
  set_script("predict.error_but_fine", "1");
  EXPECT_EQ(attempt(failure), WFA_OK) << failure.words();
}

TEST_F(BridgePredictions, OutputsThatAreMissingOrOfAnotherKind) {
  const ModelHandle model(doubling({2}));
  ResultHandle result;
  Failure failure;
  ArrayValue first("x", iota({2}));
  EXPECT_EQ(predict(model.model, {first}, result, failure, nullptr, {}, {"z"}), WFA_NOT_FOUND);
  EXPECT_EQ(failure.words(), "the prediction has no output 'z'; it has 'y'");
  set_script("predict.drop_output", "y");
  ArrayValue second("x", iota({2}));
  EXPECT_EQ(predict(model.model, {second}, result, failure, nullptr, {}, {"y"}), WFA_NOT_FOUND);
  EXPECT_EQ(failure.words(), "the prediction has no output 'y'; it has none");
  set_script("predict.drop_output", "");
  set_script("predict.as_text", "y");
  set_script("backing", "ignore");
  ArrayValue third("x", iota({2})), memory("y", iota({2}));
  ASSERT_EQ(predict(model.model, {third}, result, failure, nullptr, {}, {"y"}), WFA_OK) << failure.words();
  EXPECT_EQ(result[0].kind, WFA_STRING);
  ArrayValue fourth("x", iota({2}));
  EXPECT_EQ(predict(model.model, {fourth}, result, failure, nullptr, {memory}), WFA_INVALID);
  EXPECT_NE(failure.words().find("'y' is no array"), std::string::npos) << failure.words();
}

ModelFile picture_file(ColorLayout layout, int64_t count) {
  return make_file({image_feature("i", layout, 3, 2)}, {image_feature("o", layout, 3, 2)},
                   [count](Builder& b) {
                     const ValueId i = b.input("i", tensor_type(DType::kFloat32, {1, count, 2, 3}));
                     b.set_outputs({b.op("add", {{"x", i}, {"y", i}}, "o")});
                   });
}

// Rows with padding in, rows with poisoned padding out.
TEST_F(BridgePredictions, Pictures) {
  struct Case {
    ColorLayout layout;
    int pixels;
    size_t bytes;
  };
  for (const Case& each : {Case{ColorLayout::kRgb, WFA_BGRA, 4}, Case{ColorLayout::kBgr, WFA_BGRA, 4},
                           Case{ColorLayout::kGrayscale, WFA_GRAY8, 1}}) {
    const ModelHandle model(compiled(picture_file(each.layout, channels(each.layout)),
                                     "picture" + std::to_string(static_cast<int>(each.layout))));
    const size_t row = 3 * each.bytes + 5;
    std::vector<uint8_t> pixels(row + 3 * each.bytes, 0xEE);  // the last row ends short
    std::vector<uint8_t> doubled;
    for (size_t y = 0; y < 2; ++y) {
      for (size_t x = 0; x < 3 * each.bytes; ++x) {
        const bool is_alpha = each.bytes == 4 && x % 4 == 3;
        pixels[y * row + x] = is_alpha ? 255 : static_cast<uint8_t>(10 * y + x);
        doubled.push_back(is_alpha ? 255 : static_cast<uint8_t>(2 * (10 * y + x)));
      }
    }
    int released = 0;
    wfa_value image = {};
    image.name = "i";
    image.kind = WFA_IMAGE;
    image.pixels = each.pixels;
    image.width = 3;
    image.height = 2;
    image.bytes_per_row = row;
    image.data = pixels.data();
    image.bytes = pixels.size();
    image.context = &released;
    image.release = [](void* count) { ++*static_cast<int*>(count); };
    ResultHandle result;
    Failure failure;
    ASSERT_EQ(predict(model.model, {image}, result, failure), WFA_OK) << failure.words();
    EXPECT_EQ(released, 1);
    const wfa_value& out = result[0];
    ASSERT_EQ(out.kind, WFA_IMAGE);
    EXPECT_EQ(out.pixels, each.pixels);
    EXPECT_EQ(out.bytes_per_row, 3 * each.bytes);
    const auto* bytes = static_cast<const uint8_t*>(out.data);
    EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + out.bytes), doubled) << static_cast<int>(each.layout);

    set_script("pixels.fail", "1");
    EXPECT_EQ(predict(model.model, {image}, result, failure), WFA_ERROR);
    EXPECT_EQ(released, 2) << "released also where it was never taken";
    image.bytes_per_row = 2;
    EXPECT_EQ(predict(model.model, {image}, result, failure), WFA_INVALID);
    EXPECT_EQ(released, 3);
  }
  EXPECT_EQ(apple_double::seen("pixels freed while locked"), 0);
}

TEST_F(BridgePredictions, SurfacesAreUsedInPlace) {
  const ModelHandle model(compiled(picture_file(ColorLayout::kGrayscale, 1)));
  IOSurfaceRef surface = apple_double::make_surface(3, 2, kCVPixelFormatType_OneComponent8);
  const apple_double::PixelView view = apple_double::view_of(surface);
  for (size_t i = 0; i < 6; ++i) view.base[i / 3 * view.bytes_per_row + i % 3] = static_cast<uint8_t>(i);
  wfa_value image = {};
  image.name = "i";
  image.kind = WFA_NATIVE;
  image.native = surface;
  image.is_surface = 1;
  ResultHandle result;
  Failure failure;
  ASSERT_EQ(predict(model.model, {image}, result, failure), WFA_OK) << failure.words();
  const auto* bytes = static_cast<const uint8_t*>(result[0].data);
  EXPECT_EQ(std::vector<uint8_t>(bytes, bytes + result[0].bytes), (std::vector<uint8_t>{0, 2, 4, 6, 8, 10}));
  apple_double::release_surface(surface);
}

wfa_value state_value(std::vector<uint16_t>& memory, const std::vector<int64_t>& shape) {
  wfa_value value = {};
  value.name = "s";
  value.kind = WFA_ARRAY;
  value.dtype = bridge::kAppleFloat16;
  value.rank = shape.size();
  value.shape = shape.data();
  value.data = memory.data();
  value.bytes = memory.size() * 2;
  return value;
}

TEST_F(BridgePredictions, StatesAreKeptReadAndWritten) {
  const ModelHandle model(compiled(counting_file()));
  const std::vector<int64_t> shape = {2};
  std::vector<uint16_t> memory(2);
  const wfa_value whole = state_value(memory, shape);
  Failure failure;
  for (const char* layout : {"dense", "padded"}) {
    set_script("layout", layout);
    const StateHandle state(model.model);
    for (int i = 1; i <= 3; ++i) {
      ArrayValue input("x", f16({2}, {1, 10}));
      ResultHandle result;
      ASSERT_EQ(predict(model.model, {input}, result, failure, state.state), WFA_OK) << failure.words();
      expect_near(result.tensor(), {2}, {1.0 * i, 10.0 * i}, 0);
    }
    ASSERT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_OK) << failure.words();
    EXPECT_EQ(memory, (std::vector<uint16_t>{0x4200, 0x4F80}));  // 3, 30
    // The handler's strides are others than the array's.
    set_script("state.strides", "1");
    memory = {0x3C00, 0x4000};  // 1, 2
    ASSERT_EQ(wfa_write_state(state.state, &whole, &failure), WFA_OK) << failure.words();
    ArrayValue input("x", f16({2}, {1, 10}));
    ResultHandle result;
    ASSERT_EQ(predict(model.model, {input}, result, failure, state.state), WFA_OK) << failure.words();
    expect_near(result.tensor(), {2}, {2, 12}, 0);
  }
}

TEST_F(BridgePredictions, StateThatIsBusyLostOrAbsent) {
  const ModelHandle model(compiled(counting_file()));
  const std::vector<int64_t> shape = {2};
  std::vector<uint16_t> memory(2);
  wfa_value whole = state_value(memory, shape);
  Failure failure;
  {
    const StateHandle state(model.model);
    set_script("predict.hang", "1");
    std::thread slow([&] {
      ArrayValue input("x", f16({2}, {1, 10}));
      ResultHandle result;
      Failure own;
      EXPECT_EQ(predict(model.model, {input}, result, own, state.state), WFA_OK) << own.words();
    });
    ASSERT_TRUE(eventually([] { return apple_double::hanging() == 1; }));
    ArrayValue input("x", f16({2}, {1, 10}));
    ResultHandle result;
    EXPECT_EQ(predict(model.model, {input}, result, failure, state.state), WFA_BUSY);
    EXPECT_EQ(*input.released, 1);
    EXPECT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_BUSY);
    apple_double::release_hanging();
    slow.join();
    EXPECT_EQ(apple_double::seen("shared states"), 0);
    EXPECT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_OK) << failure.words();
  }
  {
    const StateHandle state(model.model);
    whole.name = "t";
    EXPECT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_EXCEPTION);
    whole.name = "s";
    whole.dtype = bridge::kAppleFloat32;
    EXPECT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_INVALID);
    whole.dtype = bridge::kAppleFloat16;
    const int64_t predictions = apple_double::seen("predictions");
    set_script("predict.error", "1");
    set_script("backing", "accept");
    ArrayValue input("x", f16({2}, {1, 10})), backing("y", f16({2}, {0, 0}));
    ResultHandle result;
    EXPECT_EQ(predict(model.model, {input}, result, failure, state.state, {backing}), WFA_ERROR);
    EXPECT_EQ(apple_double::seen("predictions"), predictions + 1)
        << "a state may have been changed: never again";
    ArrayValue again("x", f16({2}, {1, 10}));
    EXPECT_EQ(predict(model.model, {again}, result, failure, state.state), WFA_STATE_LOST);
    EXPECT_EQ(wfa_read_state(state.state, &whole, &failure), WFA_STATE_LOST);
  }
  {
    const StateHandle state(model.model);
    wfa_lose_state(state.state);
    EXPECT_EQ(wfa_write_state(state.state, &whole, &failure), WFA_STATE_LOST);
  }
  set_script("state.nil", "1");
  wfa_state* none = nullptr;
  EXPECT_EQ(wfa_new_state(model.model, &none, &failure), WFA_ERROR);
}

}  // namespace
}  // namespace wf::test
