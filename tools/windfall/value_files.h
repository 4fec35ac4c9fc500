// Values in files. Read: .npy, .npz, .safetensors, .json, pictures, each told by its first bytes, and .raw or
// .bin;
// "-" is standard input. Written: by the name's ending.
#pragma once

#include <string>

#include "base/error.h"
#include "program/description.h"
#include "runtime/model.h"

namespace wf::tool {

struct FileValue {
  std::string name;  // "" where the file names nothing
  Datum value;
  bool is_picture = false;  // decoded pixels: uint8, [height, width] or [height, width, 3]
};

// `feature` is the input the file is meant for: it tells the shape of raw bytes and the kind of JSON. Without
// one the file must name its values, as .npz, .safetensors and a JSON object do.
Result<std::vector<FileValue>> read_values(const std::string& path, const Interface& interface,
                                           const Feature* feature);

// What `text` says in JSON, as a value of this feature.
Result<Datum> value_from_text(const std::string& text, const Feature& feature);

// All values as NAME.npz, NAME.safetensors or NAME.json, else as a folder with one file for each: .npy,
// images .png, dictionaries and texts .json. In .npz and .safetensors a dictionary D is a tensor D of its
// values and, where the format holds texts, D.keys. Returns what could not be stored, in words, or "".
Result<std::string> write_values(const std::string& path, const Features& values, const Interface& interface);
// One value as .npy, .png (images), .json or .raw.
Status write_value(const std::string& path, const Datum& value);

}  // namespace wf::tool
