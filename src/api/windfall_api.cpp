// The public C++ interface over the runtime.
#include "api/convert_values.h"
#include "tensor/image.h"
#include "tensor/npy.h"

namespace windfall {
namespace {

std::vector<Feature> public_features(const std::vector<wf::Feature>& features) {
  std::vector<Feature> out;
  for (const wf::Feature& feature : features) out.push_back(public_feature(feature));
  return out;
}

Description make_description(const wf::ModelFile& file, const wf::Interface& interface) {
  Description out;
  out.container = file.container;
  out.type = file.type;
  out.specification_version = file.specification_version;
  const wf::Metadata& metadata = file.description.metadata;
  out.short_description = metadata.short_description;
  out.version = metadata.version;
  out.author = metadata.author;
  out.license = metadata.license;
  out.inputs = public_features(interface.inputs);
  out.outputs = public_features(interface.outputs);
  out.states = public_features(interface.states);
  for (const auto& [name, unused] : file.description.functions) out.functions.push_back(name);
  if (!file.missing_weights.empty()) {
    out.why_not = "weights are missing: " + file.missing_weights[0];
  } else if (!can_run(file)) {
    out.why_not = wf::refusal_text(file);
  }
  return out;
}

}  // namespace

std::string_view name_of(DType dtype) { return wf::name_of(static_cast<wf::DType>(dtype)); }

Result<Tensor> Tensor::zeros(DType dtype, Shape shape) {
  return public_tensor(wf::Tensor::allocate(static_cast<wf::DType>(dtype), std::move(shape)));
}

Result<Tensor> Tensor::view_of(DType dtype, Shape shape, std::span<const std::byte> bytes,
                               std::shared_ptr<const void> owner) {
  auto tensor = wf::Tensor::view(static_cast<wf::DType>(dtype), std::move(shape), bytes, std::move(owner));
  if (!tensor) return public_error(wf::Error(wf::ErrorCode::kInvalidArgument, tensor.error().message));
  return detail::Access::wrap(*std::move(tensor));
}

Result<Tensor> Tensor::copy_of(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  return view_of(dtype, std::move(shape), *copy, copy);
}

Result<Tensor> Tensor::of_strings(Shape shape, std::vector<std::string> strings) {
  return public_tensor(wf::Tensor::of_strings(std::move(shape), std::move(strings)));
}

DType Tensor::dtype() const { return static_cast<DType>(impl_->tensor.dtype()); }
const Shape& Tensor::shape() const { return impl_->tensor.shape(); }
std::int64_t Tensor::size() const { return impl_->tensor.size(); }
std::span<const std::byte> Tensor::bytes() const { return impl_->tensor.bytes(); }
std::vector<double> Tensor::to_doubles() const { return wf::read_doubles(impl_->tensor); }

const std::vector<std::string>& Tensor::strings() const {
  static const std::vector<std::string> none;
  return impl_->tensor.dtype() == wf::DType::kString ? impl_->tensor.strings() : none;
}

Result<Tensor> Tensor::converted(DType dtype) const {
  return public_tensor(wf::converted(impl_->tensor, static_cast<wf::DType>(dtype)));
}

State::State(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
State::State(State&&) noexcept = default;
State& State::operator=(State&&) noexcept = default;
State::~State() = default;

Result<Model> Model::load(const std::filesystem::path& path, const LoadOptions& options) {
  wf::LoadOptions internal;
  internal.engine = options.engine;
  internal.prepare.function = options.function;
  auto model = wf::Model::load(path, internal);
  if (!model) return public_error(model.error());
  Description description = make_description(model->file(), model->interface());
  return Model(std::make_shared<const Impl>(Impl{*std::move(model), std::move(description)}));
}

const Description& Model::description() const { return impl_->description; }

Result<State> Model::new_state() const {
  auto state = impl_->model.new_state();
  if (!state) return public_error(state.error());
  return State(std::make_unique<State::Impl>(State::Impl{*std::move(state)}));
}

Result<Values> Model::predict(const Values& inputs, State* state) const {
  const auto features = internal_features(inputs);
  if (!features) return public_error(features.error());
  const auto outputs = impl_->model.predict(*features, state ? &state->impl_->state : nullptr);
  if (!outputs) return public_error(outputs.error());
  auto values = public_values(*outputs);
  if (!values) return public_error(values.error());
  return *std::move(values);
}

Result<Description> describe(const std::filesystem::path& path) {
  const auto file = wf::read_model_file(path, {.allow_missing_weights = true});
  if (!file) return public_error(file.error());
  const wf::Interface* interface = file->description.find("");
  return make_description(*file, interface ? *interface : file->description.interface);
}

Result<Tensor> load_npy(const std::filesystem::path& path) { return public_tensor(wf::read_npy(path)); }

Result<std::monostate> save_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const auto status = wf::write_npy(path, detail::Access::unwrap(tensor));
  if (!status) return public_error(status.error());
  return std::monostate();
}

Result<Tensor> load_image(const std::filesystem::path& path, std::int64_t width, std::int64_t height) {
  auto pixels = wf::read_image(path);
  if (!pixels || width == 0 || height == 0) return public_tensor(std::move(pixels));
  return public_tensor(wf::resize_image(*pixels, width, height));
}

}  // namespace windfall
