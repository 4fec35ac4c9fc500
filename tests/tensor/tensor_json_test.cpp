#include "tensor/tensor_json.h"

#include <nlohmann/json.hpp>

#include "support/damage.h"
#include "support/support.h"
#include "tensor/raw.h"

namespace wf::test {
namespace {

using Json = nlohmann::json;

TEST(TensorJson, ReadsNestedArrays) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor whole, tensor_from_json(Json::parse("[[1, 2, 3], [4, 5, -6]]")));
  EXPECT_EQ(whole.dtype(), DType::kInt64);
  expect_near(whole, {2, 3}, {1, 2, 3, 4, 5, -6}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor mixed,
                          tensor_from_json(Json::parse(R"([1, 2.5, "NaN", "-Infinity", "Infinity"])")));
  EXPECT_EQ(mixed.dtype(), DType::kFloat64);
  expect_near(mixed, {5}, {1, 2.5, NAN, -INFINITY, INFINITY}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor scalar, tensor_from_json(Json::parse("7")));
  EXPECT_EQ(scalar.shape(), Shape{});
  WF_ASSERT_OK_AND_ASSIGN(const Tensor flags, tensor_from_json(Json::parse("[true, false]")));
  EXPECT_EQ(flags.dtype(), DType::kBool);
  expect_near(flags, {2}, {1, 0}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor words, tensor_from_json(Json::parse(R"([["a"], ["b"]])")));
  EXPECT_EQ(words.strings(), (std::vector<std::string>{"a", "b"}));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor large, tensor_from_json(Json::parse("[18446744073709551615]")));
  EXPECT_EQ(large.load<uint64_t>(0), UINT64_MAX);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor empty, tensor_from_json(Json::parse("[[], []]")));
  EXPECT_EQ(empty.shape(), (Shape{2, 0}));
}

TEST(TensorJson, RefusesWhatIsNoTensor) {
  const auto expect = [](std::string_view json, std::string_view words) {
    const auto result = tensor_from_json(Json::parse(json));
    ASSERT_FALSE(result.ok()) << json;
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
  };
  expect("[[1, 2], [3]]", "ragged array: expected 2 elements at depth 1, found 1");
  expect("[[1], 2]", "ragged array");
  expect("[1, [2]]", "expected a number, bool or text at depth 1, found array");
  expect("[1, null]", "found null");
  expect("[1, true]", "mixes");
  expect(R"([1, "a"])", "mixes");
  expect(std::string(33, '[') + std::string(33, ']'), "more than 32 dimensions");
}

TEST(TensorJson, WritesNumbersThatReadBack) {
  EXPECT_EQ(tensor_to_json(f32({2, 2}, {0.1, 1, NAN, -INFINITY})).dump(),
            R"([[0.1,1.0],["NaN","-Infinity"]])");
  EXPECT_EQ(tensor_to_json(of(DType::kFloat64, {1}, {0.1})).dump(), "[0.1]");
  EXPECT_EQ(tensor_to_json(i32({}, {-3})).dump(), "-3");
  EXPECT_EQ(tensor_to_json(bools({2}, {1, 0})).dump(), "[true,false]");
  EXPECT_EQ(tensor_to_json(text("cat")).dump(), R"("cat")");
  EXPECT_EQ(tensor_to_json(of(DType::kInt4, {2}, {-8, 7})).dump(), "[-8,7]");
}

TEST(TensorJson, NamedTensors) {
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors,
                          parse_tensors_json(as_bytes(R"({"x": [1.5], "label": "cat"})")));
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].first, "label");
  const auto expect = [](std::string_view json, std::string_view words) {
    const auto result = parse_tensors_json(as_bytes(json));
    ASSERT_FALSE(result.ok()) << json;
    EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
    EXPECT_NE(result.error().to_string().find(words), std::string::npos) << result.error().to_string();
  };
  expect("[1]", "expected an object of named tensors");
  expect(R"({"x": [1, )", "not JSON at byte 11");
  expect(R"({"x": [1, [2]]})", "'x': expected a number");
  expect(R"({"x": 1, "x": 2})", "the key 'x' occurs twice");
  expect(std::string(100000, '['), "nested deeper");
}

TEST(TensorJson, DamageIsAnErrorOrTensors) {
  for_each_damage(R"({"x": [[1, 2.5], [-3e8, "NaN"]], "y": [true], "z": "caf\u00e9"})", 5000,
                  [](const std::string& damaged) {
                    const auto tensors = parse_tensors_json(as_bytes(damaged));
                    if (!tensors.ok()) {
                      EXPECT_EQ(tensors.error().code, ErrorCode::kBadModel);
                    }
                  });
}

TEST(Raw, BytesAsTheyLie) {
  const auto folder = scratch_folder("raw");
  WF_ASSERT_OK(write_file(folder / "x.bin", std::string_view("\1\0\2\0\3\0", 6)));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor tensor, read_raw(folder / "x.bin", DType::kUInt16, {3, 1}));
  expect_near(tensor, {3, 1}, {1, 2, 3}, 0);
  const auto wrong = read_raw(folder / "x.bin", DType::kFloat32, {2});
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().to_string().find("needs 8 bytes, found 6"), std::string::npos)
      << wrong.error().to_string();
  WF_ASSERT_OK(write_raw(folder / "y.bin", tensor));
  EXPECT_EQ(*read_text_file(folder / "y.bin"), std::string("\1\0\2\0\3\0", 6));
}

}  // namespace
}  // namespace wf::test
