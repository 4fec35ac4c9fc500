/* Core ML models from C, and from whatever can call C (version 2 of Windfall's C interface).
 *
 *   windfall_model_t* model;
 *   windfall_request_t* request;
 *   windfall_tensor_t *x, *y;
 *   int64_t shape[] = {1, 3};
 *   float in[3] = {1, 2, 3}, out[3];
 *   windfall_model_load("model.mlpackage", NULL, &model);
 *   windfall_request_new(model, &request);
 *   windfall_tensor_wrap(WINDFALL_FP32, 2, shape, NULL, in, sizeof in, NULL, NULL, &x);
 *   windfall_tensor_wrap(WINDFALL_FP32, 2, shape, NULL, out, sizeof out, NULL, NULL, &y);
 *   windfall_request_set_input(request, "x", x);
 *   windfall_request_set_output(request, "y", y);
 *   windfall_request_run(request);             (as often as you like, with new numbers in `in`)
 *
 * Errors. A function that can fail returns NULL, or an error that the caller owns and frees.
 *
 * Threads. A `const` object may be used by any number of threads at once. An object that is not const must
 * not be used by another thread meanwhile.
 *
 * Ownership. "own": the caller frees it with the function of its kind. "borrow": it belongs to somebody else
 * and is valid as long as the comment says. What is given to a function stays the caller's, unless the
 * comment says otherwise; objects may be freed in any order, since what still needs one keeps it alive.
 *
 * Handles are numbers that are looked up: NULL, a freed handle and a foreign pointer are refused with
 * WINDFALL_INVALID_ARGUMENT (functions that return no error then return NULL or 0), not followed. Freeing
 * them does nothing.
 *
 * Nothing is ever thrown. Texts are UTF-8 and end with a zero byte.
 */
#ifndef WINDFALL_WINDFALL_H_
#define WINDFALL_WINDFALL_H_

#include <stddef.h>
#include <stdint.h>

#ifndef WINDFALL_API
#define WINDFALL_API __attribute__((visibility("default")))
#endif
#define WINDFALL_CHECKED __attribute__((warn_unused_result))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the library
 * ------------------------------------------------------------------------------------------------- */

/* The ABI number: the one in the shared library's name. Functions are only ever added to an ABI. */
#define WINDFALL_ABI 1

/* The ABI number of the library that is loaded. @since 0.1 */
WINDFALL_API int32_t windfall_abi(void);
/* borrow, for ever: the release, "0.1.0". @since 0.1 */
WINDFALL_API const char* windfall_version(void);

/* ---- errors
 * ------------------------------------------------------------------------------------------------------ */

typedef struct windfall_error windfall_error_t;

/* The numbers never change; there may be new ones. */
enum {
  WINDFALL_OK = 0,
  WINDFALL_INVALID_ARGUMENT = 1,  /* the call or an input does not fit */
  WINDFALL_NOT_FOUND = 2,         /* no such file, function, feature */
  WINDFALL_BAD_MODEL = 3,         /* a file is damaged or breaks its format's rules */
  WINDFALL_UNSUPPORTED = 4,       /* understood, but cannot run here: the message names what and why */
  WINDFALL_DEADLINE_EXCEEDED = 5, /* stopped because its time was over, or because it was cancelled */
  WINDFALL_ENVIRONMENT = 6,       /* disk, permission, memory of this machine */
  WINDFALL_WEIGHTS_MISSING = 7,   /* the program is there, its weights are not */
  WINDFALL_RUNTIME = 8,           /* an operation met values it is not defined on */
  WINDFALL_INTERNAL = 9           /* a fault of Windfall's */
};

/* One of the numbers above; WINDFALL_OK for NULL. @since 0.1 */
WINDFALL_API int32_t windfall_error_code(const windfall_error_t* error);
/* borrow, until the error is freed: what was found, what was expected, where. "" for NULL. @since 0.1 */
WINDFALL_API const char* windfall_error_message(const windfall_error_t* error);
/* borrow, until the error is freed: what to do, or "". @since 0.1 */
WINDFALL_API const char* windfall_error_hint(const windfall_error_t* error);
/* NULL is fine. @since 0.1 */
WINDFALL_API void windfall_error_free(windfall_error_t* error);

