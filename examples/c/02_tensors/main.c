/* predict_tensors MODEL: fills every array input of a model with 1, 2, 3, ... and predicts, through windfall.h: tensors
 * in memory of our own, one prediction here and one in another thread. */
#include <stdio.h>
#include <stdlib.h>

#include <windfall/windfall.h>

static int fail(windfall_error_t* error) {
  fprintf(stderr, "error %d: %s\n", (int)windfall_error_code(error), windfall_error_message(error));
  if (windfall_error_hint(error)[0]) fprintf(stderr, "hint: %s\n", windfall_error_hint(error));
  windfall_error_free(error);
  return 1;
}

/* An fp32 tensor of the feature's shape, 1 where that is open. */
static windfall_error_t* make_input(const windfall_feature_t* feature, windfall_tensor_t** out) {
  int64_t shape[32];
  windfall_tensor_info_t info;
  windfall_error_t* error;
  size_t i;
  for (i = 0; i < feature->rank && i < 32; ++i) shape[i] = feature->shape[i] > 0 ? feature->shape[i] : 1;
  error = windfall_tensor_new(WINDFALL_FP32, feature->rank, shape, out);
  if (error) return error;
  info.struct_size = sizeof info;
  error = windfall_tensor_info(*out, &info);
  if (error) return error;
  for (i = 0; i < info.count; ++i) ((float*)info.data)[i] = (float)(i + 1);
  return NULL;
}

static windfall_error_t* print_output(const windfall_request_t* request, const windfall_feature_t* feature) {
  windfall_tensor_t* tensor;
  windfall_tensor_info_t info;
  size_t i;
  windfall_error_t* error = windfall_request_output(request, feature->name, &tensor);
  if (error) return error;
  info.struct_size = sizeof info;
  error = windfall_tensor_info(tensor, &info);
  if (!error && info.dtype == WINDFALL_FP32) {
    printf("%s =", feature->name);
    for (i = 0; i < info.count && i < 8; ++i) printf(" %g", ((const float*)info.data)[i]);
    printf("\n");
  }
  windfall_tensor_free(tensor);
  return error;
}

int main(int argc, char** argv) {
  windfall_model_t* model;
  windfall_request_t* request;
  windfall_feature_t feature;
  windfall_error_t* error;
  size_t i;
  if (argc != 2) {
    fprintf(stderr, "usage: %s MODEL\n", argv[0]);
    return 2;
  }
  error = windfall_model_load(argv[1], NULL, &model);
  if (error) return fail(error);
  printf("engine %s, library %s\n", windfall_model_engine(model), windfall_version());
  error = windfall_request_new(model, &request);
  if (error) return fail(error);

  feature.struct_size = sizeof feature;
  for (i = 0; i < windfall_model_count(model, WINDFALL_INPUTS); ++i) {
    windfall_tensor_t* input;
    error = windfall_model_feature(model, WINDFALL_INPUTS, i, &feature);
    if (error) return fail(error);
    printf("input %s: %s\n", feature.name, feature.text);
    error = make_input(&feature, &input);
    if (error) return fail(error);
    error = windfall_request_set_input(request, feature.name, input);
    windfall_tensor_free(input); /* the request keeps it */
    if (error) return fail(error);
  }

  error = windfall_request_run(request);
  if (error) return fail(error);
  error = windfall_request_start(request, NULL, NULL);
  if (error) return fail(error);
  error = windfall_request_wait(request, -1, NULL);
  if (error) return fail(error);

  for (i = 0; i < windfall_model_count(model, WINDFALL_OUTPUTS); ++i) {
    error = windfall_model_feature(model, WINDFALL_OUTPUTS, i, &feature);
    if (!error) error = print_output(request, &feature);
    if (error) return fail(error);
  }
  windfall_request_free(request);
  windfall_model_free(model);
  return 0;
}
