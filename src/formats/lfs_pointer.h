// What a repository holds in place of a large file that was not fetched: a few lines of text under the file's
// own name.
#pragma once

#include <string_view>

#include "base/file.h"

namespace wf {

inline bool is_lfs_pointer(Bytes bytes) { return as_text(bytes).starts_with("version https://git-lfs"); }

}  // namespace wf
