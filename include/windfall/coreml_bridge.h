/* Core ML models through six plain C functions, from any language (version 1 of Windfall's C interface).
 *
 * The same functions are served by Core ML on a Mac and by Windfall's own engine everywhere else. Values
 * cross as JSON, large ones as files that are memory-mapped; docs/reference/c-abi.md says how. For tensors
 * without copies, asynchronous prediction and error objects see windfall.h (version 2).
 *
 * Every function may be called by any number of threads at once, on the same handle too. A handle that is
 * NULL, was freed, or never came from here is refused, not followed. Nothing is ever thrown.
 *
 * What is returned: 0, or what went wrong.
 *    1 invalid argument    the call, a handle, the JSON or an input does not fit
 *    2 not found           no such file
 *    3 bad model           the model's file is damaged or breaks its format's rules
 *    4 unsupported         the model needs something that cannot run here; the message names it
 *    5 deadline exceeded   stopped because its time was over
 *    6 environment         disk, permission, memory of this machine
 *    7 weights missing     the program is there, its weights are not
 *    8 runtime             an operation met values it is not defined on
 *    9 internal            a fault of Windfall's
 * The numbers never change; there may be new ones.
 *
 * On failure *out_err, unless out_err is NULL, is a message in UTF-8; on success it is NULL. Every string
 * that a function gives belongs to the caller, who frees it with coreml_free_cstr.
 *
 * compute_units: 0 all, 1 CPU only, 2 CPU and GPU, 3 CPU and Neural Engine. Where there is no Core ML, the
 * CPU serves all four.
 */
#ifndef WINDFALL_COREML_BRIDGE_H_
#define WINDFALL_COREML_BRIDGE_H_

#include <stdint.h>

#ifndef WINDFALL_API
#define WINDFALL_API __attribute__((visibility("default")))
#endif

/* The time a prediction has if it is given none: ten minutes. */
#define COREML_DEFAULT_TIMEOUT_MS 600000

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a model (.mlmodel, .mlpackage, or .mlmodelc, which stays what it is) ready to be loaded.
 * own *out_compiled_dir: the path to give to coreml_load_model. Errors: 1, 2, 3, 4, 6, 7, 9.
 * @since 0.1 */
WINDFALL_API int32_t coreml_compile_model(const char* model_path, int32_t compute_units,
                                          const char** out_compiled_dir, const char** out_err);

/* Loads what coreml_compile_model gave; a model that was not compiled is taken too.
 * own *out_handle: free it with coreml_free_model. Errors: 1, 2, 3, 4, 6, 7, 9.
 * @since 0.1 */
WINDFALL_API int32_t coreml_load_model(const char* compiled_dir, int32_t compute_units, void** out_handle,
                                       const char** out_err);

/* What the model takes and gives.
 * own *out_schema_json. Errors: 1, 6, 9.
 * @since 0.1 */
WINDFALL_API int32_t coreml_model_schema(void* handle, const char** out_schema_json, const char** out_err);

/* One prediction. timeout_ms counts from here on, reading the inputs included; 0 or less means
 * COREML_DEFAULT_TIMEOUT_MS. After a time-out the handle is as good as before.
 * own *out_outputs_desc_json. Errors: 1, 2 (a file that the inputs name), 5, 6, 8, 9.
 * @since 0.1 */
WINDFALL_API int32_t coreml_predict(void* handle, const char* inputs_desc_json,
                                    const char** out_outputs_desc_json, int32_t timeout_ms,
                                    const char** out_err);

/* The handle is refused from now on; predictions under way in other threads go on to their end.
 * NULL, freed and foreign handles are ignored.
 * @since 0.1 */
WINDFALL_API void coreml_free_model(void* handle);

/* Frees a string that one of these functions gave. NULL, and pointers that are no such string, are ignored.
 * @since 0.1 */
WINDFALL_API void coreml_free_cstr(const char* s);

#ifdef __cplusplus
}
#endif

#endif /* WINDFALL_COREML_BRIDGE_H_ */
