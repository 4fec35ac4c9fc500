// Compiled models: laid out as declared, the same bits as the source, packed weights found and never
// believed.
#include "runtime/compile.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "base/endian.h"
#include "engine/cpu/packed_file.h"
#include "runtime/cache/cache.h"
#include "runtime/compiled_models.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

class CompileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = scratch_folder(std::string("compile_") +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    source_ = save_weighted_model(folder_ / "net.mlpackage", 7);
    target_ = folder_ / "net.mlmodelc";
  }
  void compile() {
    const auto report = compile_model(source_, target_);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_GT(report->packed_bytes, 0);
    int64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(target_)) {
      if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
    }
    EXPECT_EQ(report->bytes, bytes);
  }
  fs::path packed() const { return target_ / "windfall" / "packed.bin"; }

  fs::path folder_, source_, target_;
};

// Passes on what another store has, and counts.
class CountingStore final : public WeightStore {
 public:
  explicit CountingStore(std::shared_ptr<WeightStore> inner) : inner_(std::move(inner)) {}
  Matrices find(const WeightKey& key, Isa isa, std::span<const MatrixExtent> extents) const override {
    Matrices matrices = inner_->find(key, isa, extents);
    found += !matrices.empty();
    return matrices;
  }
  std::shared_ptr<AlignedBuffer> find_floats(const WeightKey& key, int64_t count) const override {
    auto floats = inner_->find_floats(key, count);
    found += floats != nullptr;
    return floats;
  }
  void made(const WeightKey&, const Matrices&) override { ++packed_anew; }
  void made_floats(const WeightKey&, const std::shared_ptr<AlignedBuffer>&) override { ++packed_anew; }

  mutable std::atomic<int> found = 0;
  std::atomic<int> packed_anew = 0;

 private:
  std::shared_ptr<WeightStore> inner_;
};

TEST_F(CompileTest, AProgramIsLaidOutAsApples) {
  compile();
  for (const char* name : {"model.mil", "weights/weight.bin", "coremldata.bin", "metadata.json"})
    EXPECT_TRUE(fs::exists(target_ / name)) << name;
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile before, read_model_file(source_));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile after, read_model_file(target_));
  EXPECT_EQ(after.container, ".mlmodelc");
  EXPECT_EQ(after.type, before.type);
  EXPECT_EQ(after.specification_version, before.specification_version);
  EXPECT_EQ(after.description, before.description);
  EXPECT_EQ(first_difference(*before.program, *after.program), std::nullopt);
  EXPECT_TRUE(after.notes.empty());
  // Read without coremldata.bin, by metadata.json.
  fs::remove(target_ / "coremldata.bin");
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile described, read_model_file(target_));
  EXPECT_EQ(described.description.interface, before.description.interface);
}

TEST_F(CompileTest, EveryEngineAnswersInTheSameBits) {
  compile();
  for (const char* engine : {"reference", "reference:exact", "cpu"}) {
    const Tensor expected = answer_at(source_, engine), actual = answer_at(target_, engine);
    EXPECT_TRUE(same_bits(expected, actual)) << engine;
  }
}

TEST_F(CompileTest, NothingIsPackedWhenPackedWeightsAreThere) {
  compile();
  const StoredWeights stored = verified_packed_weights(target_);
  ASSERT_TRUE(stored.store);
  const auto counting = std::make_shared<CountingStore>(stored.store);
  LoadOptions options;
  options.engine = "cpu";
  options.prepare.weights = {counting, ""};
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(target_, options));
  EXPECT_GE(counting->found, 2);  // the convolution's and the product's, the table if the plan widens it
  EXPECT_EQ(counting->packed_anew, 0);
  EXPECT_TRUE(same_bits(answer_of(model), answer_at(source_)));
}

