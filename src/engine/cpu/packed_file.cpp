#include "engine/cpu/packed_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/checked_math.h"
#include "base/endian.h"
#include "engine/cpu/fingerprint.h"

namespace wf {
namespace {

constexpr std::string_view kMagic = "WFPACK01";
constexpr size_t kFingerprint = 16;
constexpr size_t kHeader = 8 + 8 + 8 + 4 + 4 + kFingerprint;
constexpr uint32_t kMostMatrices = 1 << 16;  // of one value

// Reads the index; what does not fit ends it, and failed() is asked once, at the end.
class IndexReader {
 public:
  explicit IndexReader(Bytes bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    if (!range_fits(offset_, sizeof(T), bytes_.size())) return fail<T>();
    const T value = load_little<T>(bytes_, offset_);
    offset_ += sizeof(T);
    return value;
  }
  std::string text() {
    const uint32_t size = number<uint32_t>();
    if (!range_fits(offset_, size, bytes_.size())) return fail<std::string>();
    const std::string value(as_text(bytes_.subspan(offset_, size)));
    offset_ += size;
    return value;
  }
  bool failed() const { return failed_; }

 private:
  template <class T>
  T fail() {
    failed_ = true;
    offset_ = bytes_.size();
    return T();
  }
  Bytes bytes_;
  size_t offset_ = 0;
  bool failed_ = false;
};

Error damaged(std::string what) { return Error(ErrorCode::kBadModel, "packed weights: " + std::move(what)); }

// Bytes that a matrix of these sizes takes, or nothing if no memory holds it.
std::optional<int64_t> bytes_needed(const MatrixExtent& extent, int64_t width, WeightElement element) {
  constexpr int64_t kMost = int64_t{1} << 40;
  if (extent.inner < 0 || extent.columns < 0 || extent.inner > kMost || extent.columns > kMost ||
      width <= 0 || width > 4096)
    return std::nullopt;
  PackedMatrix matrix;
  matrix.inner = extent.inner;
  matrix.columns = extent.columns;
  matrix.width = width;
  matrix.element = element;
  const auto elements = checked_mul(matrix.panels() * width, extent.inner);
  if (!elements || *elements > kMost) return std::nullopt;
  return checked_mul(matrix.panels(), matrix.panel_bytes());
}

}  // namespace

Result<std::shared_ptr<PackedFile>> PackedFile::open(const std::filesystem::path& path, Isa isa) {
  WF_TRY(auto file, MappedFile::open(path));
  const Bytes bytes = file->bytes();
  if (bytes.size() < kHeader || as_text(bytes.first(kMagic.size())) != kMagic) {
    return damaged("the file does not begin as one").in_file(path.string());
  }
  const auto index_offset = load_little<uint64_t>(bytes, 8), index_bytes = load_little<uint64_t>(bytes, 16);
  const auto stored_isa = load_little<uint32_t>(bytes, 24);
  if (stored_isa != static_cast<uint32_t>(isa) ||
      as_text(bytes.subspan(kHeader - kFingerprint, kFingerprint)) != plan_fingerprint()) {
    return Error(ErrorCode::kUnsupported, "weights packed for another instruction set or another Windfall")
        .in_file(path.string());
  }
  if (!range_fits(index_offset, index_bytes, bytes.size()))
    return damaged("its index lies outside of the file").in_file(path.string());

  std::shared_ptr<PackedFile> packed(new PackedFile);
  IndexReader reader(bytes.subspan(index_offset, index_bytes));
  std::vector<std::string> scopes;
  for (uint32_t left = reader.number<uint32_t>(); left > 0 && !reader.failed(); --left)
    scopes.push_back(reader.text());
  for (uint32_t left = reader.number<uint32_t>(); left > 0 && !reader.failed(); --left) {
    const auto scope = reader.number<uint32_t>(), value = reader.number<uint32_t>();
    const auto form = reader.number<uint64_t>();
    const auto count = reader.number<uint32_t>();
    if (scope >= scopes.size() || count == 0 || count > kMostMatrices) return damaged("an entry of nothing");
    std::vector<Stored> matrices;
    for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
      Stored stored;
      stored.extent.inner = static_cast<int64_t>(reader.number<uint64_t>());
      stored.extent.columns = static_cast<int64_t>(reader.number<uint64_t>());
      stored.width = reader.number<uint32_t>();
      const auto element = reader.number<uint32_t>();
      stored.offset = reader.number<uint64_t>();
      const auto size = reader.number<uint64_t>();
      if (element > static_cast<uint32_t>(WeightElement::kBfloat)) return damaged("an unknown element");
      stored.element = static_cast<WeightElement>(element);
      stored.extent.is_bfloat = stored.element == WeightElement::kBfloat;
      const auto needed = bytes_needed(stored.extent, stored.width, stored.element);
      if (!needed || static_cast<uint64_t>(*needed) != size || stored.offset % kAlignment != 0 ||
          !range_fits(stored.offset, size, index_offset)) {
        return damaged("a matrix that does not lie in the file");
      }
      stored.bytes = *needed;
      matrices.push_back(stored);
    }
    packed->entries_.emplace(WeightKey{scopes[scope], value, form}, std::move(matrices));
  }
  if (reader.failed()) return damaged("the index ends early");
  packed->file_ = std::move(file);
  packed->isa_ = isa;
  return packed;
}