/* ---- log
 * ---------------------------------------------------------------------------------------------------------
 */

enum { WINDFALL_LOG_ERROR = 0, WINDFALL_LOG_INFO = 1 };
/* borrow `text`, for the call. Comes from any thread, several at once. */
typedef void (*windfall_log_fn)(void* context, int32_t level, const char* text);
/* Models loaded and freed (info), calls that failed (error). NULL: no log. Set it before other threads call
 * in. The function must not call back into this header but for freeing.
 * @since 0.1 */
WINDFALL_API void windfall_set_log(windfall_log_fn log, void* context, int32_t most_detailed_level);

/* ---- options
 * ----------------------------------------------------------------------------------------------------- */

typedef struct windfall_options windfall_options_t;

/* own *out: everything as it is without options. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_new(windfall_options_t** out);
WINDFALL_API void windfall_options_free(windfall_options_t* options);
/* "cpu", "reference", ...: a name that is not known is an error that lists them. Without it what
 * WINDFALL_ENGINE names in the environment, else "auto" where it is there, else "cpu". @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_set_engine(windfall_options_t* options,
                                                                            const char* engine);
/* Of a multifunction model; "" is its default. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_set_function(windfall_options_t* options,
                                                                              const char* function);
enum {
  WINDFALL_ALL = 0,
  WINDFALL_CPU_ONLY = 1,
  WINDFALL_CPU_AND_GPU = 2,
  WINDFALL_CPU_AND_NEURAL_ENGINE = 3
};
/* Where there is no Core ML, the CPU serves all of them. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_set_compute_units(
    windfall_options_t* options, int32_t compute_units);
/* The time a prediction has unless its request says otherwise: more than 0; ten minutes without it. @since
 * 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_set_deadline_ms(windfall_options_t* options,
                                                                                 int64_t milliseconds);

/* 1: models are taken compiled from the cache of this machine ($WINDFALL_CACHE_DIR, else below the user's
 * cache folder), and compiled into it where they are not; whatever is wrong with the cache, the model itself
 * is loaded. 0, as without it: read as they are. A .mlmodelc is compiled already. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_options_set_cache(windfall_options_t* options,
                                                                           int32_t use_cache);

/* ---- models
 * ------------------------------------------------------------------------------------------------------ */

typedef struct windfall_model windfall_model_t;

/* own *out. `path`: a .mlmodel file, a .mlpackage or .mlmodelc folder. `options` may be NULL. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_model_load(const char* path,
                                                                    const windfall_options_t* options,
                                                                    windfall_model_t** out);
WINDFALL_API void windfall_model_free(windfall_model_t* model);
/* borrow, until the model is freed: the engine it runs on. @since 0.1 */
WINDFALL_API const char* windfall_model_engine(const windfall_model_t* model);
/* borrow, until the model is freed: all there is to know about it (docs/reference/c-abi.md, Schema). @since
 * 0.1 */
WINDFALL_API const char* windfall_model_schema_json(const windfall_model_t* model);

enum { WINDFALL_INPUTS = 0, WINDFALL_OUTPUTS = 1, WINDFALL_STATES = 2 };
enum {
  WINDFALL_KIND_UNKNOWN = 0,
  WINDFALL_KIND_ARRAY = 1,
  WINDFALL_KIND_IMAGE = 2, /* a tensor uint8 [height, width, 3], or [height, width] if gray */
  WINDFALL_KIND_DICTIONARY = 3,
  WINDFALL_KIND_SEQUENCE = 4,
  WINDFALL_KIND_INT64 = 5, /* these three: a tensor of shape [] */
  WINDFALL_KIND_DOUBLE = 6,
  WINDFALL_KIND_STRING = 7,
  WINDFALL_KIND_STATE = 8
};
typedef struct windfall_feature {
  size_t struct_size;   /* sizeof(windfall_feature_t), set by the caller: later libraries may know more */
  const char* name;     /* borrow, as `shape`: until the model is freed */
  const char* text;     /* all of it in words: "MultiArray (Float32 1 x 3), optional" */
  const int64_t* shape; /* the usual one; -1 where a size is open */
  size_t rank;
  int32_t kind;
  int32_t dtype; /* of arrays, images, scalars and states; else -1 */
  int32_t optional;
  const char* doc;            /* borrow: what the model's author says about it, or "" */
  const int64_t* usual_shape; /* borrow: `rank` sizes, as `shape`; open ones are what the file prefers */
} windfall_feature_t;

