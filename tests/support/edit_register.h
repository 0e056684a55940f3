// EditRegister: somebody who can write the register behind the vault's back.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "tests/support/test_vault.h"
#include "vault/keys/unseal.h"
#include "vault/register.h"

namespace vault {

// EditRegister runs SQL on the register of a sealed vault of TestVault's passphrase.
inline void EditRegister(const VaultPlace& place, PasswordCost cost, std::string_view sql) {
  Disk disk(nullptr);
  FakeRandom random(9);
  auto file = disk.ReadAll(place.data + "/unseal", 4096);
  ASSERT_TRUE(file.ok());
  auto store = KeyKeeper::ReadStoreId(disk, place.data + "/keys.db");
  ASSERT_TRUE(store.ok());
  auto unseal = UnwrapUnsealKey(file.value(), AsBytes(TestVault::kPassphrase), store.value(), cost);
  ASSERT_TRUE(unseal.ok());
  KeyKeeperOptions options;
  options.tree_path = place.data + "/keys.db";
  auto cell = OpenFileCell(disk, place.data + ".cell", random);
  ASSERT_TRUE(cell.ok());
  options.cells.push_back(std::move(cell).value());
  auto keeper = KeyKeeper::Open(disk, random, std::move(options), std::move(unseal).value());
  ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
  auto database = Database::Open(disk, place.data + "/register.db",
                                 keeper.value()->RegisterDatabaseKey(), DatabaseMode::kWriter);
  ASSERT_TRUE(database.ok()) << database.error().detail;
  ASSERT_TRUE(database.value()->Execute(sql).ok());
}

}  // namespace vault
