// read_state and write_state: values that outlive a prediction.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kRead[] = {Param("input").any()};
constexpr Param kWrite[] = {Param("input").any(), Param("data").of(kMovable17)};

// The type of the state's tensor, or null while unknown.
Result<const TensorType*> state_tensor(const Call& call) {
  const ValueType& type = call.type("input");
  if (type.state()) return &type.state()->tensor;
  if (type.known()) return call.error(fmt::format("'input' is {}, expected a state", to_string(type)));
  return static_cast<const TensorType*>(nullptr);
}

Result<StateCell*> cell_of(const Evaluation& eval) {
  StateCell* cell = eval.value("input")->state();
  if (!cell) return eval.error("'input' is not a state");
  return cell;
}

Result<std::vector<ValueType>> infer_read(const Call& call) {
  WF_TRY(const TensorType* tensor, state_tensor(call));
  return std::vector<ValueType>{tensor ? ValueType(*tensor) : ValueType()};
}

// write_state replaces the cell's tensor and leaves the old one alone, so that what was read shares its bytes
// safely.
Status read_state(Evaluation& eval) {
  WF_TRY(const StateCell* cell, cell_of(eval));
  WF_TRY(const TensorType* declared, state_tensor(eval));
  WF_TRY(Tensor value,
         converted(cell->tensor, eval.storage(declared ? declared->dtype : cell->tensor.dtype())));
  eval.set_output(0, std::move(value));
  return {};
}

Result<std::vector<ValueType>> infer_write(const Call& call) {
  WF_TRY(const TensorType* tensor, state_tensor(call));
  if (tensor && !fits(call.type("data"), ValueType(*tensor))) {
    return call.error(
        fmt::format("'data' is {}, the state holds {}", to_string(call.type("data")), to_string(*tensor)));
  }
  return std::vector<ValueType>{};
}

Status write_state(Evaluation& eval) {
  WF_TRY(StateCell * cell, cell_of(eval));
  cell->tensor = eval.input("data");
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "read_state",
     .since = Opset::kIos18,
     .params = kRead,
     .infer = infer_read,
     .reference = read_state,
     .doc = "The state's value now; later writes do not change it. Source: MIL, iOS18 states."},
    {.name = "write_state",
     .since = Opset::kIos18,
     .params = kWrite,
     .infer = infer_write,
     .reference = write_state,
     .doc = "Puts `data` into the state; no output. Reads and writes keep the program's order. Source: MIL, "
            "iOS18 states, as it is "
            "written to files."},
};

}  // namespace

WF_OP_FILE(state, kDefs);
}  // namespace wf
