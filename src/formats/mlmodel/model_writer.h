// ModelFile -> the Model message; shared by the writers of both containers.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "formats/mlmodel/mil_program.h"
#include "formats/model_file.h"
#include "formats/wire/writer.h"

namespace wf {

// Only ML programs with loaded weights and typed values can be written.
Status check_writable(const ModelFile& file);

// The version the file declares, raised to what its functions' opsets need.
int64_t specification_version_to_write(const ModelFile& file);

// The whole message. Fails above the 2 GiB that protobuf can hold.
Result<WireWriter> write_model_message(const ModelFile& file, const BlobRefs& blobs);

}  // namespace wf
