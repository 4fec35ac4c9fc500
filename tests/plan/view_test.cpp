// Where elements lie: orders, broadcasts, reshapes that move nothing.
#include "plan/view.h"

#include "support/support.h"

namespace wf::test {
namespace {

View view_in(const Shape& shape, const Order& order) {
  return {0, 0, shape, strides_in_order(shape, order), DType::kFloat32};
}

TEST(View, ChannelsLast) {
  EXPECT_EQ(channels_last_order(4), (Order{0, 2, 3, 1}));
  EXPECT_EQ(channels_last_order(3), (Order{0, 2, 1}));
  const View view = view_in({2, 3, 4, 5}, channels_last_order(4));
  EXPECT_EQ(view.strides, (Shape{60, 1, 15, 3}));
  EXPECT_EQ(order_of(view), channels_last_order(4));
  EXPECT_FALSE(is_row_major(view));
  EXPECT_TRUE(is_row_major(view_in({2, 1, 4, 5}, channels_last_order(4)))) << "one channel lies anywhere";
}

TEST(View, MergedLoops) {
  const View rows = view_in({2, 3, 4}, {0, 1, 2}), turned = view_in({2, 3, 4}, {0, 2, 1});
  EXPECT_EQ(merged_loops(rows.shape, {0, 1, 2}, {rows.strides, rows.strides}).sizes,
            (std::vector<int64_t>{24}));
  EXPECT_EQ(merged_loops(rows.shape, {0, 1, 2}, {rows.strides, turned.strides}).sizes,
            (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(merged_loops({1, 1}, {0, 1}, {{1, 1}}).sizes, (std::vector<int64_t>{1}));
  EXPECT_EQ(broadcast_strides({3, 1}, {1, 1}, {2, 3, 4}), (Shape{0, 1, 0}));
}

TEST(View, ReshapeWithoutMoving) {
  View out;
  // Channels last: height and width may be merged, the channels may not be merged with them.
  const View image = view_in({1, 3, 4, 5}, channels_last_order(4));
  ASSERT_TRUE(reshaped_view(image, {1, 3, 20}, &out));
  EXPECT_EQ(out.strides, (Shape{0, 1, 3}));
  EXPECT_FALSE(reshaped_view(image, {1, 60}, &out));
  ASSERT_TRUE(reshaped_view(image, {3, 2, 2, 5}, &out));
  EXPECT_EQ(out.strides, (Shape{1, 30, 15, 3}));
  ASSERT_TRUE(reshaped_view(view_in({6, 4}, {0, 1}), {2, 3, 4}, &out));
  EXPECT_EQ(out.strides, (Shape{12, 4, 1}));
}

}  // namespace
}  // namespace wf::test
