#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

#include "api/envelope.h"
#include "base/json_writer.h"

namespace wf::api {
namespace {

void write_element(JsonWriter& out, const Tensor& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DType::kString:
      out.text(tensor.strings()[static_cast<size_t>(i)]);
      break;
    case DType::kBool:
      out.flag(read_int(tensor, i) != 0);
      break;
    case DType::kUInt64:
      out.whole(tensor.load<uint64_t>(i));
      break;
    case DType::kFloat64:
      out.number(tensor.load<double>(i));
      break;
    case DType::kFloat32:
      out.number(tensor.load<float>(i));
      break;
    default:  // every narrower floating value is a float, every other integer an int64
      if (is_floating(tensor.dtype())) {
        out.number(static_cast<float>(read_double(tensor, i)));
      } else {
        out.whole(read_int(tensor, i));
      }
  }
}

void write_scalar(JsonWriter& out, const Datum& datum) {
  if (datum.tensor() && datum.tensor()->size() == 1) {
    write_element(out, *datum.tensor(), 0);
  } else {
    out.null();
  }
}

void write_dictionary(JsonWriter& out, const Dict& dict) {
  const bool texts = std::ranges::all_of(dict.items, [](const auto& item) {
    return item.first.tensor() && item.first.tensor()->dtype() == DType::kString;
  });
  texts ? out.begin_object() : out.begin_array();
  for (const auto& [key, value] : dict.items) {
    if (texts) {
      out.key(key.tensor()->strings()[0]);
      write_scalar(out, value);
    } else {
      out.begin_array();
      write_scalar(out, key);
      write_scalar(out, value);
      out.end_array();
    }
  }
  texts ? out.end_object() : out.end_array();
}

Status store(JsonWriter& out, const std::string& name, const Tensor& tensor, const FilePlace& place,
             bool temporary) {
  WF_CHECK(store_tensor(place, name, tensor));
  out.key("file").begin_object().key("path").text(place.path.native());
  if (place.format == FileFormat::kRaw) {
    out.key("format").text("raw").key("offset").whole(place.offset).key("length").whole(tensor.byte_size());
  } else {
    out.key("format").text("safetensors").key("tensor").text(name);
  }
  out.key("temporary").flag(temporary).end_object();
  return {};
}

Status write_array(JsonWriter& out, const std::string& name, const Tensor& tensor,
                   const InputEnvelope& request, MadeFiles& made) {
  out.key("dtype").text(name_of(tensor.dtype())).key("shape").begin_array();
  for (const int64_t size : tensor.shape()) out.whole(size);
  out.end_array();
  if (const auto place = request.files.find(name); place != request.files.end()) {
    const FilePlace& file = place->second;
    if (file.length && *file.length != static_cast<uint64_t>(tensor.byte_size())) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("'length' is {}, the output has {} bytes", *file.length, tensor.byte_size()));
    }
    return store(out, name, tensor, file, false);
  }
  const bool is_large = request.large && tensor.dtype() != DType::kString &&
                        static_cast<uint64_t>(tensor.byte_size()) >= request.large->bytes;
  if (is_large) {
    FilePlace place;
    place.format = request.large->format;
    WF_TRY(place.path, made.make(*request.large));
    return store(out, name, tensor, place, true);
  }
  out.key("values").begin_array();
  for (int64_t i = 0; i < tensor.size(); ++i) write_element(out, tensor, i);
  out.end_array();
  return {};
}

Status write_output(JsonWriter& out, const std::string& name, const Datum& value,
                    const InputEnvelope& request, MadeFiles& made) {
  if (const Tensor* tensor = value.tensor()) return write_array(out, name, *tensor, request, made);
  if (request.files.contains(name))
    return Error(ErrorCode::kInvalidArgument, "only arrays and pictures can be written to files");
  if (const Dict* dict = value.dict()) {
    write_dictionary(out.key("dictionary"), *dict);
    return {};
  }
  if (const List* list = value.list()) {
    out.key("sequence").begin_array();
    for (const Datum& item : list->items) write_scalar(out, item);
    out.end_array();
    return {};
  }
  return Error(ErrorCode::kInternal, "a value that JSON cannot carry");
}

}  // namespace

MadeFiles::~MadeFiles() {
  for (const std::string& path : paths_) ::unlink(path.c_str());
}

Result<std::string> MadeFiles::make(const InputEnvelope::Large& large) {
  paths_.reserve(paths_.size() + 1);  // before there is a file to lose
  WF_TRY(std::string path, make_temporary(large.folder, large.format));
  paths_.push_back(std::move(path));
  return paths_.back();
}

Result<WrittenOutputs> write_outputs(const Features& outputs, const InputEnvelope& request) {
  WrittenOutputs written;
  JsonWriter out;
  out.begin_object().key("outputs").begin_array();
  for (const auto& [name, value] : outputs) {
    out.begin_object().key("name").text(name);
    auto status = write_output(out, name, value, request, written.made);
    if (!status) return std::move(status).error().at(fmt::format("output '{}'", name));
    out.end_object();
  }
  out.end_array();
  written.json = out.take();
  return written;
}

}  // namespace wf::api
