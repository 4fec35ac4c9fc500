#include "tensor/safetensors.h"

#include "base/endian.h"
#include "support/damage.h"
#include "support/support.h"

namespace wf::test {
namespace {

std::string file_of(std::string_view header, std::string_view data) {
  std::string out;
  append_little(out, static_cast<uint64_t>(header.size()));
  return out + std::string(header) + std::string(data);
}
Result<NamedTensors> parse(const std::string& file) { return parse_safetensors(as_bytes(file), nullptr); }
void expect_bad(const std::string& file, std::string_view words) {
  const auto result = parse(file);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
  EXPECT_NE(result.error().to_string().find(words), std::string::npos) << result.error().to_string();
}

// safetensors.numpy.save({'w': [[1, 2], [3, 4]] f4, 'b': [1, 0] bool, 'h': [0.5] f2}, {'k': 'v'}) of
// safetensors 0.8
const std::string kFile = file_of(
    R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
    R"("h":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},"b":{"dtype":"BOOL","shape":[2],"data_offsets":[18,20]}}       )",
    std::string_view("\0\0\x80?\0\0\0@\0\0@@\0\0\x80@\0\x38\1\0", 20));

TEST(Safetensors, ReadsTheLibrarysFiles) {
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors tensors, parse(kFile));
  ASSERT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors[0].first, "w");
  expect_near(tensors[0].second, {2, 2}, {1, 2, 3, 4}, 0);
  EXPECT_EQ(tensors[1].second.dtype(), DType::kFloat16);
  expect_near(tensors[1].second, {1}, {0.5}, 0);
  EXPECT_EQ(tensors[2].second.dtype(), DType::kBool);
  expect_near(tensors[2].second, {2}, {1, 0}, 0);
}

TEST(Safetensors, WritesWhatTheLibraryWouldRead) {
  const std::string expected = file_of(
      R"({"a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F64","shape":[],"data_offsets":[3,11]}}      )",
      std::string_view("\xf8\x07\x01\0\0\0\0\0\0\xe0\x3f", 11));
  WF_ASSERT_OK_AND_ASSIGN(
      const std::string bytes,
      format_safetensors({{"a", of(DType::kInt4, {3}, {-8, 7, 1})}, {"b", of(DType::kFloat64, {}, {0.5})}}));
  EXPECT_EQ(bytes, expected);
}

TEST(Safetensors, EveryDtypeSurvives) {
  for (const DType dtype :
       {DType::kBool, DType::kUInt8, DType::kInt8, DType::kInt16, DType::kUInt16, DType::kFloat16,
        DType::kBFloat16, DType::kInt32, DType::kUInt32, DType::kFloat32, DType::kFloat64, DType::kInt64,
        DType::kUInt64, DType::kFloat8E4M3FN, DType::kFloat8E5M2}) {
    const Tensor tensor = of(dtype, {2, 1}, {0, 1});
    const auto folder = scratch_folder("safetensors");
    WF_ASSERT_OK(write_safetensors(folder / "x.safetensors", {{"x", tensor}}));
    WF_ASSERT_OK_AND_ASSIGN(const NamedTensors back, read_safetensors(folder / "x.safetensors"));
    EXPECT_TRUE(same_bits(tensor, back.at(0).second)) << name_of(dtype);
  }
}

TEST(Safetensors, RefusesBrokenFiles) {
  const auto one = [](std::string_view entry, size_t bytes) {
    return file_of(std::string(R"({"x":)") + std::string(entry) + "}", std::string(bytes, '\0'));
  };
  expect_bad("1234567", "shorter");
  expect_bad(file_of("{}", "").substr(0, 9), "a header of 2 bytes in a file of 9");
  std::string huge = file_of("{}", "");
  huge[7] = '\x7f';
  expect_bad(huge, "at most");
  expect_bad(file_of("{]", ""), "not JSON at byte");
  expect_bad(file_of("[]", ""), "not an object");
  expect_bad(file_of(R"({"x":{"y":{"z":{}}}})", ""), "nested deeper");
  expect_bad(one(R"({"dtype":"F32","shape":[1]})", 4), "needs dtype, shape and data_offsets");
  expect_bad(one(R"({"dtype":"F31","shape":[1],"data_offsets":[0,4]})", 4), "dtype F31 is not known");
  expect_bad(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", 4), "not a whole number");
  expect_bad(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4), "needs 8 bytes, found 4");
  expect_bad(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})", 4),
             "more elements than fit");
  expect_bad(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", 4), "run backwards");
  expect_bad(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", 8), "begins at 4, expected 0");
  expect_bad(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", 3), "ends at 4 of 3 bytes");
  expect_bad(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", 5),
             "1 bytes of data belong to no tensor");
  expect_bad(
      one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]})",
          6),
      "overlap");
  expect_bad(
      one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[0],"data_offsets":[1,1]})",
          1),
      "the key 'x' occurs twice");
}

TEST(Safetensors, StringsAndDoubleNamesAreNotWritten) {
  EXPECT_EQ(format_safetensors({{"x", text("a")}}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(format_safetensors({{"x", integer(1)}, {"x", integer(2)}}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Safetensors, DamageIsAnErrorOrTensors) {
  for_each_damage(kFile, 5000, [](const std::string& damaged) {
    const auto tensors = parse(damaged);
    if (!tensors.ok()) {
      EXPECT_EQ(tensors.error().code, ErrorCode::kBadModel);
    }
  });
}

}  // namespace
}  // namespace wf::test
