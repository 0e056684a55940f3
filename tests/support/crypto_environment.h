// CryptoEnvironment: including this file starts the crypto library before the first test.
#pragma once

#include <gtest/gtest.h>

#include "vault/crypto/secret.h"

namespace vault {

class CryptoEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    const Status started = InitCrypto();
    ASSERT_TRUE(started.ok()) << started.error().detail;
  }
};

inline ::testing::Environment* const kCryptoEnvironment =
    ::testing::AddGlobalTestEnvironment(new CryptoEnvironment);

}  // namespace vault
