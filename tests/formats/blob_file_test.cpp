#include "formats/milblob/blob_file.h"

#include "base/endian.h"
#include "formats/milblob/blob_writer.h"
#include "formats/own_scratch.h"
#include "support/damage.h"
#include "support/support.h"

namespace wf::test {
namespace {

// A weight file written down byte by byte, with the faults a test asks for.
struct BlobSpec {
  uint32_t count = 1, version = 2, sentinel = 0xDEADBEEF, dtype = 1;
  uint64_t size = 4, offset = 128, padding = 0;
  std::string data = std::string("\x00\x3c\x00\xc0", 4);  // fp16 1, -2

  std::string bytes() const {
    std::string out;
    append_little(out, count);
    append_little(out, version);
    out.resize(64);
    append_little(out, sentinel);
    append_little(out, dtype);
    append_little(out, size);
    append_little(out, offset);
    append_little(out, padding);
    out.resize(128, '\x5a');  // reserved fields may hold anything
    return out + data;
  }
};

Result<Tensor> read_blob(const std::string& bytes, const TensorType& type, uint64_t offset = 64) {
  const auto path = own_scratch() / "weight.bin";
  WF_CHECK(write_file(path, bytes));
  WF_TRY(const BlobFile file, BlobFile::open(path));
  return file.read(offset, type);
}

TensorType type(DType dtype, Shape shape) { return {dtype, std::move(shape)}; }
const TensorType kTwoHalves = type(DType::kFloat16, {2});

std::string failure(const BlobSpec& spec, const TensorType& declared = kTwoHalves, uint64_t offset = 64) {
  const auto tensor = read_blob(spec.bytes(), declared, offset);
  return tensor ? "no error" : tensor.error().message;
}

TEST(BlobFile, ReadsWhereTheBytesLie) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor halves, read_blob(BlobSpec().bytes(), kTwoHalves));
  expect_near(halves, {2}, {1, -2}, 0);
}

TEST(BlobFile, PaddingOfWholeBytesMayBeGarbage) {
  BlobSpec spec;
  spec.padding = 0x1234567890;
  EXPECT_EQ(failure(spec), "no error");
}

// Elements run through the bytes from the lowest bit up: 6, 5, 3 in three bits each are 0b011'101'110.
TEST(BlobFile, ElementsBelowEightBitsStraddleBytes) {
  BlobSpec spec;
  spec.dtype = 12;  // uint3
  spec.data = std::string("\xee\x00", 2);
  spec.size = 2;
  spec.padding = 7;
  WF_ASSERT_OK_AND_ASSIGN(const Tensor tensor, read_blob(spec.bytes(), type(DType::kUInt3, {3})));
  expect_near(tensor, {3}, {6, 5, 3}, 0);
  spec.padding = 0;
  EXPECT_EQ(failure(spec, type(DType::kUInt3, {3})), "0 padding bits, tensor<uint3, [3]> needs 7");
}

TEST(BlobFile, EveryTypeHasTheFormatsCode) {
  const std::pair<uint32_t, DType> codes[] = {
      {1, DType::kFloat16},    {2, DType::kFloat32}, {3, DType::kUInt8},   {4, DType::kInt8},
      {5, DType::kBFloat16},   {6, DType::kInt16},   {7, DType::kUInt16},  {8, DType::kInt4},
      {9, DType::kUInt1},      {10, DType::kUInt2},  {11, DType::kUInt4},  {12, DType::kUInt3},
      {13, DType::kUInt6},     {14, DType::kInt32},  {15, DType::kUInt32}, {16, DType::kFloat8E4M3FN},
      {17, DType::kFloat8E5M2}};
  for (const auto& [code, dtype] : codes) {
    BlobSpec spec;
    spec.dtype = code;
    spec.size = static_cast<uint64_t>(*packed_byte_size(dtype, 8));
    spec.data = std::string(spec.size, '\1');
    EXPECT_EQ(failure(spec, type(dtype, {8})), "no error") << name_of(dtype);
    EXPECT_EQ(milblob::code_of(dtype), code);
  }
  EXPECT_FALSE(BlobWriter::can_store(DType::kBool));
  EXPECT_FALSE(BlobWriter::can_store(DType::kInt64));
}

