/* predict_json MODEL [JSON]: what a model takes and gives, and one prediction, through the six functions of
 * coreml_bridge.h. Without JSON it prints the schema alone. */
#include <stdio.h>

#include <windfall/coreml_bridge.h>

static int fail(int code, const char* error) {
  fprintf(stderr, "error %d: %s\n", code, error ? error : "no message");
  coreml_free_cstr(error);
  return 1;
}

int main(int argc, char** argv) {
  const char *folder = NULL, *text = NULL, *error = NULL;
  void* model = NULL;
  int code;
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s MODEL [JSON]\n", argv[0]);
    return 2;
  }
  code = coreml_compile_model(argv[1], 0, &folder, &error);
  if (code != 0) return fail(code, error);
  code = coreml_load_model(folder, 0, &model, &error);
  coreml_free_cstr(folder);
  if (code != 0) return fail(code, error);

  if (argc == 3) {
    code = coreml_predict(model, argv[2], &text, 10000, &error);
  } else {
    code = coreml_model_schema(model, &text, &error);
  }
  coreml_free_model(model);
  if (code != 0) return fail(code, error);
  puts(text);
  coreml_free_cstr(text);
  return 0;
}