TEST_F(CompileTest, TheManifestNamesEveryFile) {
  compile();
  WF_ASSERT_OK_AND_ASSIGN(const CompiledManifest manifest, read_compiled_manifest(target_));
  WF_ASSERT_OK_AND_ASSIGN(const std::string digest, digest_of_model(source_));
  EXPECT_EQ(manifest.source_sha256, digest);
  EXPECT_EQ(manifest.source_name, "net.mlpackage");
  EXPECT_TRUE(manifest.files.contains("windfall/packed.bin"));
  EXPECT_TRUE(manifest.files.contains("windfall/kernels.json"));
  WF_ASSERT_OK(verify_compiled(target_, manifest, true));
  for (const auto& [name, file] : manifest.files) {
    const fs::path path = target_ / name;
    WF_ASSERT_OK_AND_ASSIGN(std::string content, read_text_file(path));
    std::string damaged = content;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    WF_ASSERT_OK(write_file(path, damaged));
    test::expect_error(verify_compiled(target_, manifest, true), ErrorCode::kBadModel, "SHA-256");
    WF_ASSERT_OK(write_file(path, content.substr(1)));
    test::expect_error(verify_compiled(target_, manifest, false), ErrorCode::kBadModel, "bytes");
    WF_ASSERT_OK(write_file(path, content));
  }
}

TEST_F(CompileTest, WeightsPackedFromOtherBytesAreNotUsed) {
  compile();
  ASSERT_TRUE(verified_packed_weights(target_).store);
  // Somebody puts other weights in, of the same size.
  const fs::path other = save_weighted_model(folder_ / "other.mlpackage", 8);
  const auto weights = fs::path("Data") / "com.apple.CoreML" / "weights" / "weight.bin";
  fs::copy_file(other / weights, target_ / "weights" / "weight.bin", fs::copy_options::overwrite_existing);
  EXPECT_FALSE(verified_packed_weights(target_).store);
  EXPECT_TRUE(same_bits(answer_at(target_), answer_at(other)));
}

TEST_F(CompileTest, WeightsOfAnotherMachineOrPlannerArePackedAnew) {
  compile();
  WF_ASSERT_OK_AND_ASSIGN(const std::string content, read_text_file(packed()));
  for (const Isa isa : usable_isas()) {
    if (isa == default_isa()) continue;
    test::expect_error(PackedFile::open(packed(), isa), ErrorCode::kUnsupported, "another instruction set");
  }
  std::string other = content;
  other[32] = other[32] == 'x' ? 'y' : 'x';  // the fingerprint
  WF_ASSERT_OK(write_file(packed(), other));
  test::expect_error(PackedFile::open(packed(), default_isa()), ErrorCode::kUnsupported, "another Windfall");
  EXPECT_FALSE(packed_weights_of(target_).store);
  EXPECT_TRUE(same_bits(answer_at(target_), answer_at(source_)));
}

// Whatever the index says, what is given out lies in the file and has the size that was asked for.
TEST_F(CompileTest, ADamagedIndexNeverLeadsOutOfTheFile) {
  compile();
  WF_ASSERT_OK_AND_ASSIGN(const std::string content, read_text_file(packed()));
  const auto index = load_little<uint64_t>(as_bytes(content), 8);
  const fs::path path = folder_ / "damaged.bin";
  const std::vector<MatrixExtent> product{{12, 24, false}};
  int opened = 0, refused = 0;
  const auto look = [&](const std::string& bytes) {
    WF_ASSERT_OK(write_file(path, bytes));
    const auto file = PackedFile::open(path, default_isa());
    if (!file) {
      ++refused;
      return;
    }
    ++opened;
    for (uint32_t value = 0; value < 64; ++value) {
      for (const auto& matrix : (*file)->find({"main", value, 2}, default_isa(), product)) {
        ASSERT_EQ(matrix->inner, 12);
        ASSERT_EQ(matrix->columns, 24);
        int64_t sum = 0;  // every byte can be read
        for (int64_t i = 0; i < matrix->panels() * matrix->panel_bytes(); ++i)
          sum += std::to_integer<int64_t>(matrix->bytes.data()[i]);
        ASSERT_GE(sum, 0);
      }
    }
  };
  for (size_t at = 0; at < content.size(); at += at < 48 || at >= index ? 1 : content.size()) {
    if (at == 48) at = index;
    for (const int bit : {0, 7}) {
      std::string damaged = content;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      look(damaged);
    }
  }
  for (size_t size = 0; size < content.size(); size += 1 + content.size() / 50) look(content.substr(0, size));
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

// Resident pages of the file that other processes have mapped, too.
int64_t shared_bytes(const fs::path& file) {
  std::ifstream maps("/proc/self/smaps");
  int64_t bytes = 0;
  bool is_ours = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ') && line.find(':') > line.find(' '))
      is_ours = line.ends_with(file.string());
    if (is_ours && line.starts_with("Shared_")) bytes += std::stoll(line.substr(line.find(':') + 1)) * 1024;
  }
  return bytes;
}

