#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace wf {
namespace {

Error system_error(const std::filesystem::path& path, std::string_view doing) {
  const int code = errno;
  Error error(code == ENOENT || code == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kEnvironment,
              fmt::format("cannot {}: {}", doing, std::strerror(code)));
  error.file = path.string();
  return error;
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (descriptor.fd < 0) return system_error(path, "open");
  struct stat info{};
  if (::fstat(descriptor.fd, &info) != 0) return system_error(path, "read the size of");
  if (!S_ISREG(info.st_mode)) {
    return Error(ErrorCode::kBadModel, "expected a file, found a folder or a device").in_file(path.string());
  }
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = path;
  const auto size = static_cast<size_t>(info.st_size);
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.fd, 0);
    if (address == MAP_FAILED) return system_error(path, "map");
    file->bytes_ = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(std::move(file));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<std::string> read_text_file(const std::filesystem::path& path, size_t limit) {
  WF_TRY(auto file, MappedFile::open(path));
  if (file->bytes().size() > limit) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("{} bytes long, expected at most {}", file->bytes().size(), limit))
        .in_file(path.string());
  }
  return std::string(as_text(file->bytes()));
}

Status write_file(const std::filesystem::path& path, Bytes content) {
  std::filesystem::path beside = path;
  beside += fmt::format(".{}.partial", ::getpid());
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    if (!out) return system_error(path, "write");
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) {
      const Error error = system_error(path, "write");
      ::unlink(beside.c_str());
      return error;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const Error error = system_error(path, "rename into place");
    ::unlink(beside.c_str());
    return error;
  }
  return {};
}

Status write_file(const std::filesystem::path& path, std::string_view content) {
  return write_file(path, as_bytes(content));
}

Result<std::filesystem::path> path_below(const std::filesystem::path& root, std::string_view relative) {
  namespace fs = std::filesystem;
  if (relative.empty() || relative.find('\0') != std::string_view::npos) {
    return Error(ErrorCode::kBadModel, "empty or malformed path").in_file(root.string());
  }
  std::error_code code;
  const fs::path canonical_root = fs::weakly_canonical(root, code);
  if (code) return Error(ErrorCode::kNotFound, "cannot resolve: " + code.message()).in_file(root.string());
  const fs::path target = fs::weakly_canonical(canonical_root / fs::path(relative).relative_path(), code);
  if (code) return Error(ErrorCode::kNotFound, "cannot resolve: " + code.message()).in_file(root.string());
  const auto [end, unused] =
      std::mismatch(canonical_root.begin(), canonical_root.end(), target.begin(), target.end());
  if (end != canonical_root.end()) {
    return Error(ErrorCode::kBadModel, fmt::format("path '{}' leaves the model's folder", relative), {},
                 "a model may only name files of its own folder")
        .in_file(root.string());
  }
  return target;
}

}  // namespace wf
