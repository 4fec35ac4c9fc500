// Which operations exist: every name a Core ML file can hold, and the opset it appeared in. From the
// operation definitions of iOS15 to iOS18; iOS26 adds none. custom_layer, which stands for operations of the
// model's own, comes on top.
#include <map>
#include <sstream>

#include "support/support.h"

namespace wf::test {
namespace {

constexpr std::string_view kIos15Names =
    "abs acos add affine argsort asin atan atanh avg_pool band_part batch_norm batch_to_space cast ceil "
    "clamped_relu classify clip concat cond const conv conv_quantized conv_transpose cos cosh crop "
    "crop_resize cumsum depth_to_space einsum elu equal erf exp exp2 expand_dims fill flatten2d floor "
    "floor_div gather gather_along_axis gather_nd gelu greater greater_equal gru identity instance_norm "
    "inverse l2_norm l2_pool layer_norm leaky_relu less less_equal linear linear_activation list_gather "
    "list_length list_read list_scatter list_write local_response_norm log logical_and logical_not "
    "logical_or logical_xor lstm make_list matmul max_pool maximum minimum mod mul "
    "non_maximum_suppression non_zero not_equal one_hot pad pixel_shuffle pow prelu random_bernoulli "
    "random_categorical random_normal random_uniform range_1d real_div reduce_argmax reduce_argmin "
    "reduce_l1_norm reduce_l2_norm reduce_log_sum reduce_log_sum_exp reduce_max reduce_mean reduce_min "
    "reduce_prod reduce_sum reduce_sum_square relu relu6 resample reshape resize_bilinear "
    "resize_nearest_neighbor reverse reverse_sequence rnn round rsqrt scaled_tanh scatter "
    "scatter_along_axis scatter_nd select shape sigmoid sigmoid_hard sign silu sin sinh slice_by_index "
    "slice_by_size sliding_windows softmax softplus softplus_parametric softsign space_to_batch "
    "space_to_depth split sqrt square squeeze stack sub tan tanh threshold thresholded_relu tile topk "
    "transpose upsample_bilinear upsample_nearest_neighbor while_loop";
constexpr std::string_view kIos16Names =
    "constexpr_affine_dequantize constexpr_cast constexpr_lut_to_dense constexpr_sparse_to_dense fill_like "
    "pixel_unshuffle reshape_like";
constexpr std::string_view kIos17Names = "dequantize quantize resize";
constexpr std::string_view kIos18Names =
    "constexpr_blockwise_shift_scale constexpr_lut_to_sparse constexpr_sparse_blockwise_shift_scale "
    "read_state "
    "scaled_dot_product_attention slice_update write_state";
constexpr size_t kNameCount = 168;

// Definitions that a later opset replaced with other parameters or another meaning.
const std::map<std::string_view, std::vector<Opset>> kReplaced = {
    {"cast", {Opset::kIos15, Opset::kIos17}},
    {"clip", {Opset::kIos15, Opset::kIos17}},
    {"constexpr_lut_to_dense", {Opset::kIos16, Opset::kIos18}},
    {"constexpr_sparse_to_dense", {Opset::kIos16, Opset::kIos18}},
    {"crop_resize", {Opset::kIos15, Opset::kIos16, Opset::kIos17}},
    {"gather", {Opset::kIos15, Opset::kIos16, Opset::kIos17}},
    {"gather_nd", {Opset::kIos15, Opset::kIos16, Opset::kIos17}},
    {"gru", {Opset::kIos15, Opset::kIos17, Opset::kIos18}},
    {"non_maximum_suppression", {Opset::kIos15, Opset::kIos17}},
    {"reduce_argmax", {Opset::kIos15, Opset::kIos17}},
    {"reduce_argmin", {Opset::kIos15, Opset::kIos17}},
    {"reshape", {Opset::kIos15, Opset::kIos17}},
    {"scatter", {Opset::kIos15, Opset::kIos17}},
    {"scatter_along_axis", {Opset::kIos15, Opset::kIos17}},
    {"scatter_nd", {Opset::kIos15, Opset::kIos17}},
    {"topk", {Opset::kIos15, Opset::kIos16, Opset::kIos17}},
    {"upsample_bilinear", {Opset::kIos15, Opset::kIos16}}};

std::map<std::string, Opset, std::less<>> first_opsets() {
  std::map<std::string, Opset, std::less<>> first;
  const auto add = [&](std::string_view names, Opset opset) {
    std::istringstream words{std::string(names)};
    for (std::string name; words >> name;) first[name] = opset;
  };
  add(kIos15Names, Opset::kIos15);
  add(kIos16Names, Opset::kIos16);
  add(kIos17Names, Opset::kIos17);
  add(kIos18Names, Opset::kIos18);
  return first;
}

TEST(OperationNames, EveryNameResolvesFromItsOpsetOn) {
  const auto names = first_opsets();
  EXPECT_EQ(names.size(), kNameCount);
  for (const auto& [name, first] : names) {
    SCOPED_TRACE(name);
    EXPECT_NE(find_op(name, first), nullptr) << "since " << text_name(first);
    EXPECT_NE(find_op(name, Opset::kIos26), nullptr);
    if (first > Opset::kIos15) {
      EXPECT_EQ(find_op(name, Opset::kIos15), nullptr);
    }
  }
}

TEST(OperationNames, LaterOpsetsReplaceDefinitions) {
  for (const auto& [name, opsets] : kReplaced) {
    for (const Opset opset : opsets) {
      SCOPED_TRACE(std::string(name) + " " + std::string(text_name(opset)));
      const OpDef* def = find_op(name, opset);
      ASSERT_NE(def, nullptr);
      EXPECT_EQ(def->since, opset);
    }
  }
}

TEST(OperationNames, NothingElsePassesForCoreMl) {
  const auto names = first_opsets();
  for (const OpDef* def : all_ops()) {
    if (!def->internal && def->name != "custom_layer") {
      EXPECT_TRUE(names.contains(def->name)) << def->name;
    }
  }
}

TEST(OperationNames, OlderOpsetsAreServedByTheFirstDefinitions) {
  EXPECT_EQ(find_op("add", Opset::kIos13), find_op("add", Opset::kIos15));
  EXPECT_EQ(find_op("no_such_operation", Opset::kIos26), nullptr);
}

}  // namespace
}  // namespace wf::test