TEST_F(CompileTest, ProcessesShareTheMappedWeights) {
  compile();
  const auto touch = [&] {
    auto file = MappedFile::open(packed());
    int64_t sum = 0;
    if (file) {
      for (const std::byte byte : (*file)->bytes()) sum += std::to_integer<int64_t>(byte);
    }
    return std::pair(file ? *file : nullptr, sum);
  };
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto mapped = touch();
    char byte = mapped.first ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(done[0], &byte, 1);
    ::_exit(0);
  }
  const auto mapped = touch();
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ASSERT_TRUE(mapped.first);
  const int64_t shared = shared_bytes(packed());
  ASSERT_EQ(::write(done[1], "x", 1), 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
  EXPECT_GE(shared, static_cast<int64_t>(mapped.first->bytes().size()));
}

TEST_F(CompileTest, OnlyACompiledModelIsReplaced) {
  compile();
  compile();  // again, over the first
  const fs::path others = folder_ / "others.mlmodelc";
  fs::create_directories(others);
  WF_ASSERT_OK(write_file(others / "letter.txt", std::string_view("dear")));
  test::expect_error(compile_model(source_, others), ErrorCode::kInvalidArgument, "no compiled model");
  EXPECT_TRUE(fs::exists(others / "letter.txt"));
  test::expect_error(compile_model(source_, folder_ / "net.zip"), ErrorCode::kInvalidArgument, ".mlmodelc");
  test::expect_error(compile_model(target_, target_), ErrorCode::kInvalidArgument, "onto itself");
  test::expect_error(compile_model(folder_ / "none.mlpackage", folder_ / "none.mlmodelc"),
                     ErrorCode::kNotFound, "none");
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
}

TEST_F(CompileTest, ACompiledModelIsCompiledAgainByCopying) {
  compile();
  const fs::path second = folder_ / "second.mlmodelc";
  WF_ASSERT_OK_AND_ASSIGN(const CompileReport report, compile_model(target_, second));
  EXPECT_GT(report.packed_bytes, 0);
  EXPECT_TRUE(same_bits(answer_at(second), answer_at(source_)));
}

TEST_F(CompileTest, FlexibleShapesArePackedForTheirDefault) {
  SeededRandom random(3);
  Feature x = array_feature("x", DType::kFloat32, {2, 12});
  std::get<ArrayFeature>(x.type).ranges = {{1, 9}, {12, 12}};
  const ModelFile file = make_file({x}, {array_feature("y", DType::kFloat32, {})}, [&](Builder& b) {
    const ValueId in = b.input("x", tensor_type(DType::kFloat32, {kUnknownSize, 12}));
    b.set_outputs({b.op("linear",
                        {{"x", in},
                         {"weight", b.constant(random_tensor(random, DType::kFloat32, {20, 12}), "w")},
                         {"bias", b.constant(random_tensor(random, DType::kFloat32, {20}), "b")}},
                        "y")});
  });
  const fs::path source = folder_ / "flexible.mlpackage", target = folder_ / "flexible.mlmodelc";
  WF_ASSERT_OK(save_mlpackage(file, source));
  WF_ASSERT_OK_AND_ASSIGN(const CompileReport report, compile_model(source, target));
  EXPECT_GT(report.packed_bytes, 0);
  EXPECT_TRUE(same_bits(answer_at(target), answer_at(source)));
}

}  // namespace
}  // namespace wf::test
