#include <fmt/format.h>

#include "lab/datum_json.h"
#include "tensor/image.h"
#include "tensor/npy.h"
#include "tensor/npz.h"
#include "tensor/raw.h"
#include "tensor/safetensors.h"
#include "value_files.h"

namespace wf::tool {
namespace {

bool is_array(const Datum& value) { return value.tensor() && value.tensor()->dtype() != DType::kString; }

// Keys (texts or integers) and values (fp64) of a dictionary, each as one vector.
Result<std::pair<Tensor, Tensor>> columns_of(const Dict& dict) {
  std::vector<std::string> texts;
  std::vector<int64_t> numbers;
  std::vector<double> values;
  for (const auto& [key, value] : dict.items) {
    if (key.tensor() && key.tensor()->dtype() == DType::kString) {
      texts.push_back(key.tensor()->strings()[0]);
    } else if (key.tensor()) {
      numbers.push_back(read_int(*key.tensor(), 0));
    }
    values.push_back(value.tensor() ? read_double(*value.tensor(), 0) : 0);
  }
  const Shape shape{static_cast<int64_t>(values.size())};
  WF_TRY(Tensor scores, Tensor::of_doubles(DType::kFloat64, shape, values));
  if (!numbers.empty()) {
    WF_TRY(Tensor keys, Tensor::of_ints(DType::kInt64, shape, numbers));
    return std::pair(std::move(keys), std::move(scores));
  }
  WF_TRY(Tensor keys, Tensor::of_strings(shape, std::move(texts)));
  return std::pair(std::move(keys), std::move(scores));
}

struct Flattened {
  NamedTensors tensors;
  std::string left_out;  // names, for the user
  void leave_out(const std::string& name) { left_out += (left_out.empty() ? "" : ", ") + name; }
};

Result<Flattened> flatten(const Features& values, bool with_texts) {
  Flattened flat;
  const auto add = [&](const std::string& name, Tensor tensor) {
    if (tensor.dtype() == DType::kString && !with_texts) return flat.leave_out(name);
    flat.tensors.emplace_back(name, std::move(tensor));
  };
  for (const auto& [name, value] : values) {
    if (value.tensor()) {
      add(name, *value.tensor());
    } else if (value.dict()) {
      WF_TRY(auto columns, columns_of(*value.dict()));
      add(name + ".keys", std::move(columns.first));
      add(name, std::move(columns.second));
    } else {
      flat.leave_out(name);
    }
  }
  return flat;
}

Json all_as_json(const Features& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = json_of(value);
  return json;
}

Status write_json(const std::filesystem::path& path, const Json& json) {
  return write_file(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

// A feature's name as a file name: what could leave the folder is replaced.
std::string file_name(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '\\' || c == '\0') c = '_';
  }
  return name.empty() || name.starts_with('.') ? "_" + name : name;
}

Status write_folder(const std::filesystem::path& folder, const Features& values, const Interface& interface) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return Error(ErrorCode::kEnvironment, code.message()).in_file(folder.string());
  for (const auto& [name, value] : values) {
    const Feature* feature = interface.find_output(name);
    const char* ending = feature && feature->image() ? ".png" : is_array(value) ? ".npy" : ".json";
    WF_CHECK(write_value((folder / (file_name(name) + ending)).string(), value));
  }
  return {};
}

}  // namespace

Status write_value(const std::string& path, const Datum& value) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".json") return write_json(path, json_of(value));
  const Tensor* tensor = value.tensor();
  if (!tensor) {
    return Error(ErrorCode::kInvalidArgument, "this output is no array: it can be written as .json")
        .in_file(path);
  }
  if (extension == ".npy") return write_npy(path, *tensor);
  if (extension == ".png") return write_png(path, *tensor);
  if (extension == ".raw" || extension == ".bin") return write_raw(path, *tensor);
  return Error(ErrorCode::kInvalidArgument, "one output is written as .npy, .png, .json or .raw")
      .in_file(path);
}

Result<std::string> write_values(const std::string& path, const Features& values,
                                 const Interface& interface) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".npz" || extension == ".safetensors") {
    const bool npz = extension == ".npz";
    WF_TRY(Flattened flat, flatten(values, /*with_texts=*/npz));
    WF_CHECK(npz ? write_npz(path, flat.tensors) : write_safetensors(path, flat.tensors));
    return flat.left_out;
  }
  if (extension == ".json") {
    WF_CHECK(write_json(path, all_as_json(values)));
    return std::string();
  }
  if (extension == ".npy" || extension == ".png" || extension == ".raw" || extension == ".bin") {
    if (values.size() != 1) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{} outputs do not fit in one {} file", values.size(), extension), "--output",
                   "write NAME=FILE, a folder, or FILE.npz");
    }
    WF_CHECK(write_value(path, values[0].second));
    return std::string();
  }
  WF_CHECK(write_folder(path, values, interface));
  return std::string();
}

}  // namespace wf::tool
