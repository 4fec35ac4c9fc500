#include "laboratory.h"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "deadline.h"
#include "description.h"
#include "errors.h"
#include "lab/generate.h"
#include "lab/model_facts.h"
#include "lab/parity.h"
#include "values.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace wf::python {
namespace {

nb::dict counts_object(const Counts& counts) {
  nb::dict out;
  for (const auto& [name, count] : counts) out[nb::str(name.c_str(), name.size())] = count;
  return out;
}

nb::dict facts_object(const ModelFile& file) {
  const ModelFacts facts = facts_of(file);
  nb::list refusals, parts;
  for (const Refusal& refusal : file.refusals) refusals.append(nb::make_tuple(refusal.what, refusal.needs));
  for (const ModelFile& part : file.parts) parts.append(facts_object(part));
  nb::dict out;
  out["kind"] = facts.kind;
  out["specification_version"] = file.specification_version;
  out["container"] = file.container;
  out["oldest_os"] = facts.oldest_os;
  out["operations"] = counts_object(facts.operations);
  out["operation_count"] = facts.operation_count;
  out["layers"] = counts_object(facts.layers);
  out["compression"] = counts_object(facts.compression);
  out["weight_elements"] = counts_object(facts.weight_elements);
  out["precision"] = facts.precision;
  out["weight_bytes"] = facts.weight_bytes;
  out["file_bytes"] = facts.file_bytes;
  out["refusals"] = refusals;
  out["missing_weights"] = file.missing_weights;
  out["notes"] = file.notes;
  out["parts"] = parts;
  return out;
}

nb::dict info(const std::string& path) { return facts_object(read_to_look(path)); }

nb::dict finding_object(const Finding& finding) {
  nb::dict out;
  out["name"] = finding.name;
  out["passed"] = finding.passed;
  out["trouble"] = finding.trouble;
  if (!finding.comparison) return out;
  const Comparison& found = *finding.comparison;
  out["max_abs"] = found.max_abs;
  out["rmse"] = found.rmse;
  out["scale"] = found.scale;
  out["max_rel"] = found.max_rel;
  out["rmse_rel"] = found.rmse_rel;
  out["snr_db"] = found.snr_db;
  out["worst_at"] = nb::tuple(nb::cast(found.worst_at));
  out["worst_actual"] = found.worst_actual;
  out["worst_expected"] = found.worst_expected;
  return out;
}

nb::object parting_object(const std::optional<Parting>& parting) {
  if (!parting) return nb::none();
  return nb::make_tuple(parting->operation, finding_object(parting->finding));
}

Result<Features> inputs_or_random(const std::shared_ptr<const ModelFile>& file, const ParityOptions& options,
                                  std::optional<Features> given) {
  if (given) return *std::move(given);
  WF_TRY(const Model model,
         Model::prepare(file, {.engine = options.expected_engine, .prepare = options.prepare}));
  return generate_inputs(model, options.infer.seed);
}

nb::dict parity(const std::string& path, std::optional<nb::dict> inputs, const std::string& actual,
                const std::string& expected, const std::string& budget, const std::string& function,
                std::optional<double> timeout, uint64_t seed) {
  ParityOptions options{
      .actual_engine = actual, .expected_engine = expected, .budget = {}, .prepare = {}, .infer = {}};
  options.prepare.function = function;
  options.infer.seed = seed;
  if (timeout) options.infer.deadline = deadline_after(*timeout);
  std::optional<Features> given;
  if (inputs) given = features_from_dict(*inputs);
  const ParityReport report = take([&]() -> Result<ParityReport> {
    const nb::gil_scoped_release no_gil;
    WF_TRY(ModelFile read, read_model_file(path));
    const auto file = std::make_shared<const ModelFile>(std::move(read));
    const std::string name = budget.empty() ? facts_of(*file).budget : budget;
    const auto found = find_budget(name);
    WF_REQUIRE(found, kInvalidArgument, fmt::format("no budget is called '{}'", name), {},
               "the budgets are fp32, fp16 and int8");
    options.budget = *found;
    WF_TRY(const Features features, inputs_or_random(file, options, std::move(given)));
    return compare_engines(file, features, options);
  }());
  nb::list outputs;
  for (const Finding& finding : report.outputs) outputs.append(finding_object(finding));
  nb::dict out;
  out["passed"] = report.passed();
  out["budget"] = options.budget.name;
  out["outputs"] = outputs;
  out["values_compared"] = report.values_compared;
  out["first_parting"] = parting_object(report.first_parting);
  out["worst_value"] = parting_object(report.worst_value);
  return out;
}

}  // namespace

void bind_laboratory(nb::module_& module) {
  module.def("info", &info, "path"_a);
  module.def("parity", &parity, "path"_a, "inputs"_a.none(), "actual"_a, "expected"_a, "budget"_a,
             "function"_a, "timeout"_a.none(), "seed"_a);
}

}  // namespace wf::python
