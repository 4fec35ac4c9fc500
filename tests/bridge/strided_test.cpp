#include "bridge/strided.h"

#include <limits>
#include <numeric>

#include "support/support.h"

namespace wf::bridge {
namespace {

using Numbers = std::vector<int64_t>;

std::vector<int32_t> gathered(const std::vector<int32_t>& from, const Numbers& shape,
                              const Numbers& strides) {
  const auto count = element_count(shape);
  EXPECT_TRUE(count.ok());
  std::vector<int32_t> out(static_cast<size_t>(*count), -1);
  const Status status = gather(std::as_bytes(std::span(from)), shape, strides, sizeof(int32_t),
                               std::as_writable_bytes(std::span(out)));
  EXPECT_TRUE(status.ok()) << (status ? "" : status.error().to_string());
  return out;
}

std::vector<int32_t> count_up(size_t size) {
  std::vector<int32_t> out(size);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

TEST(Strided, GathersPaddedTransposedAndScalar) {
  EXPECT_EQ(gathered(count_up(8), {2, 3}, {5, 1}), (std::vector<int32_t>{0, 1, 2, 5, 6, 7}));
  EXPECT_EQ(gathered(count_up(6), {2, 3}, {1, 2}), (std::vector<int32_t>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(gathered(count_up(24), {2, 3, 4}, {12, 4, 1}), count_up(24));
  EXPECT_EQ(gathered(count_up(1), {}, {}), count_up(1));
  EXPECT_EQ(gathered(count_up(3), {3}, {1}), count_up(3));
  EXPECT_EQ(gathered(count_up(1), {3}, {0}), (std::vector<int32_t>{0, 0, 0}));
}

TEST(Strided, StridesOfSizeOneDoNotMatter) {
  EXPECT_EQ(gathered(count_up(3), {1, 3, 1}, {int64_t{1} << 60, 1, -7}), count_up(3));
  EXPECT_EQ(gathered(count_up(7), {1, 2, 1, 3}, {0, 4, 99, 1}), (std::vector<int32_t>{0, 1, 2, 4, 5, 6}));
}

// 2 rows of 3 in rows of 5: the buffer ends with the last element, not with the last row.
TEST(Strided, LastRowMayBeShort) {
  EXPECT_EQ(*reach(Numbers{2, 3}, Numbers{5, 1}), 8);
  std::vector<int32_t> out(6);
  const std::vector<int32_t> exact = count_up(8), short_by_one = count_up(7);
  const auto into = std::as_writable_bytes(std::span(out));
  EXPECT_TRUE(gather(std::as_bytes(std::span(exact)), Numbers{2, 3}, Numbers{5, 1}, 4, into).ok());
  test::expect_error(gather(std::as_bytes(std::span(short_by_one)), Numbers{2, 3}, Numbers{5, 1}, 4, into),
                     "reaches 32 bytes, the buffer holds 28");
}

TEST(Strided, NonsenseIsRefused) {
  std::vector<int32_t> out(6), in = count_up(6);
  const auto from = std::as_bytes(std::span(in));
  const auto into = std::as_writable_bytes(std::span(out));
  test::expect_error(gather(from, Numbers{2, 3}, Numbers{-3, 1}, 4, into), "make no sense");
  test::expect_error(gather(from, Numbers{2, 3}, Numbers{1}, 4, into), "make no sense");
  test::expect_error(gather(from, Numbers{2, -3}, Numbers{3, 1}, 4, into), "is no shape");
  constexpr int64_t huge = std::numeric_limits<int64_t>::max();
  test::expect_error(gather(from, Numbers{huge, huge}, Numbers{1, 1}, 4, into), "is no shape");
  test::expect_error(gather(from, Numbers{2, 2}, Numbers{huge, huge}, 4, into), "make no sense");
  test::expect_error(gather(from, Numbers{2, 3}, Numbers{3, 1}, 4, into.first(20)), "takes 24 bytes");
  EXPECT_TRUE(gather(from, Numbers{0, 3}, Numbers{3, 1}, 4, into.first(0)).ok());
}

TEST(Strided, ScatterLeavesWhatLiesBetween) {
  const std::vector<int32_t> dense = count_up(6);
  std::vector<int32_t> out(7, -1);
  ASSERT_TRUE(scatter(std::as_bytes(std::span(dense)), Numbers{2, 3}, Numbers{4, 1}, 4,
                      std::as_writable_bytes(std::span(out)))
                  .ok());
  EXPECT_EQ(out, (std::vector<int32_t>{0, 1, 2, -1, 3, 4, 5}));
  test::expect_error(scatter(std::as_bytes(std::span(dense)), Numbers{2, 3}, Numbers{5, 1}, 4,
                             std::as_writable_bytes(std::span(out))),
                     "reaches 32 bytes, the buffer holds 28");
}

}  // namespace
}  // namespace wf::bridge
