// The C++ header alone, twice, after the C ones: with every warning, by every compiler there is. All that is
// a template is used once, so that it is compiled.
#include <windfall/dlpack.h>
#include <windfall/windfall.h>
#include <windfall/windfall.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto model = windfall::Model::load(argv[1]);
  if (!model) return 3;
  auto request = model->new_request();
  std::vector<float> in = {1.5F, -2}, out(2);
  auto x = windfall::Buffer::over({2}, std::span(in));
  auto y = windfall::Buffer::over({2}, std::span(out));
  if (!request || !x || !y) return 4;
  if (!request->set_input("x", *x) || !request->set_output("y", *y) || !request->run()) return 5;
  std::printf("y = %g %g\n", out[0], out[1]);
  const auto predictor = windfall::Predictor::create(*model);
  if (!predictor) return 6;
  const auto ticket = predictor->submit({.inputs = {{"x", *windfall::Tensor::of<float>({2}, in)}}});
  if (!ticket || !ticket->wait()) return 7;
  windfall::CustomLayer layer;
  layer.evaluate =
      [](const windfall::CustomLayerCall& call) -> windfall::Result<std::vector<windfall::Tensor>> {
    return call.inputs;
  };
  if (!windfall::register_custom_layer("Identity", layer)) return 8;
  windfall::forget_custom_layer("Identity");
  return windfall::telemetry() ? 0 : 9;
}
