#include "tensor/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/checked_math.h"
#include "base/endian.h"

namespace wf {
namespace {

// Records of the format (PKWARE APPNOTE 4.3): signature, fixed length.
constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kDirectoryEnd = 0x06054b50;
constexpr uint32_t kDirectoryEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr size_t kLocalSize = 30, kEntrySize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
// A field that holds this is spelled out in 64 bits elsewhere (zip64).
constexpr uint32_t kSee64 = 0xFFFFFFFF;
constexpr uint16_t kSee64Count = 0xFFFF, kExtra64 = 1;
constexpr uint64_t kMaxGrowth = 1032;                 // deflate: at most 258 bytes for 2 bits
constexpr uint64_t kMaxInflated = uint64_t{1} << 32;  // of all deflated members; stored ones lie in the file

Error damaged(std::string message) { return {ErrorCode::kBadModel, "zip: " + std::move(message)}; }

Result<size_t> find_directory_end(Bytes archive) {
  if (archive.size() < kEndSize) return damaged("too short for an archive");
  const size_t last = archive.size() - kEndSize;
  const size_t first = last > 0xFFFF ? last - 0xFFFF : 0;  // a comment of up to 65535 bytes may follow
  for (size_t at = last + 1; at-- > first;) {
    if (load_little<uint32_t>(archive, at) != kDirectoryEnd) continue;
    if (at + kEndSize + load_little<uint16_t>(archive, at + 20) == archive.size()) return at;
  }
  return damaged("no directory at the end; the file is cut off or no archive");
}

struct Directory {
  uint64_t count = 0, begin = 0, size = 0;
};

Result<Directory> find_directory(Bytes archive) {
  WF_TRY(const size_t end, find_directory_end(archive));
  Directory directory{load_little<uint16_t>(archive, end + 10), load_little<uint32_t>(archive, end + 16),
                      load_little<uint32_t>(archive, end + 12)};
  size_t limit = end;
  if (directory.count == kSee64Count || directory.begin == kSee64 || directory.size == kSee64) {
    if (end < kLocator64Size || load_little<uint32_t>(archive, end - kLocator64Size) != kLocator64)
      return damaged("the directory's place is not given");
    const auto at = load_little<uint64_t>(archive, end - kLocator64Size + 8);
    if (!range_fits(at, kEnd64Size, end - kLocator64Size) ||
        load_little<uint32_t>(archive, at) != kDirectoryEnd64) {
      return damaged(fmt::format("no zip64 directory record at offset {}", at));
    }
    directory = {load_little<uint64_t>(archive, at + 32), load_little<uint64_t>(archive, at + 48),
                 load_little<uint64_t>(archive, at + 40)};
    limit = at;
  }
  if (!range_fits(directory.begin, directory.size, limit)) {
    return damaged(fmt::format("a directory of {} bytes at offset {}", directory.size, directory.begin));
  }
  if (directory.count > directory.size / kEntrySize)
    return damaged(fmt::format("{} entries in a directory of {} bytes", directory.count, directory.size));
  return directory;
}

// The fields of an entry that may be spelled out in its zip64 extra field, in the order they take there.
struct Extents {
  uint64_t size = 0, stored = 0, offset = 0;
};

Result<Extents> read_extents(Bytes entry, Bytes extra) {
  Extents extents{load_little<uint32_t>(entry, 24), load_little<uint32_t>(entry, 20),
                  load_little<uint32_t>(entry, 42)};
  Bytes wide;
  for (size_t at = 0; range_fits(at, 4, extra.size());) {
    const size_t length = load_little<uint16_t>(extra, at + 2);
    if (!range_fits(at + 4, length, extra.size())) break;
    if (load_little<uint16_t>(extra, at) == kExtra64) wide = extra.subspan(at + 4, length);
    at += 4 + length;
  }
  size_t at = 0;
  for (uint64_t* field : {&extents.size, &extents.stored, &extents.offset}) {
    if (*field != kSee64) continue;
    if (!range_fits(at, sizeof(uint64_t), wide.size())) return damaged("a zip64 size or offset is missing");
    *field = load_little<uint64_t>(wide, at);
    at += sizeof(uint64_t);
  }
  return extents;
}

Result<ZipMember> read_member(Bytes archive, Bytes entry, std::string name, Bytes extra) {
  const auto method = load_little<uint16_t>(entry, 10);
  WF_TRY(const Extents extents, read_extents(entry, extra));
  const auto [size, stored, offset] = extents;
  ZipMember member{std::move(name), {}, size, load_little<uint32_t>(entry, 16), method == 8};
  const auto refuse = [&](std::string message) {
    return damaged(fmt::format("member '{}' {}", member.name, message));
  };
  if (load_little<uint16_t>(entry, 8) & 1) return refuse("is encrypted");
  if (method != 0 && method != 8)
    return refuse(fmt::format("is compressed by method {}, only deflate is read", method));
  if (!range_fits(offset, kLocalSize, archive.size()) ||
      load_little<uint32_t>(archive, offset) != kLocalHeader) {
    return refuse(fmt::format("should begin at offset {}, but does not", offset));
  }
  const uint64_t begin = offset + kLocalSize + load_little<uint16_t>(archive, offset + 26) +
                         load_little<uint16_t>(archive, offset + 28);
  if (!range_fits(begin, stored, archive.size())) return refuse("reaches beyond the end of the archive");
  if (method == 0 ? size != stored : size / kMaxGrowth > stored)
    return refuse(fmt::format("claims {} bytes from {}", size, stored));
  if (method == 8 && (size > kSee64 || stored > kSee64))
    return refuse("is compressed and has 4 GiB or more: save it uncompressed");
  member.stored = archive.subspan(begin, stored);
  return member;
}

Status refuse_overlaps(const std::vector<ZipMember>& members) {
  std::vector<Bytes> ranges;
  uint64_t total = 0;
  for (const ZipMember& member : members) {
    if (!member.stored.empty()) ranges.push_back(member.stored);
    if (member.deflated) total += member.size;
  }
  if (total > kMaxInflated)
    return damaged(fmt::format("decompresses to {} bytes, at most {} are read", total, kMaxInflated));
  std::ranges::sort(ranges, {}, [](Bytes range) { return range.data(); });
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i - 1].data() + ranges[i - 1].size() > ranges[i].data()) return damaged("members overlap");
  }
  return {};
}

