#include "runtime/feature_values.h"

#include "runtime/models.h"

namespace wf::test {
namespace {

// fit_input for a program that takes the described shape.
Result<Tensor> fit(const Feature& feature, ValueType type, Tensor given) {
  const TensorSpec spec{.name = feature.name, .type = std::move(type)};
  WF_TRY(const Datum fitted, fit_input(feature, spec, Datum(std::move(given))));
  return *fitted.tensor();
}
Result<Tensor> fit(const Feature& feature, DType dtype, Tensor given) {
  return fit(feature, ValueType(tensor_type_of_unknown_rank(dtype)), std::move(given));
}

TEST(FitInput, ConvertsDtypes) {
  const Feature x = array_feature("x", DType::kFloat64, {2});
  WF_ASSERT_OK_AND_ASSIGN(const Tensor rounded,
                          fit(x, DType::kFloat16, of(DType::kFloat64, {2}, {0.1, 70000})));
  EXPECT_EQ(rounded.dtype(), DType::kFloat16);
  expect_near(rounded, {2}, {0.0999755859375, INFINITY}, 0);  // 0.1 in binary16
  const Feature n = array_feature("n", DType::kInt32, {2});
  WF_ASSERT_OK_AND_ASSIGN(const Tensor whole, fit(n, DType::kInt32, f32({2}, {3, -4})));
  EXPECT_EQ(read_ints(whole), (std::vector<int64_t>{3, -4}));
  expect_error(fit(n, DType::kInt32, f32({2}, {3, 1.5})), ErrorCode::kInvalidArgument,
               "takes int32 values, element 1 is 1.5");
  expect_error(
      fit(n, DType::kInt32, *Tensor::of_ints(DType::kInt64, {2}, std::vector<int64_t>{0, 3000000000})),
      ErrorCode::kInvalidArgument, "element 1 is 3000000000");
  expect_error(fit(n, DType::kInt32, f32({2}, {NAN, 0})), ErrorCode::kInvalidArgument, "element 0 is nan");
  expect_error(fit(n, DType::kInt32, *Tensor::of_strings({2}, {"a", "b"})), ErrorCode::kInvalidArgument,
               "given string");
}

TEST(FitInput, ShapesAreExact) {
  const Feature x = array_feature("x", DType::kFloat32, {1, 2, 2});
  WF_ASSERT_OK(fit(x, DType::kFloat32, f32({1, 2, 2}, {1, 2, 3, 4})));
  expect_error(fit(x, DType::kFloat32, f32({2, 2}, {1, 2, 3, 4})), ErrorCode::kInvalidArgument,
               "add a leading dimension of 1: [1, 2, 2]");
  expect_error(fit(x, DType::kFloat32, f32({1, 1, 2, 2}, {1, 2, 3, 4})), ErrorCode::kInvalidArgument,
               "drop the leading dimension of 1: [1, 2, 2]");
  expect_error(fit(x, DType::kFloat32, f32({4}, {1, 2, 3, 4})), ErrorCode::kInvalidArgument,
               "takes MultiArray (Float32 1 x 2 x 2), given fp32 [4]");
}

TEST(FitInput, ScalarsAndOneElementArraysAreInterchangeable) {
  const Feature x = array_feature("x", DType::kFloat32, {1});
  WF_ASSERT_OK_AND_ASSIGN(const Tensor one, fit(x, tensor_type(DType::kFloat32, {1}), f32({}, {7})));
  expect_near(one, {1}, {7}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor scalar, fit(x, tensor_type(DType::kFloat32, {}), f32({1}, {7})));
  expect_near(scalar, {}, {7}, 0);
  Feature number;
  number.type = Int64Feature{};
  WF_ASSERT_OK_AND_ASSIGN(const Tensor whole, fit(number, tensor_type(DType::kInt32, {1}), f32({}, {5})));
  expect_near(whole, {1}, {5}, 0);
  expect_error(fit(number, tensor_type(DType::kInt32, {1}), f32({2}, {5, 6})), ErrorCode::kInvalidArgument,
               "takes Int64");
}

TEST(FitInput, FlexibleShapes) {
  Feature listed = array_feature("x", DType::kFloat32, {1, 2});
  std::get<ArrayFeature>(listed.type).enumerated = {{1, 2}, {1, 4}};
  const ValueType any_width = tensor_type(DType::kFloat32, {1, kUnknownSize});
  WF_ASSERT_OK(fit(listed, any_width, f32({1, 4}, {1, 2, 3, 4})));
  expect_error(
      fit(listed, any_width, f32({1, 3}, {1, 2, 3})), ErrorCode::kInvalidArgument,
      "one of [1, 2] [1, 4], given fp32 [1, 3]: MultiArray Shape (1 x 3) was not in enumerated set of "
      "allowed shapes");

  Feature ranged = array_feature("x", DType::kFloat32, {1, 2});
  std::get<ArrayFeature>(ranged.type).ranges = {{1, 1}, {2, -1}};
  WF_ASSERT_OK(fit(ranged, any_width, f32({1, 9}, std::vector<double>(9))));
  expect_error(fit(ranged, any_width, f32({1, 1}, {1})), ErrorCode::kInvalidArgument,
               "range 1 x 2.., given fp32 [1, 1]: Size (1) of dimension (1) is not in allowed range (2..)");
  expect_error(fit(ranged, any_width, f32({2, 2}, {1, 2, 3, 4})), ErrorCode::kInvalidArgument,
               "range 1 x 2..");
}

TEST(FitInput, UndeclaredShapesAreTheProgramsBusiness) {
  const Feature open = array_feature("x", DType::kFloat32, {});
  WF_ASSERT_OK(fit(open, tensor_type(DType::kFloat32, {2}), f32({2}, {1, 2})));
  expect_error(fit(open, tensor_type(DType::kFloat32, {2}), f32({3}, {1, 2, 3})), ErrorCode::kInvalidArgument,
               "shape [3] does not fit the program, which takes tensor<fp32, [2]>");
  const Feature declared = array_feature("x", DType::kFloat32, {3});
  expect_error(fit(declared, tensor_type(DType::kFloat32, {2}), f32({3}, {1, 2, 3})), ErrorCode::kBadModel,
               "does not fit");
}

TEST(FitInput, OtherKindsOfValuesAreRefused) {
  const Feature x = array_feature("x", DType::kFloat32, {1});
  const TensorSpec spec{.name = "x", .type = tensor_type(DType::kFloat32, {1})};
  expect_error(fit_input(x, spec, Datum(Dict{})), ErrorCode::kInvalidArgument, "given a dictionary");
  expect_error(fit_input(x, spec, Datum()), ErrorCode::kInvalidArgument, "given no value");
}

// A picture of 2 x 1 pixels: (1, 2, 3), (4, 5, 6).
Tensor pixels() { return of(DType::kUInt8, {1, 2, 3}, {1, 2, 3, 4, 5, 6}); }

TEST(FitInput, ImagesBecomePlanesInTheModelsOrder) {
  const ValueType type = tensor_type(DType::kFloat32, {1, 3, 1, 2});
  WF_ASSERT_OK_AND_ASSIGN(const Tensor rgb, fit(image_feature("i", ColorLayout::kRgb, 2, 1), type, pixels()));
  EXPECT_EQ(rgb.dtype(), DType::kFloat32);
  expect_near(rgb, {1, 3, 1, 2}, {1, 4, 2, 5, 3, 6}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor bgr, fit(image_feature("i", ColorLayout::kBgr, 2, 1), type, pixels()));
  expect_near(bgr, {1, 3, 1, 2}, {3, 6, 2, 5, 1, 4}, 0);
  // Alpha is dropped; a gray picture fills all three channels; numbers [1, C, H, W] pass as they are.
  const Feature image = image_feature("i", ColorLayout::kRgb, 2, 1);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor rgba,
                          fit(image, type, of(DType::kUInt8, {1, 2, 4}, {1, 2, 3, 0, 4, 5, 6, 9})));
  expect_near(rgba, {1, 3, 1, 2}, {1, 4, 2, 5, 3, 6}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor gray, fit(image, type, of(DType::kUInt8, {1, 2}, {8, 9})));
  expect_near(gray, {1, 3, 1, 2}, {8, 9, 8, 9, 8, 9}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor ready, fit(image, type, f32({1, 3, 1, 2}, {.5, 1, 2, 3, 4, 5})));
  expect_near(ready, {1, 3, 1, 2}, {.5, 1, 2, 3, 4, 5}, 0);
}

TEST(FitInput, GrayImages) {
  const Feature gray = image_feature("i", ColorLayout::kGrayscale, 2, 1);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor planes, fit(gray, tensor_type(DType::kFloat16, {1, 1, 1, 2}),
                                                   of(DType::kUInt8, {1, 2}, {8, 9})));
  expect_near(planes, {1, 1, 1, 2}, {8, 9}, 0);
  expect_error(fit(gray, DType::kFloat32, pixels()), ErrorCode::kInvalidArgument,
               "convert the picture to grayscale");
  const Feature half = image_feature("i", ColorLayout::kGrayscaleFloat16, 2, 1);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor halves, fit(half, DType::kFloat16, f32({1, 2}, {.5, 9})));
  expect_near(halves, {1, 1, 1, 2}, {.5, 9}, 0);
}

