// BackupManifest: what a backup consists of, signed by the vault's log key (FORMAT.md §11).
//
//   manifest = text "\n" "— " origin " " base64(key id[4] || Ed25519(text)) "\n"
//   text     = "strongroom-backup/v1\n" "vault " hex "\n" "time " minute "\n" "mark " decimal "\n"
//              "epoch " decimal "\n" "inserts " decimal "\n"
//              "register " name " " size " " sha256 "\n" "list " name " " size " " sha256 "\n"
//              "blobs " count " " bytes "\n" "\n" checkpoint
//   list     = *( "blob " hex " " size " " sha256 "\n" ), in order of name
//
// Parsing accepts exactly what formatting writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "vault/audit/audit_log.h"
#include "vault/audit/checkpoint.h"
#include "vault/base/clock.h"
#include "vault/base/ids.h"
#include "vault/store/file_copy.h"

namespace vault {

// The files of a backup folder that have a fixed name.
inline constexpr std::string_view kBackupMarker = "strongroom-backup";
inline constexpr std::string_view kBackupManifest = "manifest";
inline constexpr std::string_view kBackupBlobs = "blobs";

// BackupPart is one file of a backup, named in the manifest.
struct BackupPart {
  std::string name;
  FileFacts facts;
};

struct BackupManifest {
  StoreId store;
  UnixSeconds time = 0;  // to the minute
  UnixSeconds mark = 0;  // the vault's time mark
  std::uint64_t epoch = 0;
  std::uint64_t inserts = 0;
  BackupPart register_copy;
  BackupPart list;
  std::uint64_t blob_count = 0;
  std::uint64_t blob_bytes = 0;
  std::string checkpoint;  // of the log inside the register's copy
};

// SignManifest writes a manifest. Errors: kInvalid the origin is no log's name.
Result<std::string> SignManifest(const BackupManifest& manifest, const std::string& origin,
                                 const LogSigner& signer);
// ReadManifest takes a manifest apart; nothing is proved yet. Errors: kCorrupt.
Result<BackupManifest> ReadManifest(std::string_view text);
// VerifyManifest checks signature and checkpoint under the vault's log key and gives the head of
// the log inside. Errors: kCorrupt.
Result<TreeHead> VerifyManifest(std::string_view text, const SigningPublicKey& key);

// BlobList is the list of a backup.
using BlobList = std::map<BlobName, FileFacts>;
std::string FormatBlobList(const BlobList& list);
// Errors: kCorrupt.
Result<BlobList> ReadBlobList(std::string_view text);
// BlobPath is where a blob lies below a backup's folder.
std::string BackupBlobFolder(const std::string& folder, const BlobName& name);
std::string BackupBlobPath(const std::string& folder, const BlobName& name);

// OpenNote checks a note of one signature under the log key, whatever its origin.
// Errors: kCorrupt.
Result<TreeHead> OpenOwnCheckpoint(std::string_view note, const SigningPublicKey& key);

}  // namespace vault