TEST(BlobFile, NamesWhatIsWrong) {
  const auto with = [](auto member, auto value) {
    BlobSpec spec;
    spec.*member = value;
    return spec;
  };
  EXPECT_EQ(failure(with(&BlobSpec::version, 3u)), "blob format 3, expected 2");
  EXPECT_EQ(failure(with(&BlobSpec::count, 1000u)), "1000 blobs do not fit into 132 bytes");
  EXPECT_EQ(failure(with(&BlobSpec::sentinel, 1u)), "no blob begins there (its sentinel is missing)");
  EXPECT_EQ(failure(with(&BlobSpec::dtype, 2u)), "holds fp32, the program declares tensor<fp16, [2]>");
  EXPECT_EQ(failure(with(&BlobSpec::dtype, 99u)),
            "holds unknown type 99, the program declares tensor<fp16, [2]>");
  EXPECT_EQ(failure(with(&BlobSpec::offset, uint64_t{127})),
            "its data begin at byte 127, not a multiple of 64");
  EXPECT_EQ(failure(with(&BlobSpec::offset, ~uint64_t{63})),
            "its data (byte 18446744073709551552, 4 bytes) pass the end of the file (132 bytes)");
  EXPECT_EQ(failure(with(&BlobSpec::size, uint64_t{5})),
            "its data (byte 128, 5 bytes) pass the end of the file (132 bytes)");
  EXPECT_EQ(failure(with(&BlobSpec::size, uint64_t{2})), "holds 2 bytes, tensor<fp16, [2]> needs 4");
  EXPECT_EQ(failure({}, type(DType::kFloat16, {kUnknownSize})),
            "a constant of type tensor<fp16, [?]> has no definite size");
  EXPECT_EQ(failure({}, kTwoHalves, 0), "the offset is not a multiple of 64 beyond the header");
  EXPECT_EQ(failure({}, kTwoHalves, 65), "the offset is not a multiple of 64 beyond the header");
  EXPECT_EQ(failure({}, kTwoHalves, 1 << 20), "its record lies beyond the end of the file (132 bytes)");
  EXPECT_EQ(failure({}, type(DType::kFloat16, {1 << 30, 1 << 30, 1 << 30})),
            "shape [1073741824, 1073741824, 1073741824] has more elements than fit");
}

TEST(BlobFile, TheOlderFormatIsNamed) {
  BlobSpec spec;
  spec.version = 1;
  const auto tensor = read_blob(spec.bytes(), kTwoHalves);
  ASSERT_FALSE(tensor.ok());
  EXPECT_EQ(tensor.error().code, ErrorCode::kUnsupported);
}

TEST(BlobFile, DamageIsAnErrorOrATensor) {
  for_each_damage(BlobSpec().bytes(), 500, [](const std::string& damaged) {
    const auto tensor = read_blob(damaged, kTwoHalves);
    EXPECT_TRUE(!tensor || tensor->size() == 2);
  });
}

TEST(BlobWriter, WritesTheFormat) {
  const auto path = own_scratch() / "weight.bin";
  const Tensor halves = f16({2}, {1, -2});
  const Tensor bits = of(DType::kUInt3, {3}, {6, 5, 3});
  {
    WF_ASSERT_OK_AND_ASSIGN(BlobWriter writer, BlobWriter::create(path));
    WF_ASSERT_OK_AND_ASSIGN(const uint64_t first, writer.append(halves));
    WF_ASSERT_OK_AND_ASSIGN(const uint64_t second, writer.append(bits));
    WF_ASSERT_OK_AND_ASSIGN(const uint64_t again, writer.append(halves));
    EXPECT_EQ(first, 64u);
    EXPECT_EQ(second, 192u);
    EXPECT_EQ(again, first);
    EXPECT_FALSE(writer.append(bools({1}, {1})).ok());
    WF_ASSERT_OK(writer.finish());
  }
  WF_ASSERT_OK_AND_ASSIGN(const std::string written, read_text_file(path));
  std::string expected = BlobSpec{.count = 2}.bytes();
  expected.replace(96, 32, 32, '\0');  // the writer's reserved fields are zero
  expected.resize(192);
  BlobSpec second{.dtype = 12, .size = 2, .offset = 256, .padding = 7, .data = std::string("\xee\x00", 2)};
  std::string record = second.bytes().substr(64);
  record.replace(32, 32, 32, '\0');
  EXPECT_EQ(written, expected + record);
}

}  // namespace
}  // namespace wf::test
