// predict MODEL [INPUT=FILE...]: prints what a model takes and gives, then predicts. Inputs come from .npy
// files and pictures; those not named are zeros.
#include <cstdio>
#include <string>
#include <string_view>

#include <windfall/windfall.hpp>

namespace {

int fail(const windfall::Error& error) {
  std::fprintf(stderr, "error: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return 1;
}

void print(const char* title, const std::vector<windfall::Feature>& features) {
  for (const auto& feature : features)
    std::printf("%s %s: %s\n", title, feature.name.c_str(), feature.text.c_str());
}

windfall::Result<windfall::Tensor> read_input(const windfall::Feature& feature, const std::string& file) {
  if (file.ends_with(".npy")) return windfall::load_npy(file);
  if (feature.kind != windfall::FeatureKind::kImage) {
    return windfall::Error{windfall::ErrorCode::kInvalidArgument,
                           feature.name + " is no image: give an .npy file", ""};
  }
  return windfall::load_image(file, feature.shape[1], feature.shape[0]);
}

void print(const std::string& name, const windfall::Tensor& tensor) {
  std::printf("%s =", name.c_str());
  for (const std::string& text : tensor.strings()) std::printf(" %s", text.c_str());
  if (tensor.strings().empty()) {
    int shown = 0;
    for (const double value : tensor.to_doubles()) {
      if (++shown > 8) break;
      std::printf(" %g", value);
    }
    if (tensor.size() > 8) std::printf(" ... (%lld values)", static_cast<long long>(tensor.size()));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL [INPUT=FILE.npy|FILE.png|FILE.jpg ...]\n", argv[0]);
    return 2;
  }
  const auto model = windfall::Model::load(argv[1]);
  if (!model) return fail(model.error());
  const windfall::Description& description = model->description();
  std::printf("%s, %s\n", description.type.c_str(), description.short_description.c_str());
  print("input", description.inputs);
  print("output", description.outputs);
  print("state", description.states);

  windfall::Values inputs;
  for (const auto& feature : description.inputs) {
    std::string file;
    for (int i = 2; i < argc; ++i) {
      const std::string_view argument = argv[i];
      if (argument.starts_with(feature.name + "=")) file = argument.substr(feature.name.size() + 1);
    }
    if (file.empty() && feature.optional) continue;
    auto value =
        file.empty() ? windfall::Tensor::zeros(feature.dtype, feature.shape) : read_input(feature, file);
    if (!value) return fail(value.error());
    inputs.insert_or_assign(feature.name, *value);
  }

  auto state = model->new_state();
  if (!state) return fail(state.error());
  const auto outputs = model->predict(inputs, &*state);
  if (!outputs) return fail(outputs.error());
  for (const auto& [name, value] : *outputs) {
    if (const auto* tensor = std::get_if<windfall::Tensor>(&value)) print(name, *tensor);
    if (const auto* dictionary = std::get_if<windfall::Dictionary>(&value)) {
      for (const auto& [key, number] : *dictionary) {
        const auto* text = std::get_if<std::string>(&key);
        std::printf("%s[%s] = %g\n", name.c_str(),
                    (text ? *text : std::to_string(std::get<std::int64_t>(key))).c_str(), number);
      }
    }
  }
  return 0;
}
