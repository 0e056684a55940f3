// HttpsServer: a server on a free port with a certificate of its own, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "daemon/http/self_signed.h"
#include "daemon/http/server.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace service {

inline constexpr vault::UnixSeconds kServerTime = 1783594800;  // Thu, 09 Jul 2026 11:00:00 GMT

class HttpsServer {
 public:
  HttpsServer(ServerOptions options, const Router& router) {
    options.port = 0;
    options.clock = &clock_;
    options.certificate_path = folder_.At("certificate.pem");
    options.key_path = folder_.At("key.pem");
    EXPECT_TRUE(MakeSelfSignedCertificate(
                    {options.certificate_path, options.key_path, {}, kServerTime - 86400})
                    .ok());
    auto server = Server::Start(options, router);
    CHECK(server.ok());
    server_ = std::move(server).value();
  }

  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }

 private:
  vault::TempFolder folder_;
  vault::FakeClock clock_{kServerTime};
  std::unique_ptr<Server> server_;
};

}  // namespace service
