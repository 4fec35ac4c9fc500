// Expected numbers: the cells written out with NumPy on whole matrices.
#include "ops/pattern.h"

namespace wf::test {
namespace {

// A quarter of a pattern: values that do not saturate the activations.
Tensor quarter(const Tensor& tensor) {
  std::vector<double> values = read_doubles(tensor);
  for (double& value : values) value /= 4;
  return f32(tensor.shape(), std::move(values));
}
Tensor x() { return quarter(pattern_x({3, 2, 2})); }
Tensor h() { return quarter(pattern_w({2, 2})); }

std::vector<Tensor> run(std::string_view type, std::vector<NamedInput> inputs, size_t outputs,
                        Opset opset = Opset::kIos15) {
  auto results = run_op(type, std::move(inputs), outputs, opset);
  if (!results) {
    ADD_FAILURE() << results.error().to_string();
    return std::vector<Tensor>(outputs);
  }
  std::vector<Tensor> tensors;
  for (const Datum& each : *results) tensors.push_back(*each.tensor());
  return tensors;
}

std::vector<NamedInput> gru(std::string direction, bool output_sequence) {
  return {{"x", x()},
          {"initial_h", h()},
          {"weight_ih", quarter(pattern_w({6, 2}))},
          {"weight_hh", quarter(pattern_x({6, 2}))},
          {"bias", quarter(pattern_b({6}))},
          {"direction", text(std::move(direction))},
          {"output_sequence", flag(output_sequence)}};
}

TEST(Gru, ResetsBeforeTheProduct) {
  const auto out = run("gru", gru("forward", true), 2);
  const std::vector<double> last = {-0.343963361, 0.16307067, 0.483317255, 0.228350684};
  expect_near(out[0], {3, 2, 2},
              {-0.678590794, 0.294001117, 0.355049329, -0.50070374, -0.481111975, 0.292164579, 0.605277787,
               -0.318326133, -0.343963361, 0.16307067, 0.483317255, 0.228350684});
  expect_near(out[1], {2, 2}, last);
  expect_near(run("gru", gru("forward", false), 2)[0], {1, 2, 2}, last);
}

TEST(Gru, ReverseGivesItsOutputsInTheOrderItMakesThem) {
  expect_near(run("gru", gru("reverse", true), 2)[0], {3, 2, 2},
              {-0.63072142, 0.269857552, 0.224490093, -0.010614558, -0.427210931, 0.300924635, 0.441516456,
               0.025604649, -0.382031974, 0.209643279, 0.547756553, -0.015119973});
}

TEST(Gru, Ios18CanResetAfterTheProduct) {
  auto inputs = gru("forward", false);
  inputs.emplace_back("reset_after", flag(true));
  inputs.emplace_back("input_bias", quarter(pattern_w({6})));
  expect_near(run("gru", inputs, 2, Opset::kIos18)[1], {2, 2},
              {-0.525757846, -0.105847669, 0.075629904, -0.113730296});
  EXPECT_FALSE(run_op("gru", inputs, 2, Opset::kIos17).ok());
}

std::vector<NamedInput> lstm(std::string direction, bool output_sequence) {
  const bool both = direction == "bidirectional";
  return {{"x", x()},
          {"initial_h", both ? quarter(pattern_w({2, 4})) : h()},
          {"initial_c", quarter(pattern_x({2, both ? 4 : 2}))},
          {"weight_ih", quarter(pattern_w({8, 2}))},
          {"weight_hh", quarter(pattern_x({8, 2}))},
          {"bias", quarter(pattern_b({8}))},
          {"direction", text(std::move(direction))},
          {"output_sequence", flag(output_sequence)}};
}

TEST(Lstm, PeepholesAndClip) {
  auto inputs = lstm("forward", true);
  inputs.emplace_back("peephole", quarter(pattern_x({6})));
  inputs.emplace_back("clip", number(0.6));
  const auto out = run("lstm", inputs, 3);
  expect_near(out[0], {3, 2, 2},
              {-0.376239281, 0.377643971, -0.147297395, 0.479108465, -0.228155395, 0.039173598, -0.127952923,
               0.055310653, -0.225192522, 0.404515176, 0.078448385, 0.020591866});
  expect_near(out[1], {2, 2}, {-0.225192522, 0.404515176, 0.078448385, 0.020591866});
  expect_near(out[2], {2, 2}, {-0.447523996, 0.554373007, 0.123200823, 0.044135726});
}

TEST(Lstm, ReverseAndOtherActivations) {
  auto inputs = lstm("reverse", true);
  inputs.emplace_back("recurrent_activation", text("hard_sigmoid"));
  inputs.emplace_back("cell_activation", text("linear"));
  inputs.emplace_back("activation", text("relu"));
  const auto out = run("lstm", inputs, 3);
  expect_near(
      out[0], {3, 2, 2},
      {0, 0.587304687, 0, 0.55125, 0, 0.205464657, 0.078172534, 0.151366239, 0, 1.076323253, 0, 0.823792366});
  expect_near(out[2], {2, 2}, {-0.532579499, 1.34770555, -0.105290842, 0.974037893});
}

TEST(Lstm, BidirectionalHalvesAreAlignedWithTheInput) {
  const std::vector<NamedInput> back = {{"weight_ih_back", quarter(pattern({8, 2}, 3, 5, 2))},
                                        {"weight_hh_back", quarter(pattern({8, 2}, 4, 9, 4))},
                                        {"bias_back", quarter(pattern({8}, 2, 5, 1))}};
  auto inputs = lstm("bidirectional", true);
  inputs.insert(inputs.end(), back.begin(), back.end());
  const auto out = run("lstm", inputs, 3);
  const std::vector<double> last_h = {-0.345915356, 0.343316657, 0.176166471, 0.380499293,
                                      0.205250533,  0.089773385, 0.293242207, 0.156287713};
  expect_near(out[0], {3, 2, 4},
              {-0.574772079, 0.490271816,  0.176166471,  0.380499293,  0.08512928,   0.029998637,
               0.293242207,  0.156287713,  -0.453192412, -0.038847904, -0.010641735, 0.266579145,
               0.23484092,   -0.035367316, 0.260911024,  0.159095442,  -0.345915356, 0.343316657,
               -0.027908447, 0.291629661,  0.205250533,  0.089773385,  0.356493964,  0.074367949});
  expect_near(out[1], {2, 4}, last_h);
  expect_near(out[2], {2, 4},
              {-0.650903437, 0.412963816, 0.469093292, 0.628877994, 0.409978081, 0.188949489, 0.609954514,
               0.259483286});
  auto last_only = lstm("bidirectional", false);
  last_only.insert(last_only.end(), back.begin(), back.end());
  expect_near(run("lstm", last_only, 3)[0], {1, 2, 4}, last_h);
  EXPECT_FALSE(run_op("lstm", lstm("bidirectional", true), 3).ok()) << "no backward weights";
}

TEST(Rnn, Reverse) {
  const auto out = run("rnn",
                       {{"x", x()},
                        {"initial_h", h()},
                        {"weight_ih", quarter(pattern_w({2, 2}))},
                        {"weight_hh", quarter(pattern_x({2, 2}))},
                        {"bias", quarter(pattern_b({2}))},
                        {"direction", text("reverse")},
                        {"output_sequence", flag(true)}},
                       2);
  expect_near(out[0], {3, 2, 2},
              {0.988177862, 0.80930107, -0.411570056, 0.462117157, -0.815445873, 0.883727892, 0.24070388,
               0.857396493, 0.993947152, 0.942768542, 0.880461813, 0.678534827});
  expect_near(out[1], {2, 2}, {0.993947152, 0.942768542, 0.880461813, 0.678534827});
}

// One step with unit weights and no state: h = f(x). Expected: the functions by hand.
TEST(Recurrent, EveryActivation) {
  const auto one_step = [](std::string activation) {
    return run("rnn",
               {{"x", f32({1, 3, 1}, {-2, 0.5, 3})},
                {"initial_h", f32({3, 1}, {0, 0, 0})},
                {"weight_ih", f32({1, 1}, {1})},
                {"weight_hh", f32({1, 1}, {0})},
                {"activation", text(std::move(activation))}},
               2)[1];
  };
  expect_near(one_step("tanh"), {3, 1}, {-0.96402758, 0.46211716, 0.99505475});
  expect_near(one_step("sigmoid"), {3, 1}, {0.11920292, 0.62245933, 0.95257413});
  expect_near(one_step("hard_sigmoid"), {3, 1}, {0.1, 0.6, 1});
  expect_near(one_step("sigmoid_hard"), {3, 1}, {0.1, 0.6, 1});
  expect_near(one_step("relu"), {3, 1}, {0, 0.5, 3});
  expect_near(one_step("linear"), {3, 1}, {-2, 0.5, 3});
  expect_near(one_step("scaled_tanh"), {3, 1}, {-0.96402758, 0.46211716, 0.99505475});
  expect_near(one_step("TANH"), {3, 1}, {-0.96402758, 0.46211716, 0.99505475});
}

TEST(Recurrent, AnEmptySequenceKeepsTheState) {
  const auto out = run("rnn",
                       {{"x", f32({0, 2, 2}, {})},
                        {"initial_h", h()},
                        {"weight_ih", pattern_w({2, 2})},
                        {"weight_hh", pattern_x({2, 2})}},
                       2);
  expect_near(out[0], {1, 2, 2}, read_doubles(h()));
}

TEST(Recurrent, StateRowsBeyondTheBatchAreNotRead) {
  const auto with_state = [](Tensor state) {
    return run("rnn",
               {{"x", x()},
                {"initial_h", std::move(state)},
                {"weight_ih", pattern_w({2, 2})},
                {"weight_hh", pattern_x({2, 2})}},
               2);
  };
  const auto plain = with_state(f32({2, 2}, {0.5, 1, -0.5, 0.25}));
  const auto longer = with_state(f32({3, 2}, {0.5, 1, -0.5, 0.25, 7, 8}));
  expect_near(longer[0], plain[0].shape(), read_doubles(plain[0]));
  expect_near(longer[1], {2, 2}, read_doubles(plain[1]));
}

TEST(Recurrent, RefusesWhatDoesNotFit) {
  const auto refused = [](std::string_view replaced, Tensor value, std::string_view reason) {
    auto inputs = gru("forward", false);
    for (NamedInput& input : inputs) {
      if (input.name == replaced) input = {input.name, value};
    }
    const auto result = run_op("gru", inputs, 2);
    ASSERT_FALSE(result.ok()) << reason;
    EXPECT_NE(result.error().message.find(reason), std::string::npos) << result.error().to_string();
  };
  refused("x", pattern_x({3, 2}), "expected [steps, batch, input]");
  refused("x", pattern_x({3, 2, 5}), "'weight_ih' is [6, 2], expected [6, 5]");
  refused("initial_h", pattern_x({1, 2}), "'initial_h' is [1, 2], expected [2, 2]");
  refused("initial_h", pattern_x({3, 1}), "'initial_h' is [3, 1], expected [3, 2]");
  refused("weight_hh", pattern_x({7, 2}), "expected [3 * hidden, hidden]");
  refused("bias", pattern_x({5}), "'bias' is [5], expected [6]");
  refused("direction", text("bidirectional"), "expected forward or reverse");
}

TEST(Recurrent, HalfPrecisionIsOfIos17) {
  const std::vector<NamedInput> inputs = {{"x", pattern_x({1, 1, 1}, DType::kFloat16)},
                                          {"initial_h", pattern_x({1, 1}, DType::kFloat16)},
                                          {"weight_ih", pattern_w({1, 1}, DType::kFloat16)},
                                          {"weight_hh", pattern_w({1, 1}, DType::kFloat16)}};
  EXPECT_FALSE(run_op("rnn", inputs, 2).ok());
  EXPECT_TRUE(run_op("rnn", inputs, 2, Opset::kIos17).ok());
}

}  // namespace
}  // namespace wf::test
