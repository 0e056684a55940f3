// The remote cell: an erasure cell that a custodian holds on another host (CUSTODY.md). Written
// remote:HOST:PORT/PIN@IDENTITY: the custodian's pin, and the file of this host's own identity.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/custody/channel.h"
#include "daemon/custody/identity.h"
#include "daemon/custody/messages.h"
#include "vault/keys/cell_kind.h"

namespace service {

struct RemotePlace {
  HostPort custodian;
  Pin pin{};
  std::string identity_path;  // absolute
};
// Errors: kInvalid.
vault::Result<RemotePlace> ParseRemotePlace(std::string_view where);

// RemoteManner is how long one act may take, and which host this is.
struct RemoteManner {
  std::chrono::milliseconds patience{10'000};
  HostMark here = ThisHost();
};

// ClassOfRemote: "remote" for a physical TPM on another host; "remote (medium)" and "remote (file)"
// for less. On this same machine, or where that is not known, a custodian adds nothing: the cell is
// called what the custodian's own cell is.
vault::CellClass ClassOfRemote(const vault::CellClass& custodians, const HostMark& there,
                               const HostMark& here);

// OpenRemoteCell asks the custodian what its cell is. Each act is a connection of its own, so a
// custodian that was away is found again; an act that was cut off is never repeated.
// Errors: kNotFound, kInvalid the identity; kUnavailable.
vault::Result<std::unique_ptr<vault::ErasureCell>> OpenRemoteCell(const RemotePlace& place,
                                                                  const RemoteManner& manner);

// RemoteKind makes remote cells known to a program (vault::CellKinds::Add). A cell is new when the
// custodian made its own and no slot holds a record.
class RemoteKind final : public vault::CellKind {
 public:
  explicit RemoteKind(RemoteManner manner) : manner_(std::move(manner)) {}
  std::string_view word() const override { return "remote"; }
  // The identity: a copy of the data folder with it could fetch the secret.
  std::string FileOf(const std::string& where) const override;
  vault::Status CheckNew(const vault::CellContext& context,
                         const std::string& where) const override;
  vault::Result<std::unique_ptr<vault::ErasureCell>> Create(
      const vault::CellContext& context, const std::string& where) const override;
  vault::Result<std::unique_ptr<vault::ErasureCell>> Open(const vault::CellContext& context,
                                                          const std::string& where) const override;

 private:
  RemoteManner manner_;
};

}  // namespace service
