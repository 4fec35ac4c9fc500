// Windfall's C++ interface: load a Core ML model, see what it takes and gives, predict.
//
//   auto model = windfall::Model::load("model.mlpackage");
//   if (!model) return fail(model.error().message);
//   auto outputs = model->predict({{"x", *windfall::Tensor::of<float>({1, 3}, {1, 2, 3})}});
//
// A header over the C interface (windfall.h), which alone leaves the library: any compiler with C++20 will
// do, whatever the library was built with, and programs run with every later library of the same ABI number.
//
// Errors are values: nothing here throws but std::bad_alloc, and what a program's own functions throw stays
// on this side.
//
// Threads, as the types have it:
//   shared by any number of threads     Model, Tensor, Ticket (copyable), the const methods of Predictor
//   of one prediction at a time         Request, State, Buffer (moved, not copied); a request that runs can
//   be
//                                       waited for and cancelled from any thread
#pragma once

#include "windfall/cpp/custom_layer.hpp"
#include "windfall/cpp/model.hpp"
#include "windfall/cpp/predictor.hpp"
#include "windfall/cpp/process.hpp"
#include "windfall/cpp/request.hpp"
#include "windfall/cpp/result.hpp"
#include "windfall/cpp/tensor.hpp"
