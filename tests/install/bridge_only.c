/* bridge_only MODEL: a program that knows nothing but version 1 and treats it badly, from 16 threads. The model: y = x + x
 * of two fp32 numbers. Exit code 0 if every answer was right or a refusal in words. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windfall/coreml_bridge.h>

#define EXPECT(condition)                                              \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                         \
    }                                                                  \
  } while (0)

static void* shared;

static void expect_refused(void* handle, const char* json) {
  const char *out = "", *error = NULL;
  EXPECT(coreml_predict(handle, json, &out, 1000, &error) == 1);
  EXPECT(out == NULL && error != NULL && strlen(error) > 0);
  coreml_free_cstr(error);
}

static char* repeated(const char* piece, size_t times) {
  const size_t length = strlen(piece);
  char* text = malloc(length * times + 1);
  size_t i;
  for (i = 0; i < times; ++i) memcpy(text + i * length, piece, length);
  text[length * times] = 0;
  return text;
}

static void* abuse(void* argument) {
  const char* path = argument;
  int round;
  for (round = 0; round < 10; ++round) {
    const char *out = NULL, *error = NULL;
    void* own = NULL;
    char* deep = repeated("[", 10000);
    EXPECT(coreml_predict(shared, "{\"inputs\":[{\"name\":\"x\",\"values\":[1.5,-2]}]}", &out, 60000, &error) == 0);
    EXPECT(strstr(out, "[3,-4]") != NULL);
    coreml_free_cstr(out);
    expect_refused(NULL, "{}");
    expect_refused(&round, "{}");
    expect_refused((void*)path, "{}");
    expect_refused(shared, "{");
    expect_refused(shared, deep);
    expect_refused(shared, "{\"inputs\":[{\"name\":\"x\",\"values\":[1,2,3]}]}");
    expect_refused(shared, "{\"inputs\":[{\"name\":\"x\",\"dtype\":\"string\",\"values\":[\"a\",\"b\"]}]}");
    free(deep);
    EXPECT(coreml_load_model(path, 0, &own, NULL) == 0);
    coreml_free_model(own);
    expect_refused(own, "{}");
    coreml_free_model(own);
    coreml_free_cstr(NULL);
    coreml_free_cstr(path);
  }
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t threads[16];
  int i;
  EXPECT(argc == 2);
  EXPECT(coreml_load_model(argv[1], 1, &shared, NULL) == 0);
  for (i = 0; i < 16; ++i) EXPECT(pthread_create(&threads[i], NULL, abuse, argv[1]) == 0);
  for (i = 0; i < 16; ++i) pthread_join(threads[i], NULL);
  coreml_free_model(shared);
  puts("survived");
  return 0;
}
