// The JSON that version 1 of the C interface takes and gives (docs/reference/c-abi.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/file_tensor.h"
#include "runtime/model.h"

namespace wf::api {

struct StateRequest {
  std::string name;
  bool reset = false;  // zeroed before the prediction
  bool drop = false;   // forgotten after it
};

struct InputEnvelope {
  Features inputs;
  std::map<std::string, FilePlace, std::less<>> files;  // where the caller wants these outputs
  // Outputs of at least so many bytes go to files that we make in `folder`.
  struct Large {
    uint64_t bytes = 0;
    std::filesystem::path folder;
    FileFormat format = FileFormat::kRaw;
  };
  std::optional<Large> large;
  std::optional<StateRequest> state;
  uint64_t seed = 0;
};

// Files are mapped, pictures decoded and, if asked, resized to what `interface` declares. kInvalidArgument
// names the input.
Result<InputEnvelope> parse_envelope(const char* json, const Interface& interface);

// Files that were made for a caller who has not heard of them yet: removed unless keep() is called.
class MadeFiles {
 public:
  MadeFiles() = default;
  MadeFiles(MadeFiles&&) noexcept = default;
  MadeFiles& operator=(MadeFiles&&) = delete;
  ~MadeFiles();
  Result<std::string> make(const InputEnvelope::Large& large);
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

struct WrittenOutputs {
  std::string json;  // {"outputs":[...] without the closing brace: what comes after is known only then
  MadeFiles made;
};
Result<WrittenOutputs> write_outputs(const Features& outputs, const InputEnvelope& request);

}  // namespace wf::api