TEST(FitInput, ImageSizes) {
  Feature image = image_feature("i", ColorLayout::kRgb, 4, 4);
  expect_error(fit(image, DType::kFloat32, pixels()), ErrorCode::kInvalidArgument,
               "takes Image (RGB 4 x 4), given 2 x 1 pixels (resize the image to width 4 and height 4)");
  std::get<ImageFeature>(image.type).enumerated = {{4, 4}, {2, 1}};
  WF_ASSERT_OK(fit(image, DType::kFloat32, pixels()));
  std::get<ImageFeature>(image.type).enumerated.clear();
  std::get<ImageFeature>(image.type).width_range = SizeRange{1, -1};
  std::get<ImageFeature>(image.type).height_range = SizeRange{1, 4};
  WF_ASSERT_OK(fit(image, DType::kFloat32, pixels()));
  expect_error(fit(image, DType::kFloat32, f32({1, 3, 5, 1}, std::vector<double>(15))),
               ErrorCode::kInvalidArgument, "1 x 5 pixels");
  expect_error(fit(image, DType::kFloat32, f32({3, 1, 2}, std::vector<double>(6))),
               ErrorCode::kInvalidArgument, "uint8 pixels");
}

TEST(PresentOutput, ArraysTakeTheDeclaredDtype) {
  const ValueType fp32 = tensor_type(DType::kFloat32, {});
  WF_ASSERT_OK_AND_ASSIGN(const Datum wide,
                          present_output(array_feature("y", DType::kFloat64, {1}), fp32, f32({}, {0.5})));
  EXPECT_EQ(wide.tensor()->dtype(), DType::kFloat64);
  expect_near(*wide.tensor(), {1}, {0.5}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Datum whole,
                          present_output(array_feature("y", DType::kInt32, {1}), fp32, f32({1}, {3})));
  EXPECT_EQ(whole.tensor()->dtype(), DType::kInt32);
  // fp64 where the program declares fp32: the exact reading.
  WF_ASSERT_OK_AND_ASSIGN(const Datum exact, present_output(array_feature("y", DType::kFloat16, {1}), fp32,
                                                            of(DType::kFloat64, {1}, {0.1})));
  EXPECT_EQ(read_double(*exact.tensor(), 0), 0.1);
  expect_error(present_output(array_feature("y", DType::kFloat32, {1}), fp32, Datum(Dict{})),
               ErrorCode::kBadModel, "declares");
}

