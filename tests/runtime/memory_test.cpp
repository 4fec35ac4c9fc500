// What a prediction costs in memory, against what it must: the weights, mapped from their file, and the
// tensors that are alive at the same time.
#include <fstream>
#include <map>

#include "lab/generate.h"
#include "runtime/model.h"
#include "support/support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WF_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WF_SANITIZED 1
#endif
#endif

namespace wf::test {
namespace {

// A line of /proc/self/status, in bytes.
int64_t resident(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == key && status >> kib) return kib * 1024;
  }
  return -1;
}

// From here on VmHWM is the peak since now. False where the system does not let us.
bool reset_peak() {
  std::ofstream out("/proc/self/clear_refs");
  return static_cast<bool>(out << "5" << std::flush);
}

// The largest sum of the bytes of values that some operation still needs, as a run shows them; inputs stay
// for the whole run, since the caller holds them. Blocks inside blocks are not looked into.
int64_t activations(const Function& function, const std::map<std::string, int64_t, std::less<>>& bytes) {
  std::map<ValueId, size_t> last_use;
  const std::vector<Op>& ops = function.body.ops;
  for (size_t i = 0; i < ops.size(); ++i) {
    for (const Argument& argument : ops[i].inputs) {
      for (const Binding& binding : argument.bindings) {
        if (const auto* id = std::get_if<ValueId>(&binding)) last_use[*id] = i;
      }
    }
  }
  for (const ValueId id : function.body.outputs) last_use[id] = ops.size();
  const auto size_of = [&](ValueId id) {
    const auto found = bytes.find(function.value(id).name);
    return found == bytes.end() ? 0 : found->second;
  };
  int64_t live = 0;
  for (const ValueId id : function.inputs) {
    const TensorType* type = function.value(id).type.tensor();
    if (type && type->is_static()) live += *packed_byte_size(type->dtype, *element_count(*type->shape));
  }
  int64_t peak = live;
  for (size_t i = 0; i < ops.size(); ++i) {
    for (const ValueId id : ops[i].outputs) live += size_of(id);
    peak = std::max(peak, live);
    for (const auto& [id, last] : last_use) {
      if (last == i) live -= size_of(id);
    }
  }
  return peak;
}

void predict_once(const std::filesystem::path& path) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path));
  WF_ASSERT_OK_AND_ASSIGN(const Features inputs, generate_inputs(model, 1));
  WF_ASSERT_OK(model.predict(inputs));
}

// Of the corpus: the model with the most weights, and the one with the largest activations for its weights.
class Memory : public testing::TestWithParam<const char*> {};

TEST_P(Memory, IsWeightsAndLiveTensors) {
#ifdef WF_SANITIZED
  GTEST_SKIP() << "a sanitizer's own memory would be measured";
#endif
  const auto folder = corpus_folder();
  if (folder.empty()) GTEST_SKIP() << "no ../shared/corpus";
  // The program's own code and tables are in memory after this.
  predict_once(folder / "mnist-classifier-apple" / "MNISTClassifier.mlmodel");
  if (!reset_peak()) GTEST_SKIP() << "this system cannot reset a process's peak memory";
  const int64_t before = resident("VmRSS:");
  WF_ASSERT_OK_AND_ASSIGN(const Model model,
                          Model::load(folder / GetParam(), {.engine = "reference", .prepare = {}}));
  WF_ASSERT_OK_AND_ASSIGN(const Features inputs, generate_inputs(model, 1));
  std::map<std::string, int64_t, std::less<>> bytes;
  InferOptions options;
  options.observer = [&](const Op&, std::string_view name, const Datum& value) {
    if (const Tensor* tensor = value.tensor()) bytes.emplace(name, tensor->byte_size());
  };
  WF_ASSERT_OK(model.predict(inputs, nullptr, options));
  const int64_t peak = resident("VmHWM:") - before;

  const int64_t needed = static_cast<int64_t>(model.file().weight_bytes) +
                         activations(*model.file().program->find("main"), bytes);
  constexpr int64_t kGraph = 1 << 20;  // the program itself: operations, names, types
  EXPECT_LE(peak, needed + needed / 5 + kGraph) << "weights and activations take " << needed;
  RecordProperty("needed", std::to_string(needed));
  RecordProperty("peak", std::to_string(peak));
}

INSTANTIATE_TEST_SUITE_P(Corpus, Memory,
                         testing::Values("fritz-handpose/HandPose.mlmodel",
                                         "waifu2x-up-photo/up_photo_scale2x_model.mlmodel"));

}  // namespace
}  // namespace wf::test
