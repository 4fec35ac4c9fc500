#include "support/support.h"
#include "tensor/tensor.h"

namespace wf {
namespace {

using test::of;

TEST(Convert, FloatToIntegerTruncatesAndSaturates) {
  const Tensor t = of(DType::kInt8, {6}, {1.9, -1.9, 300, -300, NAN, 127.5});
  EXPECT_EQ(read_ints(t), (std::vector<int64_t>{1, -1, 127, -128, 0, 127}));
  const Tensor wide = of(DType::kInt32, {3}, {2147483647.0, 3e9, -3e9});
  EXPECT_EQ(read_ints(wide), (std::vector<int64_t>{2147483647, 2147483647, -2147483648LL}));
  const Tensor big = of(DType::kInt64, {2}, {1e300, -1e300});
  EXPECT_EQ(read_ints(big), (std::vector<int64_t>{INT64_MAX, INT64_MIN}));
  const Tensor unsigned_byte = of(DType::kUInt8, {3}, {-1, 255.9, 256});
  EXPECT_EQ(read_ints(unsigned_byte), (std::vector<int64_t>{0, 255, 255}));
}

TEST(Convert, IntegersWrap) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor t,
                          Tensor::of_ints(DType::kInt8, {3}, std::vector<int64_t>{128, -129, 255}));
  EXPECT_EQ(read_ints(t), (std::vector<int64_t>{-128, 127, -1}));
}

TEST(Convert, SixtyFourBitIntegersStayExact) {
  const std::vector<int64_t> values = {INT64_MAX, INT64_MIN, (int64_t{1} << 53) + 1};
  WF_ASSERT_OK_AND_ASSIGN(const Tensor t, Tensor::of_ints(DType::kInt64, {3}, values));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor same, converted(t, DType::kUInt64));
  WF_ASSERT_OK_AND_ASSIGN(const Tensor back, converted(same, DType::kInt64));
  EXPECT_EQ(read_ints(back), values);
}

TEST(Convert, SubByteElementsArePackedLeastSignificantFirst) {
  // 3-bit elements 1, 2, 3 make 0b011'010'001 = 0x0d1, low byte first.
  const Tensor t = of(DType::kUInt3, {3}, {1, 2, 3});
  ASSERT_EQ(t.byte_size(), 2);
  EXPECT_EQ(t.load<uint8_t>(0), 0xd1);
  EXPECT_EQ(t.load<uint8_t>(1), 0x00);
  const Tensor signed_four = of(DType::kInt4, {3}, {-8, 7, -1});
  EXPECT_EQ(signed_four.load<uint8_t>(0), 0x78);
  EXPECT_EQ(signed_four.load<uint8_t>(1), 0x0f);
  EXPECT_EQ(read_ints(signed_four), (std::vector<int64_t>{-8, 7, -1}));
}

TEST(Convert, EverySubByteTypeSurvivesTheRoundTrip) {
  for (const DType dtype :
       {DType::kUInt1, DType::kUInt2, DType::kUInt3, DType::kUInt4, DType::kUInt6, DType::kInt4}) {
    std::vector<int64_t> values;
    const int64_t count = int64_t{1} << bit_width(dtype);
    for (int64_t i = 0; i < 3 * count + 1; ++i) values.push_back(i % count - (dtype == DType::kInt4 ? 8 : 0));
    WF_ASSERT_OK_AND_ASSIGN(const Tensor t,
                            Tensor::of_ints(dtype, {static_cast<int64_t>(values.size())}, values));
    EXPECT_EQ(read_ints(t), values) << name_of(dtype);
  }
}

TEST(Tensor, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(Tensor::allocate(DType::kFloat32, {INT64_MAX, 4}).ok());
  EXPECT_FALSE(Tensor::allocate(DType::kFloat32, {-1}).ok());
  EXPECT_FALSE(Tensor::allocate(DType::kFloat64, {int64_t{1} << 50}).ok());
  EXPECT_TRUE(Tensor::allocate(DType::kFloat64, {int64_t{1} << 50, 0}).ok());
  const std::byte bytes[7] = {};
  EXPECT_FALSE(Tensor::view(DType::kFloat32, {2}, Bytes(bytes, 7), nullptr).ok());
}

TEST(Tensor, CountsTheMemoryItHolds) {
  const int64_t before = TensorMemory::live();
  {
    WF_ASSERT_OK_AND_ASSIGN(const Tensor t, Tensor::allocate(DType::kFloat32, {1000}));
    const Tensor shared = t;
    EXPECT_EQ(TensorMemory::live(), before + 4000);
  }
  EXPECT_EQ(TensorMemory::live(), before);
}

TEST(Tensor, KeepsToTheMemoryLimit) {
  const int64_t limit = TensorMemory::limit();
  TensorMemory::set_limit(TensorMemory::live() + 1000);
  const auto refused = Tensor::allocate(DType::kUInt8, {1001});
  TensorMemory::set_limit(limit);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kEnvironment);
}

TEST(Broadcast, FollowsNumPy) {
  WF_ASSERT_OK_AND_ASSIGN(const Shape shape, broadcast_shapes(Shape{2, 1, 5}, Shape{4, 1}));
  EXPECT_EQ(shape, (Shape{2, 4, 5}));
  WF_ASSERT_OK_AND_ASSIGN(const Shape empty, broadcast_shapes(Shape{0, 1}, Shape{3}));
  EXPECT_EQ(empty, (Shape{0, 3}));
  EXPECT_FALSE(broadcast_shapes(Shape{2}, Shape{3}).ok());
}

}  // namespace
}  // namespace wf