TEST(PresentOutput, ImagesAreRoundedClampedAndRgb) {
  const ValueType type = tensor_type(DType::kFloat32, {1, 3, 1, 2});
  const Tensor planes = f32({1, 3, 1, 2}, {0.5, 1.5, -3, 300, NAN, 254.6});
  WF_ASSERT_OK_AND_ASSIGN(const Datum rgb,
                          present_output(image_feature("y", ColorLayout::kRgb, 2, 1), type, planes));
  EXPECT_EQ(rgb.tensor()->dtype(), DType::kUInt8);
  expect_near(*rgb.tensor(), {1, 2, 3}, {0, 0, 0, 2, 255, 255}, 0);  // halves go to even
  WF_ASSERT_OK_AND_ASSIGN(const Datum bgr,
                          present_output(image_feature("y", ColorLayout::kBgr, 2, 1), type, planes));
  expect_near(*bgr.tensor(), {1, 2, 3}, {0, 0, 0, 255, 255, 2}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Datum half,
                          present_output(image_feature("y", ColorLayout::kGrayscaleFloat16, 2, 1), type,
                                         f16({1, 1, 1, 2}, {0.5, 300})));
  EXPECT_EQ(half.tensor()->dtype(), DType::kFloat16);
  expect_near(*half.tensor(), {1, 2}, {0.5, 300}, 0);
  expect_error(present_output(image_feature("y", ColorLayout::kGrayscale, 2, 1), type, planes),
               ErrorCode::kBadModel, "for an image of 1 channels");
}