uint32_t checksum(std::string_view content) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
}

// Raw deflate into exactly out.size() bytes.
bool inflate_all(Bytes stored, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  // zlib does not write through next_in; its type is older than const. Both sizes are below 4 GiB.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(stored.data()));
  stream.avail_in = static_cast<uInt>(stored.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = inflate(&stream, Z_FINISH);
  const bool complete = code == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return complete;
}

}  // namespace

Result<std::vector<ZipMember>> read_zip_directory(Bytes archive) {
  WF_TRY(const Directory found, find_directory(archive));
  const uint64_t count = found.count;
  const Bytes directory = archive.subspan(found.begin, found.size);
  std::vector<ZipMember> members;
  size_t at = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (!range_fits(at, kEntrySize, directory.size()) ||
        load_little<uint32_t>(directory, at) != kDirectoryEntry) {
      return damaged(fmt::format("entry {} of {} in the directory is broken", i, count));
    }
    const Bytes entry = directory.subspan(at);
    const size_t name_length = load_little<uint16_t>(entry, 28);
    const size_t extra_length = load_little<uint16_t>(entry, 30);
    const size_t length = kEntrySize + name_length + extra_length + load_little<uint16_t>(entry, 32);
    if (length > entry.size())
      return damaged(fmt::format("entry {} of {} in the directory is cut off", i, count));
    WF_TRY(ZipMember member,
           read_member(archive, entry, std::string(as_text(entry).substr(kEntrySize, name_length)),
                       entry.subspan(kEntrySize + name_length, extra_length)));
    members.push_back(std::move(member));
    at += length;
  }
  WF_CHECK(refuse_overlaps(members));
  return members;
}

Result<std::string> extract(const ZipMember& member) {
  std::string content;
  if (member.deflated) {
    content.resize(member.size);
    if (!inflate_all(member.stored, content))
      return damaged(fmt::format("member '{}' does not decompress", member.name));
  } else {
    content = as_text(member.stored);
  }
  if (checksum(content) != member.crc)
    return damaged(fmt::format("member '{}' has a wrong checksum", member.name));
  return content;
}

Status ZipWriter::add(std::string_view name, std::string_view content) {
  if (content.size() >= 0xFFFFFFFF - 0xFFFF - archive_.size() || name.size() > 0xFFFF || count_ == 0xFFFE) {
    return Error(ErrorCode::kUnsupported, "zip: an archive of 4 GiB or more is not written", {},
                 "write safetensors");
  }
  // What both kinds of header share: version 2.0, no flags, stored, 1980-01-01, checksum, sizes, name and
  // extra lengths.
  std::string common;
  append_little<uint16_t>(common, 20);
  append_little<uint32_t>(common, 0);
  append_little<uint32_t>(common, 0x00210000);
  append_little<uint32_t>(common, checksum(content));
  append_little(common, static_cast<uint32_t>(content.size()));
  append_little(common, static_cast<uint32_t>(content.size()));
  append_little(common, static_cast<uint16_t>(name.size()));
  append_little<uint16_t>(common, 0);

  append_little(directory_, kDirectoryEntry);
  append_little<uint16_t>(directory_, 20);
  directory_ += common;
  directory_.append(10, '\0');  // comment length, disk, attributes
  append_little(directory_, static_cast<uint32_t>(archive_.size()));
  directory_ += name;

  append_little(archive_, kLocalHeader);
  archive_ += common;
  archive_ += name;
  archive_ += content;
  ++count_;
  return {};
}

Result<std::string> ZipWriter::finish() && {
  if (archive_.size() + directory_.size() >= 0xFFFFFFFF) {
    return Error(ErrorCode::kUnsupported, "zip: an archive of 4 GiB or more is not written", {},
                 "write safetensors");
  }
  const auto begin = static_cast<uint32_t>(archive_.size()), size = static_cast<uint32_t>(directory_.size());
  archive_ += directory_;
  append_little(archive_, kDirectoryEnd);
  append_little<uint32_t>(archive_, 0);  // this disk, the directory's disk
  append_little(archive_, static_cast<uint16_t>(count_));
  append_little(archive_, static_cast<uint16_t>(count_));
  append_little(archive_, size);
  append_little(archive_, begin);
  append_little<uint16_t>(archive_, 0);  // no comment
  return std::move(archive_);
}

}  // namespace wf
