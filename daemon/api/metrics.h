// Metrics: figures about the vault and the service, in Prometheus's text format.
#pragma once

#include <string>

#include "daemon/api/context.h"
#include "daemon/http/request_counts.h"

namespace service {

// MetricsText gives the page. It holds counts, ages and classes: no name, no id of a document,
// matter or person, and no reference, for a scraper keeps what it reads for ever.
// Errors: those of the vault's own counting.
vault::Result<std::string> MetricsText(Context& context, const RequestCounts& requests);

}  // namespace service