AlignedBuffer PackedFile::view(const Stored& stored) const {
  return AlignedBuffer::borrowed(file_->bytes().data() + stored.offset, stored.bytes, file_);
}

WeightStore::Matrices PackedFile::find(const WeightKey& key, Isa isa,
                                       std::span<const MatrixExtent> extents) const {
  const auto found = entries_.find(key);
  if (isa != isa_ || found == entries_.end() || found->second.size() != extents.size()) return {};
  Matrices matrices;
  for (size_t i = 0; i < extents.size(); ++i) {
    const Stored& stored = found->second[i];
    if (stored.extent != extents[i] || stored.width != panel_width(isa)) return {};
    auto matrix = std::make_shared<PackedMatrix>();
    matrix->inner = stored.extent.inner;
    matrix->columns = stored.extent.columns;
    matrix->width = stored.width;
    matrix->element = stored.element;
    matrix->bytes = view(stored);
    matrices.push_back(std::move(matrix));
  }
  return matrices;
}

// Floats are a matrix of one column, one wide.
std::shared_ptr<AlignedBuffer> PackedFile::find_floats(const WeightKey& key, int64_t count) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.size() != 1) return nullptr;
  const Stored& stored = found->second[0];
  const bool fits = stored.extent == MatrixExtent{count, 1, false} && stored.width == 1 &&
                    stored.element == WeightElement::kFloat;
  return fits ? std::make_shared<AlignedBuffer>(view(stored)) : nullptr;
}

void PackedRecorder::made(const WeightKey& key, const Matrices& matrices) {
  const std::lock_guard guard(lock_);
  matrices_.emplace(key, matrices);
}

void PackedRecorder::made_floats(const WeightKey& key, const std::shared_ptr<AlignedBuffer>& floats) {
  const std::lock_guard guard(lock_);
  floats_.emplace(key, floats);
}

Status PackedRecorder::write(const std::filesystem::path& path, Isa isa) const {
  const std::lock_guard guard(lock_);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const auto put = [&](const void* bytes, int64_t size) {
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  };
  uint64_t offset = 0;
  const std::string zeros(kAlignment, '\0');
  const auto align = [&] {
    const uint64_t missing = static_cast<uint64_t>(aligned_size(static_cast<int64_t>(offset))) - offset;
    put(zeros.data(), static_cast<int64_t>(missing));
    offset += missing;
  };
  put(std::string(kHeader, '\0').data(), kHeader);
  offset = kHeader;

  std::map<std::string, uint32_t> scopes;
  std::string entries;
  uint32_t entry_count = 0;
  const auto begin_entry = [&](const WeightKey& key, size_t count) {
    const auto scope = scopes.emplace(key.scope, static_cast<uint32_t>(scopes.size())).first->second;
    append_little(entries, scope);
    append_little(entries, key.value);
    append_little(entries, key.form);
    append_little(entries, static_cast<uint32_t>(count));
    ++entry_count;
  };
  const auto add_matrix = [&](const MatrixExtent& extent, int64_t width, WeightElement element,
                              const std::byte* bytes, int64_t size) {
    align();
    append_little(entries, static_cast<uint64_t>(extent.inner));
    append_little(entries, static_cast<uint64_t>(extent.columns));
    append_little(entries, static_cast<uint32_t>(width));
    append_little(entries, static_cast<uint32_t>(element));
    append_little(entries, offset);
    append_little(entries, static_cast<uint64_t>(size));
    put(bytes, size);
    offset += static_cast<uint64_t>(size);
  };
  for (const auto& [key, matrices] : matrices_) {
    begin_entry(key, matrices.size());
    for (const auto& matrix : matrices) {
      add_matrix({matrix->inner, matrix->columns, false}, matrix->width, matrix->element,
                 matrix->bytes.data(), matrix->panels() * matrix->panel_bytes());
    }
  }
  for (const auto& [key, floats] : floats_) {
    begin_entry(key, 1);
    const int64_t count = floats->size() / static_cast<int64_t>(sizeof(float));
    add_matrix({count, 1, false}, 1, WeightElement::kFloat, floats->data(), floats->size());
  }

  std::string index;
  append_little(index, static_cast<uint32_t>(scopes.size()));
  std::vector<std::string> names(scopes.size());
  for (const auto& [name, number] : scopes) names[number] = name;
  for (const std::string& name : names) {
    append_little(index, static_cast<uint32_t>(name.size()));
    index += name;
  }
  append_little(index, entry_count);
  index += entries;
  align();
  put(index.data(), static_cast<int64_t>(index.size()));

  std::string header(kMagic);
  append_little(header, offset);
  append_little(header, static_cast<uint64_t>(index.size()));
  append_little(header, static_cast<uint32_t>(isa));
  append_little(header, uint32_t{0});
  header += plan_fingerprint();
  out.seekp(0);
  put(header.data(), static_cast<int64_t>(header.size()));
  out.close();
  if (!out) {
    return Error(ErrorCode::kEnvironment,
                 fmt::format("cannot write packed weights: {}", std::strerror(errno)), {},
                 "is the disk full?")
        .in_file(path.string());
  }
  return {};
}

}  // namespace wf
