// Routes: the whole contract of daemon/API.md, one function for each noun.
#pragma once

#include "daemon/api/context.h"
#include "daemon/http/router.h"

namespace service {

// AddRoutes adds every route. The context outlives the router.
void AddRoutes(Router& router, Context& context);

void AddVaultRoutes(Router& router, Context& context);
void AddCustodyRoutes(Router& router, Context& context);
void AddSessionRoutes(Router& router, Context& context);
void AddAgencyRoutes(Router& router, Context& context);
void AddPeopleRoutes(Router& router, Context& context);
void AddDeputyRoutes(Router& router, Context& context);
void AddTokenRoutes(Router& router, Context& context);
void AddMatterRoutes(Router& router, Context& context);
void AddMatterActRoutes(Router& router, Context& context);
void AddRecordRoutes(Router& router, Context& context);
void AddPlanRoutes(Router& router, Context& context);
void AddDocumentRoutes(Router& router, Context& context);
void AddFilingRoutes(Router& router, Context& context);
void AddShareRoutes(Router& router, Context& context);
void AddLinkRoutes(Router& router, Context& context);
void AddSearchRoutes(Router& router, Context& context);
void AddReportRoutes(Router& router, Context& context);
void AddSampleRoutes(Router& router, Context& context);
void AddHoldRoutes(Router& router, Context& context);
void AddDisposalRoutes(Router& router, Context& context);
void AddBackupRoutes(Router& router, Context& context);
void AddOrphanRoutes(Router& router, Context& context);
void AddLogRoutes(Router& router, Context& context);

}  // namespace service
