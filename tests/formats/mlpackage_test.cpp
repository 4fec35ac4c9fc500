#include "formats/save.h"
#include "formats/small_models.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

const fs::path kInner = "Data/com.apple.CoreML";

// A saved package in a fresh folder.
fs::path saved_package(std::string_view test, const SaveOptions& options = {}) {
  const fs::path path = scratch_folder(test) / "small.mlpackage";
  const Status status = save_mlpackage(model_of(small_program()), path, options);
  EXPECT_TRUE(status.ok()) << status.error().to_string();
  return path;
}

std::string manifest(std::string_view items, std::string_view root = "M",
                     std::string_view version = "1.0.0") {
  return "{\"fileFormatVersion\": \"" + std::string(version) + "\", \"itemInfoEntries\": {" +
         std::string(items) + "}, \"rootModelIdentifier\": \"" + std::string(root) + "\"}";
}
std::string item(std::string_view id, std::string_view path) {
  return "\"" + std::string(id) + "\": {\"author\": \"a\", \"name\": \"n\", \"path\": \"" +
         std::string(path) + "\"}";
}

std::string failure_with_manifest(std::string_view test, const std::string& text) {
  const fs::path package = saved_package(test);
  EXPECT_TRUE(write_file(package / "Manifest.json", text).ok());
  return failure_of(read_model_file(package));
}

TEST(Mlpackage, SavesAndReads) {
  const fs::path package = saved_package("package");
  EXPECT_EQ(fs::file_size(package / kInner / "weights/weight.bin"), 64u + 64u + 16 * 4);
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(package));
  EXPECT_EQ(file.container, ".mlpackage");
  EXPECT_EQ(file.weight_bytes, 64u);
  EXPECT_FALSE(first_difference(small_program(), *file.program).has_value());
  const Constant& weight = file.program->functions[0].body.ops[0].attributes[1].value;
  EXPECT_EQ(weight.blob, (BlobRef{"@model_path/weights/weight.bin", 64}));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile with_slash, read_model_file(package / ""));
  EXPECT_NE(with_slash.program, nullptr);
}

TEST(Mlpackage, SmallConstantsStayInTheModel) {
  const fs::path package = saved_package("package_threshold", {.blob_threshold = 17});
  EXPECT_FALSE(fs::exists(package / kInner / "weights"));
  EXPECT_TRUE(read_model_file(package).ok());
}

TEST(Mlpackage, EqualModelsGiveEqualPackages) {
  const fs::path a = saved_package("package_a"), b = saved_package("package_b");
  for (const fs::path& file :
       {fs::path("Manifest.json"), kInner / "model.mlmodel", kInner / "weights/weight.bin"}) {
    EXPECT_EQ(*read_text_file(a / file), *read_text_file(b / file)) << file;
  }
}

TEST(Mlpackage, ReplacesPackagesAndNothingElse) {
  const fs::path package = saved_package("package_replace");
  WF_ASSERT_OK(save_mlpackage(model_of(small_program()), package, {.blob_threshold = 17}));
  EXPECT_FALSE(fs::exists(package / kInner / "weights"));
  EXPECT_EQ(std::distance(fs::directory_iterator(package.parent_path()), {}),
            1);  // nothing is left beside it
  const fs::path other = package.parent_path() / "folder.mlpackage";
  fs::create_directory(other);
  EXPECT_FALSE(save_mlpackage(model_of(small_program()), other).ok());
  EXPECT_TRUE(fs::is_empty(other));
  EXPECT_FALSE(save_mlpackage(model_of(small_program()), package.parent_path() / "small.zip").ok());
}

// Saving over the package that the weights are mapped from must not lose them.
TEST(Mlpackage, SavesOverItself) {
  const fs::path package = saved_package("package_itself");
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(package));
  WF_ASSERT_OK(save_mlpackage(file, package));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile again, read_model_file(package));
  EXPECT_FALSE(first_difference(small_program(), *again.program).has_value());
}

TEST(Mlpackage, TheSpecificationVersionCoversTheOpset) {
  ModelFile model = model_of(small_program());  // ios17
  model.specification_version = 6;
  const fs::path path = scratch_folder("package_version") / "x.mlpackage";
  WF_ASSERT_OK(save_mlpackage(model, path));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(path));
  EXPECT_EQ(file.specification_version, 8);
}

TEST(Mlpackage, TheManifestSaysWhereTheModelIs) {
  const fs::path package = saved_package("package_elsewhere");
  fs::rename(package / kInner, package / "Data/elsewhere");
  fs::rename(package / "Data/elsewhere/model.mlmodel", package / "Data/elsewhere/odd name");
  WF_ASSERT_OK(write_file(package / "Manifest.json",
                          manifest(item("M", "elsewhere/odd name") + ", " + item("W", "elsewhere/weights"))));
  EXPECT_TRUE(read_model_file(package).ok());
}

TEST(Mlpackage, TheManifestSaysWhereTheWeightsAre) {
  const fs::path package = saved_package("package_weights");
  fs::create_directory(package / "Data/apart");
  fs::rename(package / kInner / "weights", package / "Data/apart/weights");
  WF_ASSERT_OK(write_file(package / "Manifest.json", manifest(item("M", "com.apple.CoreML/model.mlmodel") +
                                                              ", " + item("W", "apart/weights"))));
  EXPECT_TRUE(read_model_file(package).ok());
}

