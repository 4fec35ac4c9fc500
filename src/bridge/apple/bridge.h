/* Core ML behind plain C: what Windfall uses of Apple's framework, and nothing of Objective-C to be seen.
 *
 * Every function blocks until Core ML is done (deadlines are the caller's: bridge/worker.h), may be called
 * from any thread, drains its own autorelease pool, and lets no exception out: it returns a WFA_ code and,
 * unless that is WFA_OK, fills `failure` (which may be NULL). Texts are UTF-8. What a function hands out is
 * freed by the function named beside it; freeing NULL is nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  WFA_OK = 0,
  WFA_ERROR = 1,       /* Core ML returned an NSError (or nothing at all) */
  WFA_EXCEPTION = 2,   /* Core ML raised an NSException */
  WFA_INVALID = 3,     /* the arguments make no sense */
  WFA_NOT_FOUND = 4,   /* no such output or state */
  WFA_BUSY = 5,        /* the state is being used by another prediction */
  WFA_STATE_LOST = 6,  /* a prediction on the state failed or was abandoned: its content is not known */
  WFA_TOO_SMALL = 7,   /* an output does not fit the buffer given for it */
  WFA_UNSUPPORTED = 8, /* this system's Core ML, or this bridge, does not know it */
  WFA_ENVIRONMENT = 9, /* disk, memory */
  WFA_INTERNAL = 10    /* a fault of the bridge: an exception of C++ */
};

typedef struct wfa_failure {
  int code;
  char* text; /* wfa_clear_failure */
  char* hint; /* or NULL */
} wfa_failure;
void wfa_clear_failure(wfa_failure* failure);
void wfa_free_text(char* text);

enum {
  WFA_ARRAY = 1,
  WFA_IMAGE = 2,  /* pixels in memory, rows of bytes_per_row; handed on without a copy */
  WFA_NATIVE = 3, /* a CVPixelBufferRef or, with is_surface, an IOSurfaceRef; handed on without a copy */
  WFA_INT64 = 4,
  WFA_DOUBLE = 5,
  WFA_STRING = 6,
  WFA_DICTIONARY = 7, /* texts or integers to numbers */
  WFA_SEQUENCE = 8,   /* of texts or integers */
  WFA_UNDEFINED = 9   /* an output of a type this bridge does not know, or one that is absent */
};
enum { WFA_BGRA = 1, WFA_GRAY8 = 2, WFA_GRAY16F = 3 };

/* A feature's value, in or out.
 *
 * Given to the bridge, it and all that it points to belongs to the caller. Memory under `data` is used in
 * place, and may be used after the call has returned; `release(context)`, if any, says that it no longer is.
 * It is called exactly once for every value given, on any thread, also where the call fails. */
typedef struct wfa_value {
  const char* name;
  int kind;
  int64_t dtype; /* of arrays: an MLMultiArrayDataType */
  size_t rank;
  const int64_t *shape, *strides; /* strides in elements; NULL: row-major */
  void* data;
  size_t bytes;
  int pixels; /* of images; in sizes below */
  size_t width, height, bytes_per_row;
  void* native;
  int is_surface;
  size_t count; /* of texts, integers, numbers, whichever there are; 1 for scalars */
  const char* const* texts;
  const int64_t* integers;
  const double* numbers;
  void (*release)(void* context);
  void* context;
} wfa_value;

/* --- models
 * -------------------------------------------------------------------------------------------------------- */

/* Compiles a .mlmodel or .mlpackage and moves the result to `destination` (a folder NAME.mlmodelc that is not
 * there yet; if another process puts it there meanwhile, that is as well). */
int wfa_compile(const char* source, const char* destination, wfa_failure* failure);

typedef struct wfa_load_options {
  int compute_units;     /* the C ABI's numbers: 0 all, 1 CPU, 2 CPU and GPU, 3 CPU and Neural Engine */
  const char* function;  /* NULL or "": the default one. macOS 15 */
  int reshape_frequent;  /* -1 as Core ML pleases, 0 infrequent, 1 frequent. macOS 14.4 */
  int specialize_fast;   /* -1 as Core ML pleases, 0 default, 1 fast prediction. macOS 15 */
  int low_precision_gpu; /* 1 allows fp16 sums on the GPU */
} wfa_load_options;
void wfa_default_load_options(wfa_load_options* options);

typedef struct wfa_model wfa_model;
int wfa_load(const char* compiled, const wfa_load_options* options, wfa_model** out, wfa_failure* failure);
void wfa_free_model(wfa_model* model);
int wfa_model_schema(wfa_model* model, char** out_json, wfa_failure* failure); /* wfa_free_text */

/* --- states (macOS 15)
 * --------------------------------------------------------------------------------------------- */

typedef struct wfa_state wfa_state;
int wfa_new_state(wfa_model* model, wfa_state** out, wfa_failure* failure);
void wfa_free_state(wfa_state* state);
/* One state of the model, dense and row-major, in the dtype that it has in Core ML. `array` says name, dtype,
 * shape and memory. */
int wfa_read_state(wfa_state* state, const wfa_value* array, wfa_failure* failure);
int wfa_write_state(wfa_state* state, const wfa_value* array, wfa_failure* failure);
/* From now on every use is WFA_STATE_LOST: for callers that stopped waiting for a prediction on it. */
void wfa_lose_state(wfa_state* state);

/* --- predictions
 * --------------------------------------------------------------------------------------------------- */

/* What became of memory that was offered for an output. */
enum { WFA_NOT_OFFERED = 0, WFA_ACCEPTED = 1, WFA_IGNORED = 2, WFA_REJECTED = 3 };

typedef struct wfa_result wfa_result;
size_t wfa_result_count(const wfa_result* result);
const wfa_value* wfa_result_value(const wfa_result* result, size_t index); /* as long as the result lives */
int wfa_result_backing(const wfa_result* result, size_t index);
void wfa_free_result(wfa_result* result);

typedef struct wfa_request {
  const wfa_value* inputs;
  size_t input_count;
  const char* const* outputs; /* the outputs wanted, in the result's order; none: all, by name */
  size_t output_count;
  const wfa_value*
      backings; /* arrays: memory for outputs to be written to. Where Core ML ignores or rejects it, the
                   output is copied there; a prediction on a state is never repeated for that. */
  size_t backing_count;
} wfa_request;
/* Arrays come dense and row-major, in the dtype that Core ML gave, whatever strides it had. */
int wfa_predict(wfa_model* model, const wfa_request* request, wfa_state* state, wfa_result** out,
                wfa_failure* failure);
/* One result per request; backings are not used (Core ML ignores them in batches). All or nothing. */
int wfa_predict_batch(wfa_model* model, const wfa_request* requests, size_t count, wfa_result** outs,
                      wfa_failure* failure);

/* --- what runs where
 * ------------------------------------------------------------------------------------------------ */

int wfa_compute_plan(const char* compiled, const wfa_load_options* options, char** out_json,
                     wfa_failure* failure);             /* macOS 14.4; wfa_free_text */
int wfa_devices(char** out_json, wfa_failure* failure); /* macOS 14; wfa_free_text */

/* Around the life of a thread that calls the functions above. */
void wfa_thread_begin(void);
void wfa_thread_end(void);

#ifdef __cplusplus
}
#endif
