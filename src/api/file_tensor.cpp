#include "api/file_tensor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/checked_math.h"
#include "base/file.h"
#include "tensor/safetensors.h"

namespace wf::api {
namespace {

Error system_error(const std::filesystem::path& path, std::string_view doing, int code) {
  return Error(code == ENOENT || code == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kEnvironment,
               fmt::format("cannot {}: {}", doing, std::system_category().message(code)))
      .in_file(path.string());
}

Error refuse(const FilePlace& place, std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message)).in_file(place.path.string());
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Result<Tensor> map_raw(const FilePlace& place, std::optional<DType> dtype,
                       const std::optional<Shape>& shape) {
  if (!dtype || !shape) return refuse(place, "a raw file needs 'dtype' and 'shape'");
  if (*dtype == DType::kString) return refuse(place, "texts have no raw form");
  WF_TRY(const int64_t count, element_count(*shape));
  WF_TRY(const int64_t bytes, packed_byte_size(*dtype, count));
  const auto size = static_cast<uint64_t>(bytes);
  if (place.length && *place.length != size) {
    return refuse(place, fmt::format("'length' is {}, but {} {} takes {} bytes", *place.length,
                                     name_of(*dtype), to_string(*shape), size));
  }
  WF_TRY(const auto file, MappedFile::open(place.path));
  if (!range_fits(place.offset, size, file->bytes().size())) {
    return refuse(place, fmt::format("bytes {} to {} of a file of {}", place.offset, place.offset + size,
                                     file->bytes().size()));
  }
  return Tensor::view(*dtype, *shape, file->bytes().subspan(place.offset, size), file);
}

Result<Tensor> map_safetensors(const FilePlace& place, std::optional<DType> dtype,
                               const std::optional<Shape>& shape) {
  if (place.offset != 0 || place.length) return refuse(place, "offset and length are for raw files");
  WF_TRY(const NamedTensors tensors, read_safetensors(place.path));
  if (place.tensor.empty() && tensors.size() != 1)
    return refuse(place, fmt::format("holds {} tensors: say which by 'tensor'", tensors.size()));
  for (const auto& [name, tensor] : tensors) {
    if (!place.tensor.empty() && name != place.tensor) continue;
    if ((dtype && *dtype != tensor.dtype()) || (shape && *shape != tensor.shape())) {
      return refuse(place, fmt::format("'{}' is {} {}, not as 'dtype' and 'shape' say", name,
                                       name_of(tensor.dtype()), to_string(tensor.shape())));
    }
    return tensor;
  }
  return refuse(place, fmt::format("holds no tensor '{}'", place.tensor));
}

}  // namespace

Result<Tensor> map_tensor(const FilePlace& place, std::optional<DType> dtype,
                          const std::optional<Shape>& shape) {
  auto tensor =
      place.format == FileFormat::kRaw ? map_raw(place, dtype, shape) : map_safetensors(place, dtype, shape);
  // Whatever is wrong with a file the caller named is the caller's input.
  if (!tensor && tensor.error().code == ErrorCode::kBadModel) {
    Error error = tensor.error();
    error.code = ErrorCode::kInvalidArgument;
    return error;
  }
  return tensor;
}

Status store_tensor(const FilePlace& place, const std::string& name, const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return refuse(place, "texts are not written to files");
  if (place.format == FileFormat::kSafetensors) return write_safetensors(place.path, {{name, tensor}});
  const auto size = static_cast<uint64_t>(tensor.byte_size());
  const auto end = checked_add(place.offset, size);
  if (!end || *end > INT64_MAX) return refuse(place, fmt::format("offset {} is too large", place.offset));

  const Descriptor file{::open(place.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666)};
  if (file.fd < 0) return system_error(place.path, "open for writing", errno);
  struct stat info{};
  if (::fstat(file.fd, &info) != 0) return system_error(place.path, "read the size of", errno);
  if (!S_ISREG(info.st_mode)) return refuse(place, "expected a file, found a folder or a device");
  if (size == 0) return {};
  // Without room on the disk, a store through the mapping would end the process.
  const int no_room = ::posix_fallocate(file.fd, static_cast<off_t>(place.offset), static_cast<off_t>(size));
  if (no_room != 0) return system_error(place.path, "reserve room in", no_room);
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t begin = place.offset / page * page;
  void* mapped =
      ::mmap(nullptr, *end - begin, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, static_cast<off_t>(begin));
  if (mapped == MAP_FAILED) return system_error(place.path, "map", errno);
  std::memcpy(static_cast<std::byte*>(mapped) + (place.offset - begin), tensor.bytes().data(), size);
  ::munmap(mapped, *end - begin);
  return {};
}

Result<std::string> make_temporary(const std::filesystem::path& folder, FileFormat format) {
  const std::string_view ending = format == FileFormat::kRaw ? ".raw" : ".safetensors";
  std::string name = (folder / "windfall-XXXXXX").string() + std::string(ending);
  const Descriptor file{::mkostemps(name.data(), static_cast<int>(ending.size()), O_CLOEXEC)};
  if (file.fd < 0) return system_error(folder, "make a temporary file in", errno);
  return name;  // moved: nothing can fail once there is a file
}

}  // namespace wf::api
