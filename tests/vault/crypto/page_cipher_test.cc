#include "vault/crypto/page_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

// NIST SP 800-38A, F.2.6: CBC-AES256.Decrypt.
TEST(PageCipher, DecryptsThePublishedVectorWholeAndInParts) {
  const Bytes key =
      DecodeHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").value();
  const Bytes iv = DecodeHex("000102030405060708090a0b0c0d0e0f").value();
  const Bytes sealed = DecodeHex(
                           "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
                           "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b")
                           .value();
  const Bytes plain = DecodeHex(
                          "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
                          .value();
  PageCipher cipher(key);
  ByteArray<16> first;
  std::copy_n(iv.data(), first.size(), first.data());
  Bytes out(sealed.size());
  cipher.Open(first, sealed, out);
  EXPECT_EQ(out, plain);
  // A block's own vector is the block before: the same cipher again, from the middle.
  ByteArray<16> before;
  std::copy_n(sealed.data() + 16, before.size(), before.data());
  Bytes rest(32);
  cipher.Open(before, ByteView(sealed).subspan(32), rest);
  EXPECT_EQ(rest, Bytes(plain.begin() + 32, plain.end()));
}

}  // namespace
}  // namespace vault