/* own *out: what a model file holds, also if it cannot run here or its weights are missing; `options` may be
 * NULL, only their function counts. It answers the questions of this section; what predicts refuses it.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_model_describe(const char* path,
                                                                        const windfall_options_t* options,
                                                                        windfall_model_t** out);

typedef struct windfall_model_info {
  size_t struct_size;    /* sizeof(windfall_model_info_t), set by the caller */
  const char* container; /* borrow, as all texts here: until the model is freed. ".mlpackage" */
  const char* type;      /* "mlProgram", "neuralNetworkClassifier", ... */
  const char* function;  /* the one that was asked for; "" is the default */
  const char* short_description;
  const char* version;
  const char* author;
  const char* license;
  const char* why_not; /* why the model cannot run here; "" if it can */
  int64_t specification_version;
  size_t function_count; /* of a multifunction model; else 0 */
  size_t metadata_count; /* of the author's own keys */
} windfall_model_info_t;
/* Written to *out, whose struct_size must be set. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_model_info(const windfall_model_t* model,
                                                                    windfall_model_info_t* out);
/* borrow, until the model is freed: the name of a function; NULL if there is none at `index`. @since 0.1 */
WINDFALL_API const char* windfall_model_function(const windfall_model_t* model, size_t index);
/* borrow both, until the model is freed: a key of the author's own and its value. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_model_metadata(const windfall_model_t* model,
                                                                        size_t index, const char** out_key,
                                                                        const char** out_value);

/* How many inputs, outputs or states the model has. @since 0.1 */
WINDFALL_API size_t windfall_model_count(const windfall_model_t* model, int32_t which);
/* The feature at `index`, written to *out, whose struct_size must be set. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_model_feature(const windfall_model_t* model,
                                                                       int32_t which, size_t index,
                                                                       windfall_feature_t* out);

/* ---- tensors
 * ----------------------------------------------------------------------------------------------------- */

typedef struct windfall_tensor windfall_tensor_t;

enum {
  WINDFALL_BOOL = 0, /* a byte, 0 or 1 */
  WINDFALL_TEXT = 1,
  WINDFALL_FP16 = 2,
  WINDFALL_FP32 = 3,
  WINDFALL_FP64 = 4,
  WINDFALL_BF16 = 5,
  WINDFALL_FP8_E4M3FN = 6,
  WINDFALL_FP8_E5M2 = 7,
  WINDFALL_INT8 = 9,
  WINDFALL_INT16 = 10,
  WINDFALL_INT32 = 11,
  WINDFALL_INT64 = 12,
  WINDFALL_UINT8 = 18,
  WINDFALL_UINT16 = 19,
  WINDFALL_UINT32 = 20,
  WINDFALL_UINT64 = 21
};

