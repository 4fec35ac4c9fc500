// model.espresso.net and model.espresso.shape of a compiled neural network: its layers and the shapes of its
// blobs.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tensor/shape.h"

namespace wf {

struct EspressoLayer {
  std::string name, type;
  std::vector<std::string> bottoms, tops;  // blobs it reads and writes
  nlohmann::json attributes;               // an object; every key of the layer
};

// What happens to an image before the network: scale * x + bias for each channel.
struct EspressoTransform {
  double scale = 1, red = 0, green = 0, blue = 0;
  double center_mean = 0;
  bool bgr = false;  // the network wants blue first
};

// Sizes of a blob: sequence, batch, channels, rows, columns. The file names them seq, n, k, h, w.
struct EspressoShape {
  int64_t seq = 1, n = 1, k = 1, h = 1, w = 1;
  bool operator==(const EspressoShape&) const = default;
};

struct EspressoNet {
  std::string storage;  // the weight file's name
  std::vector<EspressoLayer> layers;
  std::map<std::string, EspressoTransform> transforms;  // by image input
  std::map<std::string, EspressoShape> shapes;          // by blob
};

// Models inside Apple's systems come compressed (LZFSE): four bytes "pbze" at the start.
bool is_compressed_espresso(std::string_view text);

Result<EspressoNet> parse_espresso_net(std::string_view net, std::string_view shapes);

}  // namespace wf
