// The published proofs of transparency-dev/merkle, right and wrong, each run against our verifiers.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vault/audit/merkle.h"
#include "vault/base/text.h"

namespace vault {
namespace {

using Poco::JSON::Object;

// Vector is one file.
class Vector {
 public:
  explicit Vector(const std::filesystem::path& path) {
    std::ifstream stream(path);
    Poco::JSON::Parser parser;
    json_ = parser.parse(stream).extract<Object::Ptr>();
  }
  std::uint64_t Number(const std::string& name) const {
    return json_->get(name).convert<Poco::UInt64>();
  }
  // Hash is none when the file's value is not as long as a hash: our types cannot hold one, so it
  // would be refused where it is read.
  std::optional<LogHash> Hash(const std::string& name) const {
    return ToHash(json_->getValue<std::string>(name));
  }
  // Root also takes the "don't care" values of the consistency files, filled up with zeros; two of
  // them stay as equal or different as they were.
  LogHash Root(const std::string& name) const {
    LogHash hash{};
    const Bytes bytes = DecodeBase64(json_->getValue<std::string>(name)).value();
    std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
    return hash;
  }
  std::optional<std::vector<LogHash>> Proof() const {
    std::vector<LogHash> proof;
    if (json_->isNull("proof")) return proof;
    for (const auto& item : *json_->getArray("proof")) {
      auto hash = ToHash(item.extract<std::string>());
      if (!hash.has_value()) return std::nullopt;
      proof.push_back(*hash);
    }
    return proof;
  }
  bool good() const { return !json_->getValue<bool>("wantErr"); }

 private:
  static std::optional<LogHash> ToHash(const std::string& text) {
    const Bytes bytes = DecodeBase64(text).value();
    LogHash hash{};
    if (bytes.size() != hash.size()) return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
  }
  Object::Ptr json_;
};

class MerkleVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string(STRONGROOM_VECTORS).empty()) {
      GTEST_SKIP() << "not run: the Merkle proof vectors (STRONGROOM_VECTORS)";
    }
  }

  // RunAll holds every file of a folder against `accepts` and gives how many there were, good and
  // all.
  static std::pair<int, int> RunAll(const std::string& folder,
                                    const std::function<bool(const Vector&)>& accepts) {
    int good = 0;
    int all = 0;
    const std::string root = std::string(STRONGROOM_VECTORS) + "/merkle/" + folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      EXPECT_EQ(entry.path().extension(), ".json") << entry.path();
      const Vector vector(entry.path());
      EXPECT_EQ(accepts(vector), vector.good()) << entry.path();
      ++all;
      if (vector.good()) ++good;
    }
    return {good, all};
  }
};

bool IncludesLeaf(const Vector& vector, const LeafRange& range) {
  const auto leaf = vector.Hash("leafHash");
  const auto root = vector.Hash("root");
  const auto proof = vector.Proof();
  if (!leaf.has_value() || !root.has_value() || !proof.has_value()) return false;
  return VerifySubtreeInclusion(vector.Number("leafIdx"), range, *leaf, *proof, *root).ok();
}

TEST_F(MerkleVectors, Inclusion) {
  const auto counts = RunAll("inclusion", [](const Vector& vector) {
    const auto leaf = vector.Hash("leafHash");
    const auto root = vector.Hash("root");
    const auto proof = vector.Proof();
    if (!leaf.has_value() || !root.has_value() || !proof.has_value()) return false;
    return VerifyInclusion(vector.Number("leafIdx"), vector.Number("treeSize"), *leaf, *proof,
                           *root)
        .ok();
  });
  EXPECT_EQ(counts, (std::pair{6, 98}));
}

TEST_F(MerkleVectors, SubtreeInclusion) {
  const auto counts = RunAll("subtreeinclusion", [](const Vector& vector) {
    return IncludesLeaf(vector, {vector.Number("start"), vector.Number("end")});
  });
  EXPECT_EQ(counts, (std::pair{12, 204}));
}

TEST_F(MerkleVectors, Consistency) {
  const auto counts = RunAll("consistency", [](const Vector& vector) {
    const auto proof = vector.Proof();
    if (!proof.has_value()) return false;
    return VerifyConsistency(vector.Number("size1"), vector.Root("root1"), vector.Number("size2"),
                             vector.Root("root2"), *proof)
        .ok();
  });
  EXPECT_EQ(counts, (std::pair{6, 98}));
}

TEST_F(MerkleVectors, SubtreeConsistency) {
  const auto counts = RunAll("subtreeconsistency", [](const Vector& vector) {
    const auto proof = vector.Proof();
    if (!proof.has_value()) return false;
    return VerifySubtreeConsistency({vector.Number("start"), vector.Number("end")},
                                    vector.Root("root1"), vector.Number("size"),
                                    vector.Root("root2"), *proof)
        .ok();
  });
  EXPECT_EQ(counts, (std::pair{12, 118}));
}

}  // namespace
}  // namespace vault