/* own *out: zeroed memory of its own, row-major. `shape` has `rank` sizes; rank 0 is a single value. @since
 * 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_new(int32_t dtype, size_t rank,
                                                                    const int64_t* shape,
                                                                    windfall_tensor_t** out);
/* own *out: the caller's memory, neither copied nor freed. Element i, j, ... lies byte_strides[0] * i +
 * byte_strides[1] * j + ... bytes behind `data`; byte_strides NULL is row-major; none may be negative, and
 * all elements must lie within `byte_length`. The memory must be there until `release`, if it is not NULL, is
 * called with `context`, from any thread: when the tensor is freed and no request or DLPack holder needs it
 * any more. Without `release` the caller sees to that. `release` must not throw or call back into this
 * header, and is not called if an error is returned.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_wrap(
    int32_t dtype, size_t rank, const int64_t* shape, const int64_t* byte_strides, void* data,
    size_t byte_length, void (*release)(void* context), void* context, windfall_tensor_t** out);
/* own *out: texts, copied, as many as the shape says. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_of_texts(size_t rank, const int64_t* shape,
                                                                         const char* const* texts,
                                                                         windfall_tensor_t** out);
/* own *out: the pixels of a PNG or JPEG, uint8 [height, width, 3], or [height, width] if the picture is gray;
 * resized unless width and height are 0. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_image_load(const char* path, int64_t width,
                                                                    int64_t height, windfall_tensor_t** out);
WINDFALL_API void windfall_tensor_free(windfall_tensor_t* tensor);

typedef struct windfall_tensor_info {
  size_t struct_size;          /* sizeof(windfall_tensor_info_t), set by the caller */
  const int64_t* shape;        /* borrow, as all of this: until the tensor is freed */
  const int64_t* byte_strides; /* as many as sizes */
  void* data;                  /* of texts: NULL. Outputs of predictions are only to be read */
  size_t rank;
  size_t count; /* elements */
  int32_t dtype;
} windfall_tensor_info_t;

/* Written to *out, whose struct_size must be set. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_info(const windfall_tensor_t* tensor,
                                                                     windfall_tensor_info_t* out);
/* borrow, until the tensor is freed: text number `index`, row-major; NULL if there is none. @since 0.1 */
WINDFALL_API const char* windfall_tensor_text(const windfall_tensor_t* tensor, size_t index);

/* own *out: the same values rounded to `dtype`, row-major in memory of its own. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_convert(const windfall_tensor_t* tensor,
                                                                        int32_t dtype,
                                                                        windfall_tensor_t** out);
/* own *out: what one of NumPy's .npy files holds. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_npy_load(const char* path, windfall_tensor_t** out);
/* Written in one go; dtypes that NumPy does not have become the next wider one. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_npy_save(const char* path,
                                                                  const windfall_tensor_t* tensor);

/* Tensors of other libraries and back, by the struct of dlpack.h (ours is windfall/dlpack.h). CPU memory
 * only. */
struct DLManagedTensor;
/* own *out: `managed`'s memory. On success the tensor owns `managed` and calls its deleter; on failure the
 * caller does.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_from_dlpack(struct DLManagedTensor* managed,
                                                                            windfall_tensor_t** out);
/* own *out, freed by its own deleter; keeps the tensor's memory. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_tensor_to_dlpack(const windfall_tensor_t* tensor,
                                                                          struct DLManagedTensor** out);

/* ---- states
 * ------------------------------------------------------------------------------------------------------ */

/* What a stateful model remembers of one conversation. A prediction that finds it in use by another fails. */
typedef struct windfall_state windfall_state_t;

/* own *out: all zero. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_state_new(const windfall_model_t* model,
                                                                   windfall_state_t** out);
/* own *out: another conversation that goes on from here. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_state_copy(const windfall_state_t* state,
                                                                    windfall_state_t** out);
WINDFALL_API void windfall_state_free(windfall_state_t* state);
/* own *out: what the state of that name holds now; later predictions do not change it. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_state_read(const windfall_state_t* state,
                                                                    const char* name,
                                                                    windfall_tensor_t** out);
/* Copied; dtype and shape must be the state's. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_state_write(windfall_state_t* state,
                                                                     const char* name,
                                                                     const windfall_tensor_t* value);

/* ---- predictions
 * ------------------------------------------------------------------------------------------------- */

/* The inputs and outputs of predictions, one after the other; made once and run as often as you like. Several
 * requests of one model run at once. While a request runs, every function but windfall_request_wait and
 * windfall_request_cancel refuses it. */