TEST(PresentOutput, ClassifierLabelsAndProbabilities) {
  Feature label, probabilities;
  label.type = StringFeature{};
  probabilities.type = DictFeature{KeyKind::kInt64};
  WF_ASSERT_OK_AND_ASSIGN(const Datum text_label,
                          present_output(label, {}, *Tensor::of_strings({1}, {"cat"})));
  EXPECT_EQ(text_label.tensor()->shape(), Shape{});
  EXPECT_EQ(text_label.tensor()->strings()[0], "cat");
  label.type = Int64Feature{};
  WF_ASSERT_OK_AND_ASSIGN(const Datum number, present_output(label, {}, i32({}, {4})));
  EXPECT_EQ(number.tensor()->dtype(), DType::kInt64);
  Dict given;
  given.items.emplace_back(i32({}, {4}), f32({}, {0.25}));
  WF_ASSERT_OK_AND_ASSIGN(const Datum dict, present_output(probabilities, {}, Datum(given)));
  ASSERT_EQ(dict.dict()->items.size(), 1u);
  EXPECT_EQ(dict.dict()->items[0].first.tensor()->dtype(), DType::kInt64);
  EXPECT_EQ(dict.dict()->items[0].second.tensor()->dtype(), DType::kFloat64);
  EXPECT_EQ(read_double(*dict.dict()->items[0].second.tensor(), 0), 0.25);
  probabilities.type = DictFeature{KeyKind::kString};
  expect_error(present_output(probabilities, {}, Datum(given)), ErrorCode::kBadModel,
               "Dictionary (String -> Double)");
}

TEST(PresentOutput, SequencesAndDoubles) {
  Feature feature;
  feature.type = SequenceFeature{KeyKind::kString, {}};
  WF_ASSERT_OK_AND_ASSIGN(const Datum list,
                          present_output(feature, {}, Datum(List{{Datum(text("a")), Datum(text("b"))}})));
  ASSERT_EQ(list.list()->items.size(), 2u);
  feature.type = DoubleFeature{};
  WF_ASSERT_OK_AND_ASSIGN(const Datum number, present_output(feature, {}, f32({1}, {0.5})));
  EXPECT_EQ(number.tensor()->dtype(), DType::kFloat64);
  expect_error(present_output(feature, {}, f32({2}, {0.5, 1})), ErrorCode::kBadModel, "Double");
}

}  // namespace
}  // namespace wf::test
