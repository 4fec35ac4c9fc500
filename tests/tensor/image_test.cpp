#include "tensor/image.h"

#include "support/damage.h"
#include "support/hex.h"
#include "support/support.h"

namespace wf::test {
namespace {

// Files written and expected pixels read by Pillow 13 (libjpeg-turbo, libpng).
constexpr std::string_view kJpegRgb =
    "ffd8ffe000104a46494600010100000100010000ffdb00430002010101010102010101020202020204030202020205040403"
    "04060506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affdb004301020202020202"
    "050303050a0706070a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
    "0a0a0a0a0a0a0a0affc00011080008000c03011100021101031101ffc4001500010100000000000000000000000000000608"
    "ffc4002110000102040700000000000000000000000100030205060908253443516193ffc400160101010100000000000000"
    "000000000000070103ffc400191100030101010000000000000000000000000102031104ffda000c03010002110311003f00"
    "2786db6de9f20e369360465ad435b81b869c641918f3e82c2fd38675caa49978d9ffd9";
constexpr std::string_view kJpegGray =
    "ffd8ffe000104a46494600010100000100010000ffdb00430002010101010102010101020202020204030202020205040403"
    "04060506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc0000b080008000c0101"
    "1100ffc40014000100000000000000000000000000000008ffc4002010000003090100000000000000000000000009250103"
    "06082634435161a3ffda0008010100003f0027cb696ddba06b106c4085b74db940f2e307ffd9";
constexpr std::string_view kJpegExif6 =
    "ffd8ffe000104a46494600010100000100010000ffe100224578696600004d4d002a00000008000101120003000000010006"
    "000000000000ffdb004300020101010101020101010202020202040302020202050404030406050606060506060607090806"
    "0709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc0000b080018001001011100ffc400150001010000000000"
    "0000000000000000000a00ffc40014100100000000000000000000000000000000ffda0008010100003f003fe7f8800c8013"
    "ffd9";
constexpr std::string_view kJpegCmyk =
    "ffd8ffee000e41646f626500640000000000ffdb004300020101010101020101010202020202040302020202050404030406"
    "0506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc00014080002000204431100"
    "4d11005911004b1100ffc4001500010100000000000000000000000000000907ffc400141001000000000000000000000000"
    "00000000ffda000e0443004d0059004b00003f007516c1b6611fffd9";
constexpr std::string_view kPngRgb =
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a730000001649444154789c63646462666666"
    "6660e7e0fcf5fb0f000709031abac9b3fe0000000049454e44ae426082";
constexpr std::string_view kPngRgba =
    "89504e470d0a1a0a0000000d494844520000000200000002080600000072b60d240000001a49444154789c63646462666066"
    "66fecfc0cec1d9f0ebf71f760016e204a02c6f03e20000000049454e44ae426082";
constexpr std::string_view kPngPalette =
    "89504e470d0a1a0a0000000d49484452000000020000000202030000000fd8e5b70000000c504c5445fafbfc070809040506"
    "010203c53a45c60000000c49444154789c6378c0e0000002e40121e2cadce00000000049454e44ae426082";
constexpr std::string_view kPngGray16 =
    "89504e470d0a1a0a0000000d494844520000000200000001100000000081d9fc150000000d49444154789c631032f9cf0000"
    "02e701467ffb8c420000000049454e44ae426082";
constexpr std::string_view kPngOneBit =
    "89504e470d0a1a0a0000000d4948445200000003000000010100000000339b29190000000a49444154789c63480000006200"
    "61b19879f20000000049454e44ae426082";
constexpr std::string_view kPngExif =
    "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c60000001a655849664d4d002a0000000800"
    "010112000300000001000100000000000013c075e70000001049444154789c63646464646166640400003e000eb44e3f7f00"
    "00000049454e44ae426082";

Result<Tensor> parse_hex(std::string_view hex) { return parse_image(as_bytes(from_hex(hex))); }

// Writes the checksum that ends the chunk whose type stands at `type` and whose data is `length` bytes long.
void mend_checksum(std::string& file, size_t type, size_t length) {
  uint32_t crc = 0xFFFFFFFF;  // CRC-32 as the PNG specification defines it
  for (size_t i = type; i < type + 4 + length; ++i) {
    crc ^= static_cast<uint8_t>(file[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? 0xEDB88320 ^ crc >> 1 : crc >> 1;
  }
  for (size_t byte = 0; byte < 4; ++byte)
    file[type + 4 + length + byte] = static_cast<char>(~crc >> (24 - 8 * byte));
}

// Every element within `tolerance` levels.
void expect_pixels(const Result<Tensor>& image, const Shape& shape, const std::vector<int>& expected,
                   int tolerance = 0) {
  WF_ASSERT_OK(image);
  ASSERT_EQ(image->dtype(), DType::kUInt8);
  ASSERT_EQ(image->shape(), shape);
  for (int64_t i = 0; i < image->size(); ++i) {
    EXPECT_NEAR(static_cast<double>(read_int(*image, i)), expected[static_cast<size_t>(i)], tolerance)
        << "element " << i;
  }
}

TEST(Png, ColourTypes) {
  const std::vector<int> small = {1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252};
  expect_pixels(parse_hex(kPngRgb), {2, 2, 3}, small);
  expect_pixels(parse_hex(kPngRgba), {2, 2, 3}, small);  // alpha 0, 255, 128, 7: dropped, colours as stored
  expect_pixels(parse_hex(kPngPalette), {2, 2, 3}, small);
  expect_pixels(parse_hex(kPngGray16), {1, 2}, {0x12, 0xff});  // 0x1234, 0xff00
  expect_pixels(parse_hex(kPngOneBit), {1, 3}, {0, 255, 255});
}

TEST(Png, RoundTrip) {
  const Tensor rgb = of(DType::kUInt8, {1, 2, 3}, {0, 1, 2, 253, 254, 255});
  const Tensor gray = of(DType::kUInt8, {2, 1}, {0, 200});
  for (const Tensor& picture : {rgb, gray}) {
    WF_ASSERT_OK_AND_ASSIGN(const std::string bytes, format_png(picture));
    WF_ASSERT_OK_AND_ASSIGN(const Tensor back, parse_image(as_bytes(bytes)));
    EXPECT_TRUE(same_bits(picture, back));
  }
  EXPECT_EQ(format_png(f32({1, 1}, {0})).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(format_png(of(DType::kUInt8, {0, 2}, {})).error().code, ErrorCode::kBadModel);
}

TEST(Jpeg, Colours) {
  const std::vector<int> rgb = {
      1,   40,  81,  9,   48,  89,  17,  56,  97,  25,  64,  105, 33,  72,  113, 41,  80,  121, 49,  88,  129,
      57,  96,  137, 66,  103, 145, 75,  113, 152, 80,  120, 156, 89,  129, 165, 17,  56,  97,  25,  64,  105,
      33,  72,  113, 41,  80,  121, 49,  88,  129, 57,  96,  137, 65,  104, 145, 73,  112, 153, 80,  118, 163,
      89,  128, 171, 96,  135, 178, 105, 144, 185, 33,  72,  113, 41,  80,  121, 50,  89,  130, 57,  96,  137,
      65,  104, 145, 73,  112, 153, 82,  121, 162, 89,  128, 169, 97,  136, 179, 106, 145, 188, 112, 151, 194,
      122, 161, 204, 48,  87,  128, 56,  95,  136, 65,  104, 145, 72,  111, 152, 81,  120, 161, 88,  127, 168,
      97,  136, 177, 105, 144, 185, 112, 152, 188, 121, 160, 199, 128, 167, 206, 137, 176, 217, 65,  104, 145,
      73,  112, 153, 82,  121, 162, 89,  128, 169, 98,  137, 178, 105, 144, 185, 114, 153, 194, 122, 161, 202,
      129, 169, 205, 138, 177, 216, 144, 183, 222, 153, 192, 233, 81,  120, 161, 88,  127, 168, 97,  136, 177,
      105, 144, 185, 113, 152, 193, 120, 159, 200, 129, 168, 209, 137, 176, 217, 145, 184, 227, 154, 193, 234,
      160, 199, 240, 169, 208, 249, 97,  136, 177, 105, 144, 185, 113, 152, 193, 121, 160, 201, 129, 168, 209,
      137, 176, 217, 145, 184, 225, 153, 192, 233, 161, 200, 243, 170, 209, 248, 176, 216, 251, 186, 225, 255,
      113, 152, 193, 121, 160, 201, 129, 168, 209, 137, 176, 217, 145, 184, 225, 153, 192, 233, 161, 200, 241,
      169, 208, 249, 175, 214, 253, 185, 224, 255, 191, 231, 255, 199, 240, 255};
  expect_pixels(parse_hex(kJpegRgb), {8, 12, 3}, rgb, 2);
  const std::vector<int> gray_row = {0, 8, 16, 24, 32, 40, 48, 56, 63, 73, 79, 88};
  WF_ASSERT_OK_AND_ASSIGN(const Tensor gray, parse_hex(kJpegGray));
  ASSERT_EQ(gray.shape(), (Shape{8, 12}));
  for (size_t x = 0; x < 12; ++x)
    EXPECT_NEAR(static_cast<double>(read_int(gray, static_cast<int64_t>(x))), gray_row[x], 2);
  expect_pixels(parse_hex(kJpegCmyk), {2, 2, 3}, {216, 137, 49, 216, 137, 49, 216, 137, 49, 216, 137, 49}, 2);
}

TEST(Exif, JpegIsTurned) {
  // Stored [[0, 255], [255, 0], [128, 128]] in blocks of 8 x 8, orientation 6: a quarter turn clockwise.
  WF_ASSERT_OK_AND_ASSIGN(const Tensor turned, parse_hex(kJpegExif6));
  ASSERT_EQ(turned.shape(), (Shape{16, 24}));
  const std::vector<int> centres = {128, 255, 0, 128, 0, 255};
  for (int64_t i = 0; i < 6; ++i) {
    const int64_t y = i / 3 * 8 + 4, x = i % 3 * 8 + 4;
    EXPECT_NEAR(static_cast<double>(read_int(turned, y * 24 + x)), centres[static_cast<size_t>(i)], 2);
  }
}

TEST(Exif, EveryOrientation) {
  // [[1, 2, 3], [4, 5, 6]] as Pillow's ImageOps.exif_transpose turns it.
  const std::vector<std::vector<int>> expected = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                                  {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                                  {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  std::string file = from_hex(kPngExif);
  // The second byte of the value of the TIFF block's only entry.
  const size_t chunk = file.find("eXIf"), value = chunk + 4 + 19;
  ASSERT_EQ(file[value], 1);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    file[value] = static_cast<char>(orientation);
    mend_checksum(file, chunk, 26);
    const Shape shape = orientation < 5 ? Shape{2, 3} : Shape{3, 2};
    expect_pixels(parse_image(as_bytes(file)), shape, expected[static_cast<size_t>(orientation) - 1]);
  }
}

// (i * 37) % 256 in [5, 7, 3]
Tensor pattern() {
  std::vector<double> values;
  for (int i = 0; i < 105; ++i) values.push_back(i * 37 % 256);
  return of(DType::kUInt8, {5, 7, 3}, values);
}

TEST(Resize, EqualsPillow) {
  // Image.resize(size, Image.BILINEAR)
  expect_pixels(resize_image(pattern(), 3, 2), {2, 3, 3},
                {104, 86, 123, 146, 123, 100, 123, 160, 142, 105, 104, 141, 145, 122, 118, 141, 161, 131});
  const Tensor gray = of(DType::kUInt8, {2, 3}, {0, 111, 222, 9, 120, 231});
  expect_pixels(resize_image(gray, 4, 6), {6, 4}, {0, 69, 153, 222, 0, 69, 153, 222, 3, 72, 156, 225,
                                                   6, 75, 159, 228, 9, 78, 162, 231, 9, 78, 162, 231});
  EXPECT_TRUE(same_bits(*resize_image(gray, 3, 2), gray));
}

TEST(Resize, RefusesAbsurdSizes) {
  EXPECT_EQ(resize_image(pattern(), 0, 2).error().code, ErrorCode::kBadModel);
  EXPECT_EQ(resize_image(pattern(), int64_t{1} << 40, 1 << 30).error().code, ErrorCode::kBadModel);
  EXPECT_EQ(resize_image(f32({1, 1}, {1}), 2, 2).error().code, ErrorCode::kInvalidArgument);
}

TEST(Grayscale, EqualsPillow) {
  WF_ASSERT_OK_AND_ASSIGN(const Tensor gray, to_grayscale(pattern()));
  EXPECT_EQ(gray.shape(), (Shape{5, 7}));
  const std::vector<int> first_row = {30, 141, 73, 107, 189, 73, 184};
  for (size_t x = 0; x < 7; ++x) EXPECT_EQ(read_int(gray, static_cast<int64_t>(x)), first_row[x]);
  expect_pixels(to_rgb(of(DType::kUInt8, {1, 2}, {7, 9})), {1, 2, 3}, {7, 7, 7, 9, 9, 9});
}

TEST(Image, DamageIsAnErrorOrAPicture) {
  for (const std::string_view hex :
       {kJpegRgb, kJpegGray, kJpegExif6, kJpegCmyk, kPngRgb, kPngPalette, kPngExif}) {
    const std::string file = from_hex(hex);
    for_each_damage(file, 600, [](const std::string& damaged) {
      const auto image = parse_image(as_bytes(damaged));
      if (!image.ok()) {
        EXPECT_FALSE(image.error().message.empty());
      }
    });
  }
}

TEST(Image, CutOffFilesAreErrors) {
  for (const std::string_view hex : {kJpegRgb, kJpegGray, kPngRgb, kPngPalette}) {
    const std::string file = from_hex(hex);
    const auto image = parse_image(as_bytes(std::string_view(file).substr(0, file.size() - 20)));
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kBadModel);
  }
  EXPECT_EQ(parse_image({}).error().code, ErrorCode::kBadModel);
  EXPECT_NE(parse_image(as_bytes("GIF89a")).error().message.find("neither a PNG nor a JPEG"),
            std::string::npos);
}

TEST(Image, AbsurdSizesAreRefusedBeforeMemoryIsTaken) {
  std::string file = from_hex(kPngRgb);
  file.replace(16, 8, from_hex("00ffffff00ffffff"));  // 16,777,215 x 16,777,215
  mend_checksum(file, 12, 13);
  const auto image = parse_image(as_bytes(file));
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().message.find("16777215 x 16777215"), std::string::npos) << image.error().message;
}

}  // namespace
}  // namespace wf::test