typedef struct windfall_request windfall_request_t;

/* own *out. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_new(const windfall_model_t* model,
                                                                     windfall_request_t** out);
/* A request that runs goes on to its end, and its callback is called. @since 0.1 */
WINDFALL_API void windfall_request_free(windfall_request_t* request);

/* The tensor's memory as it is when the request runs; dtypes are converted to the model's, floating values
 * rounded, integers only if nothing is lost. NULL: no value, as for optional inputs that are left out. @since
 * 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_input(windfall_request_t* request,
                                                                           const char* name,
                                                                           const windfall_tensor_t* value);
/* Copied: as many keys (texts or whole numbers) as values. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_dictionary(
    windfall_request_t* request, const char* name, const windfall_tensor_t* keys,
    const windfall_tensor_t* values);
/* Copied: texts or whole numbers. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_sequence(windfall_request_t* request,
                                                                              const char* name,
                                                                              const windfall_tensor_t* items);
/* Where the output goes: a tensor of its shape, whose dtype it is converted to. NULL: a new tensor each time.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_output(windfall_request_t* request,
                                                                            const char* name,
                                                                            windfall_tensor_t* buffer);
/* A stateful model needs one; NULL: none. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_state(windfall_request_t* request,
                                                                           windfall_state_t* state);
/* The time each prediction has from its start on, waiting for a thread included: more than 0. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_deadline_ms(windfall_request_t* request,
                                                                                 int64_t milliseconds);
/* Of operations that draw random numbers; 0 without it. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_set_seed(windfall_request_t* request,
                                                                          uint64_t seed);

/* Predicts, here and now. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_run(windfall_request_t* request);
/* Predicts for each of them, one after the other; all run, and the first error that came up is returned.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_requests_run(windfall_request_t* const* requests,
                                                                      size_t count);

/* own `error`, which is NULL if all went well. Called once, from another thread; the request may be run
 * again, started again or freed from here. */
typedef void (*windfall_done_fn)(void* context, windfall_error_t* error);
/* Predicts in another thread and returns at once. `done` may be NULL: then windfall_request_wait tells how it
 * went. A queue that is full (1024 predictions) is an error, WINDFALL_ENVIRONMENT. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_start(windfall_request_t* request,
                                                                       windfall_done_fn done, void* context);
/* Waits until the request does not run any more, at most so many milliseconds, or without end if they are
 * negative. *out_done, unless NULL: 1 if it has ended, 0 if it still runs. Returns the error of a prediction
 * that was started without `done`, once. From any thread. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_wait(const windfall_request_t* request,
                                                                      int64_t milliseconds,
                                                                      int32_t* out_done);
/* Stops the prediction that runs or waits for its thread: it ends with WINDFALL_DEADLINE_EXCEEDED soon,
 * unless it has ended before. From any thread. @since 0.1 */
WINDFALL_API void windfall_request_cancel(const windfall_request_t* request);

/* own *out: the last prediction's output; a tensor that was given by windfall_request_set_output, or a new
 * one that later predictions leave alone. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_output(const windfall_request_t* request,
                                                                        const char* name,
                                                                        windfall_tensor_t** out);
/* own both: a dictionary's keys (texts or int64) and values (fp64), each [count]. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_dictionary(const windfall_request_t* request,
                                                                            const char* name,
                                                                            windfall_tensor_t** out_keys,
                                                                            windfall_tensor_t** out_values);
/* own *out: a sequence's texts or int64s, [count]. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_sequence(const windfall_request_t* request,
                                                                          const char* name,
                                                                          windfall_tensor_t** out);

typedef struct windfall_times {
  size_t struct_size; /* sizeof(windfall_times_t), set by the caller */
  double marshal_in_ms, predict_ms, marshal_out_ms;
} windfall_times_t;
/* Of the last prediction that went well. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_request_times(const windfall_request_t* request,
                                                                       windfall_times_t* out);

/* ---- predictors
 * -----------------------------------------------------------------------------------------------------------
 */

