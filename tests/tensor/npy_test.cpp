#include "tensor/npy.h"

#include "support/damage.h"
#include "support/support.h"

namespace wf::test {
namespace {

// Headers and payloads below are those numpy.lib.format.write_array (NumPy 2.x) writes.
std::string npy(int version, std::string header, std::string_view payload) {
  header.append(117 - header.size(), ' ');
  header += '\n';
  std::string file("\x93NUMPY", 6);
  file += static_cast<char>(version);
  file += '\0';
  file += static_cast<char>(header.size());
  file.append(version == 1 ? 1 : 3, '\0');
  return file + header + std::string(payload);
}
std::string dict(std::string_view descr, std::string_view shape, bool fortran = false) {
  return "{'descr': '" + std::string(descr) + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + std::string(shape) + ", }";
}
Result<Tensor> parse(const std::string& file) { return parse_npy(as_bytes(file)); }

using namespace std::string_view_literals;

TEST(Npy, WritesWhatNumpyWrites) {
  const std::string expected =
      npy(1, dict("<f4", "(2, 3)"), "\0\0\0\0\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\x40"sv);
  const auto bytes = format_npy(f32({2, 3}, {0, 1, 2, 3, 4, 5}));
  WF_ASSERT_OK(bytes);
  EXPECT_EQ(*bytes, expected);
}

TEST(Npy, BigEndianFortranOrder) {
  // [[1, -2, 3], [4, 5, -600]] column by column
  WF_ASSERT_OK_AND_ASSIGN(const Tensor tensor,
                          parse(npy(1, dict(">i2", "(2, 3)", true), "\0\1\0\4\xff\xfe\0\5\0\3\xfd\xa8"sv)));
  EXPECT_EQ(tensor.dtype(), DType::kInt16);
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  EXPECT_EQ(read_ints(tensor), (std::vector<int64_t>{1, -2, 3, 4, 5, -600}));
}

TEST(Npy, FortranOrderOfRankThree) {
  // np.asfortranarray(np.arange(12, dtype='u1').reshape(2, 3, 2))
  WF_ASSERT_OK_AND_ASSIGN(const Tensor tensor,
                          parse(npy(1, dict("|u1", "(2, 3, 2)", true), "\0\6\2\x8\4\xa\1\7\3\x9\5\xb"sv)));
  EXPECT_EQ(read_ints(tensor), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST(Npy, VersionsTwoAndThreeScalarsAndBools) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor scalar, parse(npy(2, dict("<f8", "()"), "\0\0\0\0\0\0\x04\x40"sv)));
  EXPECT_EQ(scalar.shape(), Shape{});
  EXPECT_EQ(read_double(scalar, 0), 2.5);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor flags, parse(npy(3, dict("|b1", "(2,)"), "\1\0"sv)));
  EXPECT_EQ(flags.dtype(), DType::kBool);
  EXPECT_EQ(read_ints(flags), (std::vector<int64_t>{1, 0}));
}

TEST(Npy, EveryNumericType) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor half,
                          parse(npy(1, dict("<f2", "(4,)"), "\x00\x3c\x00\xb8\xff\x7b\x00\x7c"sv)));
  expect_near(half, {4}, {1, -0.5, 65504, INFINITY}, 0);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor big,
                          parse(npy(1, dict("<u8", "(1,)"), "\xff\xff\xff\xff\xff\xff\xff\xff"sv)));
  EXPECT_EQ(big.load<uint64_t>(0), UINT64_MAX);
  for (const DType dtype :
       {DType::kBool, DType::kFloat16, DType::kFloat32, DType::kFloat64, DType::kInt8, DType::kInt16,
        DType::kInt32, DType::kInt64, DType::kUInt8, DType::kUInt16, DType::kUInt32, DType::kUInt64}) {
    const Tensor tensor = of(dtype, {2, 2}, {0, 1, 1, 0});
    WF_ASSERT_OK_AND_ASSIGN(const std::string bytes, format_npy(tensor));
    WF_ASSERT_OK_AND_ASSIGN(const Tensor back, parse(bytes));
    EXPECT_TRUE(same_bits(tensor, back)) << name_of(dtype);
  }
}

TEST(Npy, TypesNumpyDoesNotHaveAreWidened) {
  WF_ASSERT_OK_AND_ASSIGN(const std::string bytes, format_npy(of(DType::kInt4, {3}, {-8, 7, 1})));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor nibbles, parse(bytes));
  EXPECT_EQ(nibbles.dtype(), DType::kInt8);
  EXPECT_EQ(read_ints(nibbles), (std::vector<int64_t>{-8, 7, 1}));
  WF_ASSERT_OK_AND_ASSIGN(const std::string brain, format_npy(of(DType::kBFloat16, {1}, {1.5})));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor wide, parse(brain));
  EXPECT_EQ(wide.dtype(), DType::kFloat32);
  EXPECT_EQ(read_double(wide, 0), 1.5);
}

