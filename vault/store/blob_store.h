// BlobStore: opaque encrypted files under random names.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/ids.h"
#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/crypto/container.h"
#include "vault/store/disk.h"

namespace vault {

// BlobWriter takes the bytes of one new blob. A writer that goes without Commit leaves nothing.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual BlobName name() const = 0;
  virtual Status Write(ByteView bytes) = 0;
  // Commit makes the bytes durable (file and folder synced) in the area of new blobs.
  virtual Status Commit() = 0;
};

// BlobStore keeps blobs. New ones lie in an area of their own until Settle: only that area is
// searched for dust at start.    Threads: safe from any thread; one writer per thread.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> Create() = 0;
  // Open reads a blob, settled or new. Errors: kNotFound; kUnavailable.
  virtual Result<std::unique_ptr<RandomAccess>> Open(const BlobName& name) = 0;
  // Settle moves a committed blob out of the new area (after the register commit). Done twice is
  // done.
  virtual Status Settle(const BlobName& name) = 0;
  // SettleSoon settles the blob together with others, with one sync a folder, once kSettleTogether
  // of them wait; those that still wait at the end are settled by the next start. Nobody needs to
  // wait for it: a blob is as durable and as readable in the new area.
  // Errors: kUnavailable some of those that waited stay in the new area.
  static constexpr std::size_t kSettleTogether = 64;
  virtual Status SettleSoon(const BlobName& name) = 0;
  // Remove deletes a blob, settled or new, durably. An absent one is done already.
  virtual Status Remove(const BlobName& name) = 0;
  // RemoveMany is Remove for many blobs, with one sync a folder. Gives the names of those that
  // could not be removed: they are still there, or may come back after a power failure.
  virtual std::vector<BlobName> RemoveMany(const std::vector<BlobName>& names) = 0;
  virtual Result<std::vector<BlobName>> ListNew() = 0;
  // ListAll visits every blob, settled and new.
  virtual Status ListAll(const std::function<Status(const BlobName&)>& visit) = 0;
};

// NewFileBlobStore keeps blobs as files: root/new/<32 hex> and root/<2 hex>/<32 hex>.
// Errors: kUnavailable.
Result<std::unique_ptr<BlobStore>> NewFileBlobStore(Disk& disk, const std::string& root,
                                                    RandomSource& random);

}  // namespace vault