/* One model, served to many callers: a bounded queue in front of a bounded number of predictions at once, in
 * threads of its own. What is promised: docs/runtime.md, "Serving". */
typedef struct windfall_predictor windfall_predictor_t;
typedef struct windfall_predictor_options {
  size_t struct_size;     /* sizeof(windfall_predictor_options_t). What is 0 is as without options: */
  int32_t instances;      /* predictions at once: 4 */
  int32_t keep_all;       /* 1: also take what would wait for longer than its deadline allows */
  int64_t queue_capacity; /* requests that wait: 256 */
  int64_t max_batch;      /* requests that may be run as one, where the model takes that: 1, each alone */
  int64_t max_delay_us;   /* how long one may wait for others to be run with */
  int64_t deadline_ms;    /* of requests that set none, from submission on: as the model's options say */
  int64_t memory_limit;   /* resident bytes above which nothing is taken: none */
} windfall_predictor_options_t;

/* own *out. `options` may be NULL. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_predictor_new(
    const windfall_model_t* model, const windfall_predictor_options_t* options, windfall_predictor_t** out);
/* Cancels what is not finished. @since 0.1 */
WINDFALL_API void windfall_predictor_free(windfall_predictor_t* predictor);
/* As windfall_request_start, by the predictor: the higher the priority, the sooner. The request's model must
 * be the predictor's; its state, if it has one, is in use until the request has ended. Inputs
 * wrapped without `release` are copied. Refused, with WINDFALL_ENVIRONMENT: the queue is full and stays so
 * for `wait_for_room_ms`, load is shed, the memory limit is reached, the predictor was shut down. @since 0.1
 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_predictor_submit(
    const windfall_predictor_t* predictor, windfall_request_t* request, int32_t priority,
    int64_t wait_for_room_ms, windfall_done_fn done, void* context);
/* Submits all of them at once, each waiting for room as long as its deadline allows, and waits for all.
 * own errors[i], NULL if request number i went well: one that fails does not spoil the others. They
 * cannot be cancelled one by one. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_predictor_run(const windfall_predictor_t* predictor,
                                                                       windfall_request_t* const* requests,
                                                                       size_t count,
                                                                       windfall_error_t** errors);
/* Takes nothing new, lets what was taken finish for at most `drain_ms`, cancels the rest. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_predictor_shutdown(
    const windfall_predictor_t* predictor, int64_t drain_ms);

/* ---- custom layers
 * --------------------------------------------------------------------------------------------------------
 */

/* A layer whose code is not in the model file: the app the model was made for brings it along, and the file
 * keeps only a class name, parameters and weights. Register an implementation under that name before loading.
 *
 * What one call of the implementation is about: valid until it returns, and refused from then on. */
typedef struct windfall_layer_call windfall_layer_call_t;
/* Called by as many threads as predict. May use all of this header. */
typedef void (*windfall_layer_fn)(void* context, windfall_layer_call_t* call);
typedef struct windfall_layer {
  size_t struct_size; /* sizeof(windfall_layer_t) */
  /* Sets each output (windfall_layer_set_output) or fails (windfall_layer_fail). A wrong shape or dtype, and
   * an output that is not finite, end the prediction with an error that names the layer. */
  windfall_layer_fn evaluate;
  /* May be NULL: then the outputs of a neural network's layer have the shape of its first input; ML programs
   * declare their shapes. Else sets the shape of each output (windfall_layer_set_output_shape) for those of
   * the inputs, where -1 is a size not known yet. The call has parameters and inputs without values. */
  windfall_layer_fn output_shapes;
  void* context;
  void (*release)(void* context); /* may be NULL: called when the layer is replaced or forgotten and no call
                                     uses it any more, from any thread; not if registering fails */
} windfall_layer_t;

/* From any thread. Registering a class again replaces it, for models loaded before as well. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_register(const char* class_name,
                                                                        const windfall_layer_t* layer);
/* A name that nobody registered is ignored. @since 0.1 */
WINDFALL_API void windfall_layer_forget(const char* class_name);