TEST(Npy, Text) {
  std::string payload;  // np.array(['a', 'h\u00e9\U0001F600', '']), UTF-32
  for (const char32_t c : U"a\0\0h\u00e9\U0001F600\0\0\0"sv) {
    for (int shift = 0; shift < 32; shift += 8) payload += static_cast<char>(c >> shift);
  }
  const std::string file = npy(1, dict("<U3", "(3,)"), payload);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor text, parse(file));
  EXPECT_EQ(text.strings(), (std::vector<std::string>{"a", "h\xc3\xa9\xf0\x9f\x98\x80", ""}));
  WF_ASSERT_OK_AND_ASSIGN(const std::string written, format_npy(text));
  EXPECT_EQ(written, file);
  WF_ASSERT_OK_AND_ASSIGN(const Tensor bytes, parse(npy(1, dict("|S2", "(2,)"), "abc\0"sv)));
  EXPECT_EQ(bytes.strings(), (std::vector<std::string>{"ab", "c"}));
}

TEST(Npy, Empty) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor empty, parse(npy(1, dict("|u1", "(0, 3)"), "")));
  EXPECT_EQ(empty.shape(), (Shape{0, 3}));
  // Sizes around a 0 whose product would overflow.
  WF_ASSERT_OK(parse(npy(1, dict("|u1", "(4611686018427387904, 4, 0)", true), "")));
}

TEST(Npy, RefusesWhatItCannotRead) {
  const auto expect = [](const std::string& file, ErrorCode code, std::string_view words) {
    const auto result = parse(file);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, code);
    EXPECT_NE(result.error().to_string().find(words), std::string::npos) << result.error().to_string();
  };
  expect(npy(1, dict("<c8", "(1,)"), "12345678"), ErrorCode::kUnsupported, "<c8");
  expect(npy(1, dict("|O", "(1,)"), ""), ErrorCode::kUnsupported, "|O");
  expect(npy(1, "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", "1234"),
         ErrorCode::kUnsupported, "structured");
  expect(npy(4, dict("|u1", "(1,)"), "1"), ErrorCode::kBadModel, "version 4");
  expect(npy(1, dict("<f4", "(2,)"), "1234"), ErrorCode::kBadModel, "needs 8 bytes, found 4");
  expect(npy(1, dict("<f4", "(1,)"), "12345678"), ErrorCode::kBadModel, "needs 4 bytes, found 8");
  expect(npy(1, dict("<f4", "(-1,)"), ""), ErrorCode::kBadModel, "expected a size");
  expect(npy(1, dict("<f4", "(9223372036854775807, 9)"), ""), ErrorCode::kBadModel, "more elements than fit");
  expect(npy(1, dict("<f8", "(2305843009213693952,)"), ""), ErrorCode::kBadModel, "too many");
  expect(npy(1, "{'descr': '<f4', 'shape': (1,), }", "1234"), ErrorCode::kBadModel, "fortran_order");
  expect("PK\3\4", ErrorCode::kBadModel, "NUMPY");
}

TEST(Npy, DamageIsAnErrorOrAnArray) {
  const std::string file =
      npy(1, dict("<U2", "(2, 2)", true),
          std::string_view("a\0\0\0b\0\0\0c\0\0\0d\0\0\0e\0\0\0f\0\0\0g\0\0\0h\0\0\0", 32));
  WF_ASSERT_OK(parse(file));
  for_each_damage(file, 3000, [](const std::string& damaged) {
    const auto tensor = parse(damaged);
    if (tensor.ok()) {
      EXPECT_LE(tensor->size(), 32);
    }
  });
}

TEST(Npy, FilesNameThemselvesInErrors) {
  const auto folder = scratch_folder("npy");
  WF_ASSERT_OK(write_npy(folder / "x.npy", i32({2}, {7, 8})));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor back, read_npy(folder / "x.npy"));
  EXPECT_EQ(read_ints(back), (std::vector<int64_t>{7, 8}));
  WF_ASSERT_OK(write_file(folder / "bad.npy", "nothing of the kind"));
  EXPECT_NE(read_npy(folder / "bad.npy").error().to_string().find("bad.npy"), std::string::npos);
  EXPECT_EQ(read_npy(folder / "none.npy").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace wf::test
