#include <gtest/gtest.h>

#include "formats/model_file.h"
#include "formats/own_scratch.h"
#include "formats/small_models.h"
#include "formats/wire/writer.h"
#include "proto/classic.h"
#include "proto/model.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

std::string link_to(const std::string& name, const std::string& search_path = "") {
  WireWriter w;
  w.put_int(proto::Model::kSpecificationVersion, 4);
  w.add_message(proto::Model::kLinkedModel, [&] {
    w.add_message(proto::LinkedModel::kLinkedModelFile, [&] {
      using Field = proto::LinkedModelFile;
      w.add_message(Field::kLinkedModelFileName,
                    [&] { w.put_text(proto::StringParameter::kDefaultValue, name); });
      w.add_message(Field::kLinkedModelSearchPath,
                    [&] { w.put_text(proto::StringParameter::kDefaultValue, search_path); });
    });
  });
  return std::string(w.text());
}

fs::path put(const std::string& name, const std::string& bytes) {
  const fs::path path = own_scratch() / name;
  fs::create_directories(path.parent_path());
  EXPECT_TRUE(write_file(path, bytes).ok());
  return path;
}

TEST(LinkedModel, TheOtherFileIsItsOnlyPart) {
  put("inside/other.mlmodel", message_of(small_program()));
  const fs::path link = put("link.mlmodel", link_to("other.mlmodel", "$BUNDLE_MAIN:elsewhere:inside"));
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(link));
  EXPECT_EQ(file.type, "linkedModel");
  ASSERT_EQ(file.parts.size(), 1u);
  EXPECT_NE(file.parts[0].program, nullptr);
  EXPECT_TRUE(can_run(file));
}

TEST(LinkedModel, AFileThatIsNotThereOrOutsideIsNeeded) {
  put("outside.mlmodel", message_of(small_program()));
  for (const std::string& bytes :
       {link_to("nowhere.mlmodel"), link_to("outside.mlmodel", ".."), link_to("")}) {
    WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, read_model_file(put("folder/link.mlmodel", bytes)));
    EXPECT_FALSE(can_run(file));
    EXPECT_NE(refusal_text(file).find("beside the model"), std::string::npos) << refusal_text(file);
  }
}

TEST(LinkedModel, ACircleOfLinksEnds) {
  const fs::path link = put("circle.mlmodel", link_to("circle.mlmodel"));
  expect_error(read_model_file(link), "too many models link to one another");
}

}  // namespace
}  // namespace wf::test
