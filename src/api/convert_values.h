// Between the public interface's values and ours. Tensors are handed over, not copied.
#pragma once

#include "runtime/model.h"
#include "windfall/windfall.hpp"

namespace windfall {

struct Tensor::Impl {
  wf::Tensor tensor;
};
struct State::Impl {
  wf::ModelState state;
};
struct Model::Impl {
  wf::Model model;
  Description description;
};

namespace detail {
struct Access {
  static Tensor wrap(wf::Tensor tensor) {
    return Tensor(std::make_shared<const Tensor::Impl>(Tensor::Impl{std::move(tensor)}));
  }
  static const wf::Tensor& unwrap(const Tensor& tensor) { return tensor.impl_->tensor; }
};
}  // namespace detail

Error public_error(const wf::Error& error);
Result<Tensor> public_tensor(wf::Result<wf::Tensor> tensor);
Feature public_feature(const wf::Feature& feature);
wf::Result<Values> public_values(const wf::Features& features);
wf::Result<wf::Features> internal_features(const Values& values);

}  // namespace windfall
