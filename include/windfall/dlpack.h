/* DLPack's structs (https://dmlc.github.io/dlpack/latest/c_api.html), for programs that have no dlpack.h of
 * their own. Include that one first where there is one: this header then adds nothing. */
#ifndef WINDFALL_DLPACK_H_
#define WINDFALL_DLPACK_H_

#if !defined(DLPACK_DLPACK_H_) && !defined(DLPACK_VERSION) && !defined(DLPACK_MAJOR_VERSION)

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds that cross Windfall's interface. */
enum { kDLCPU = 1 };
enum { kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, kDLBool = 6 };

typedef struct {
  int32_t device_type;
  int32_t device_id;
} DLDevice;

typedef struct {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} DLDataType;

typedef struct {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides; /* in elements; NULL: row-major */
  uint64_t byte_offset;
} DLTensor;

typedef struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(struct DLManagedTensor* self); /* may be NULL */
} DLManagedTensor;

#ifdef __cplusplus
}
#endif

#endif

#endif /* WINDFALL_DLPACK_H_ */
