#include "classic/identity.h"

namespace wf {

Status IdentityModel::predict(ClassicCall& call) const {
  const Interface& interface = call.interface();
  for (size_t i = 0; i < interface.outputs.size(); ++i) {
    const std::string& name = interface.outputs[i].name;
    const Datum* value = call.input(name);
    if (!value && !interface.find_input(name) && i < interface.inputs.size())
      value = call.input(interface.inputs[i].name);
    if (value) call.set(name, *value);
  }
  return {};
}

}  // namespace wf