/* borrow, for the call. @since 0.1 */
WINDFALL_API const char* windfall_layer_class_name(const windfall_layer_call_t* call);
/* borrow, for the call: the layer's own name in the model, or "". @since 0.1 */
WINDFALL_API const char* windfall_layer_name(const windfall_layer_call_t* call);

enum {
  WINDFALL_LAYER_INPUTS = 0,  /* of the dtypes the model declares: fp32 in a neural network */
  WINDFALL_LAYER_OUTPUTS = 1, /* what each has to be */
  WINDFALL_LAYER_WEIGHTS = 2, /* of a neural network: flat, since its file keeps no shape for them */
  WINDFALL_LAYER_PARAMETERS = 3
};
/* How many the layer has. @since 0.1 */
WINDFALL_API size_t windfall_layer_count(const windfall_layer_call_t* call, int32_t which);

enum {
  WINDFALL_PARAMETER_BOOL = 0,
  WINDFALL_PARAMETER_INT64 = 1, /* whatever its width in the file */
  WINDFALL_PARAMETER_DOUBLE = 2,
  WINDFALL_PARAMETER_TEXT = 3
};
typedef struct windfall_layer_parameter {
  size_t struct_size; /* sizeof(windfall_layer_parameter_t), set by the caller */
  const char* name;   /* borrow, as `text`: for the call */
  const char* text;   /* "" unless it is one */
  double number;      /* of all kinds but texts */
  int64_t whole;      /* of booleans (0 or 1) and whole numbers */
  int32_t kind;
} windfall_layer_parameter_t;
/* Written to *out, whose struct_size must be set; sorted by name. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_parameter(const windfall_layer_call_t* call,
                                                                         size_t index,
                                                                         windfall_layer_parameter_t* out);

typedef struct windfall_layer_value {
  size_t struct_size;   /* sizeof(windfall_layer_value_t), set by the caller */
  const int64_t* shape; /* borrow, for the call; -1 where a size is open */
  size_t rank;
  int32_t dtype;     /* -1 where only shapes are asked for */
  int32_t any_shape; /* of an output: 1 if the model says nothing about its shape */
} windfall_layer_value_t;
/* What an input, output or weight is; written to *out, whose struct_size must be set. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_value(const windfall_layer_call_t* call,
                                                                     int32_t which, size_t index,
                                                                     windfall_layer_value_t* out);
/* own *out: an input or a weight, only to be read, and only during the call. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_tensor(const windfall_layer_call_t* call,
                                                                      int32_t which, size_t index,
                                                                      windfall_tensor_t** out);
/* The value of an output, of its shape and dtype; floating ones in any floating dtype. Memory that was
 * wrapped without `release` is copied, other memory must not change any more. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_set_output(windfall_layer_call_t* call,
                                                                          size_t index,
                                                                          const windfall_tensor_t* value);
/* For output_shapes: at most 1024 outputs; -1 for a size not known yet. @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_layer_set_output_shape(windfall_layer_call_t* call,
                                                                                size_t index, size_t rank,
                                                                                const int64_t* shape);
/* Ends the prediction with these words, which the error says together with the layer's name. @since 0.1 */
WINDFALL_API void windfall_layer_fail(windfall_layer_call_t* call, const char* message);

/* ---- telemetry ------------------------------------------------------------------------------------------
 */

enum { WINDFALL_JSON = 0, WINDFALL_PROMETHEUS = 1 /* text exposition format 0.0.4 */ };
/* own *out, freed by windfall_text_free: what this process has done through any interface, counted and timed.
 * @since 0.1 */
WINDFALL_API WINDFALL_CHECKED windfall_error_t* windfall_telemetry_snapshot(int32_t format, const char** out);
/* A text that is the caller's. NULL and what is no such text are ignored. @since 0.1 */
WINDFALL_API void windfall_text_free(const char* text);

#ifdef __cplusplus
}
#endif

#endif /* WINDFALL_WINDFALL_H_ */
