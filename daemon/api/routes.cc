#include "daemon/api/routes.h"

namespace service {

void AddRoutes(Router& router, Context& context) {
  AddVaultRoutes(router, context);
  AddCustodyRoutes(router, context);
  AddSessionRoutes(router, context);
  AddAgencyRoutes(router, context);
  AddPeopleRoutes(router, context);
  AddDeputyRoutes(router, context);
  AddTokenRoutes(router, context);
  AddMatterRoutes(router, context);
  AddMatterActRoutes(router, context);
  AddRecordRoutes(router, context);
  AddPlanRoutes(router, context);
  AddDocumentRoutes(router, context);
  AddFilingRoutes(router, context);
  AddShareRoutes(router, context);
  AddLinkRoutes(router, context);
  AddSearchRoutes(router, context);
  AddReportRoutes(router, context);
  AddSampleRoutes(router, context);
  AddHoldRoutes(router, context);
  AddDisposalRoutes(router, context);
  AddBackupRoutes(router, context);
  AddOrphanRoutes(router, context);
  AddLogRoutes(router, context);
}

}  // namespace service