TEST(Mlpackage, SeveralWeightFiles) {
  const fs::path package = scratch_folder("package_several") / "two.mlpackage";
  Program program = small_program();
  program.functions.push_back(program.functions[0]);
  program.functions[1].name = "second";
  const ModelFile model = model_of(std::move(program));
  WF_ASSERT_OK(save_mlpackage(model, package));
  const fs::path weights = package / kInner / "weights";
  fs::copy_file(weights / "weight.bin", weights / "1-weight.bin");
  fs::rename(weights / "weight.bin", weights / "0-weight.bin");
  BlobRefs blobs;
  for (const size_t i : {0, 1}) {
    blobs[&model.program->functions[i].body.ops[0].attributes[1].value] = {
        "@model_path/weights/" + std::to_string(i) + "-weight.bin", 64};
  }
  WF_ASSERT_OK_AND_ASSIGN(const WireWriter message, write_model_message(model, blobs));
  WF_ASSERT_OK(write_file(package / kInner / "model.mlmodel", message.bytes()));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(package));
  EXPECT_EQ(file.weight_bytes, 128u);
  fs::remove(weights / "1-weight.bin");
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile half, read_model_file(package, {.allow_missing_weights = true}));
  EXPECT_EQ(half.missing_weights, (std::vector<std::string>{"@model_path/weights/1-weight.bin"}));
  EXPECT_TRUE(half.program->functions[0].body.ops[0].attributes[1].value.data.known());
  EXPECT_FALSE(half.program->functions[1].body.ops[0].attributes[1].value.data.known());
  const Status saved = save_mlpackage(half, package.parent_path() / "half.mlpackage");
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::kWeightsMissing);
}

TEST(Mlpackage, PointersToWeightsAreMissingWeights) {
  const fs::path package = saved_package("package_lfs");
  WF_ASSERT_OK(
      write_file(package / kInner / "weights/weight.bin",
                 std::string_view("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")));
  const auto file = read_model_file(package);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kWeightsMissing);
}

TEST(Mlpackage, NothingLeavesThePackage) {
  const std::string leaves = "leaves the model's folder";
  EXPECT_NE(failure_with_manifest("package_up", manifest(item("M", "../../outside"))).find(leaves),
            std::string::npos);

  const fs::path package = saved_package("package_link");
  const fs::path outside = package.parent_path() / "outside";
  fs::rename(package / kInner / "weights", outside);
  fs::create_directory_symlink(outside, package / kInner / "weights");
  EXPECT_NE(failure_of(read_model_file(package)).find(leaves), std::string::npos);

  const fs::path model = saved_package("package_link_model");
  fs::rename(model / kInner / "model.mlmodel", model.parent_path() / "model");
  fs::create_symlink(model.parent_path() / "model", model / kInner / "model.mlmodel");
  EXPECT_NE(failure_of(read_model_file(model)).find(leaves), std::string::npos);

  ModelFile escaping = model_of(small_program());
  const auto& constant = escaping.program->functions[0].body.ops[0].attributes[1].value;
  for (const char* path :
       {"@model_path/../../../../outside/weight.bin", "/etc/passwd", "weights/weight.bin"}) {
    WF_ASSERT_OK_AND_ASSIGN(const WireWriter message,
                            write_model_message(escaping, {{&constant, {path, 64}}}));
    const fs::path target = saved_package("package_escape");
    WF_ASSERT_OK(write_file(target / kInner / "model.mlmodel", message.bytes()));
    const auto file = read_model_file(target, {.allow_missing_weights = true});
    ASSERT_FALSE(file.ok()) << path;
    EXPECT_EQ(file.error().code, ErrorCode::kBadModel);
  }
}

TEST(Mlpackage, NamesWhatIsWrongWithTheManifest) {
  const auto failure = [](const std::string& text) {
    return failure_with_manifest("package_manifest", text);
  };
  const std::string good = item("M", "com.apple.CoreML/model.mlmodel");
  EXPECT_EQ(failure(manifest(good)), "no error");
  EXPECT_NE(failure("{").find("not JSON"), std::string::npos);
  EXPECT_EQ(failure("[]"), "expected a JSON object");
  EXPECT_EQ(failure("{}"), "'fileFormatVersion' is missing or not a text");
  EXPECT_EQ(failure(manifest(good, "X")), "rootModelIdentifier 'X' is not among the items");
  EXPECT_EQ(failure(manifest(good, "M", "2.0.0")), "package format 2.0.0, this build reads 1.x");
  EXPECT_EQ(failure(manifest("\"M\": 3")), "item 'M': not an object");
  EXPECT_EQ(failure(manifest("\"M\": {\"name\": \"n\"}")), "item 'M': 'path' is missing or not a text");
  EXPECT_EQ(failure(std::string(100000, '[')), "nested deeper than 16 levels");
  EXPECT_EQ(failure("{\"a\": " + std::string(50, '[') + std::string(50, ']') + "}"),
            "nested deeper than 16 levels");
  EXPECT_NE(failure(manifest(item("M", "com.apple.CoreML/nothing"))).find("cannot open"), std::string::npos);
  EXPECT_NE(failure(manifest(item("M", "com.apple.CoreML"))).find("expected a file"), std::string::npos);
}

}  // namespace
}  // namespace wf::test
