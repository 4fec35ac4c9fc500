#include "tensor/npz.h"

#include <fmt/format.h>

#include <set>

#include "tensor/npy.h"
#include "tensor/zip.h"

namespace wf {

Result<NamedTensors> parse_npz(Bytes bytes) {
  WF_TRY(const std::vector<ZipMember> members, read_zip_directory(bytes));
  NamedTensors tensors;
  std::set<std::string> names;
  for (const ZipMember& member : members) {
    std::string name = member.name;
    if (!name.ends_with(".npy")) {
      return Error(ErrorCode::kBadModel, fmt::format("npz: member '{}' is not an .npy array", name));
    }
    name.resize(name.size() - 4);
    if (!names.insert(name).second)
      return Error(ErrorCode::kBadModel, fmt::format("npz: two arrays named '{}'", name));
    WF_TRY(const std::string content, extract(member));
    auto tensor = parse_npy(as_bytes(content));
    if (!tensor) return std::move(tensor).error().at(fmt::format("array '{}'", name));
    tensors.emplace_back(std::move(name), *std::move(tensor));
  }
  return tensors;
}

Result<NamedTensors> read_npz(const std::filesystem::path& path) {
  WF_TRY(const auto file, MappedFile::open(path));
  auto tensors = parse_npz(file->bytes());
  if (!tensors) return std::move(tensors).error().in_file(path.string());
  return tensors;
}

Result<std::string> format_npz(const NamedTensors& tensors) {
  ZipWriter archive;
  for (const auto& [name, tensor] : tensors) {
    WF_TRY(const std::string content, format_npy(tensor));
    WF_CHECK(archive.add(name + ".npy", content));
  }
  return std::move(archive).finish();
}

Status write_npz(const std::filesystem::path& path, const NamedTensors& tensors) {
  WF_TRY(const std::string bytes, format_npz(tensors));
  return write_file(path, bytes);
}

}  // namespace wf
