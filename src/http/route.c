#include "src/http/route.h"

#define PREFIX "DynamoDB_20120810."

/* A row: {.name = "GetItem", .op = http_get_item, .quick = true}, {.name = "ListTables", .document = op_list_tables, .quick = true}. `quick`: never
 * waits for a write to reach the disk, so the event loop itself may answer. */
static const struct route routes[] = {
	{.name = "PutItem", .op = http_put_item},
	{.name = "GetItem", .op = http_get_item, .quick = true},
	{.name = "UpdateItem", .op = http_update_item},
	{.name = "DeleteItem", .op = http_delete_item},
	{.name = "Query", .op = http_query, .quick = true},
	{.name = "Scan", .op = http_scan},
	{.name = "BatchGetItem", .op = http_batch_get_item},
	{.name = "BatchWriteItem", .op = http_batch_write_item},
	{.name = "TransactGetItems", .op = http_transact_get_items},
	{.name = "TransactWriteItems", .op = http_transact_write_items},
	{.name = "ExecuteStatement", .op = http_execute_statement},
	{.name = "BatchExecuteStatement", .op = http_batch_execute_statement},
	{.name = "ExecuteTransaction", .op = http_execute_transaction},
	{.name = "DescribeEndpoints", .op = http_describe_endpoints, .quick = true},
	{.name = "CreateTable", .document = op_create_table},
	{.name = "DescribeTable", .document = op_describe_table, .quick = true},
	{.name = "UpdateTable", .document = op_update_table},
	{.name = "DeleteTable", .document = op_delete_table},
	{.name = "ListTables", .document = op_list_tables, .quick = true},
	{.name = "TagResource", .document = op_tag_resource},
	{.name = "UntagResource", .document = op_untag_resource},
	{.name = "ListTagsOfResource", .document = op_list_tags_of_resource, .quick = true},
	{.name = "UpdateTimeToLive", .document = op_update_time_to_live},
	{.name = "DescribeTimeToLive", .document = op_describe_time_to_live, .quick = true},
	{.name = "DescribeLimits", .document = op_describe_limits, .quick = true},
	/* What the service has, and this does not have yet. */
	{.name = "CreateBackup"},
	{.name = "CreateGlobalTable"},
	{.name = "DeleteBackup"},
	{.name = "DeleteResourcePolicy"},
	{.name = "DescribeBackup"},
	{.name = "DescribeContinuousBackups"},
	{.name = "DescribeContributorInsights"},
	{.name = "DescribeExport"},
	{.name = "DescribeGlobalTable"},
	{.name = "DescribeGlobalTableSettings"},
	{.name = "DescribeImport"},
	{.name = "DescribeKinesisStreamingDestination"},
	{.name = "DescribeTableReplicaAutoScaling"},
	{.name = "DisableKinesisStreamingDestination"},
	{.name = "EnableKinesisStreamingDestination"},
	{.name = "ExportTableToPointInTime"},
	{.name = "GetResourcePolicy"},
	{.name = "ImportTable"},
	{.name = "ListBackups"},
	{.name = "ListContributorInsights"},
	{.name = "ListExports"},
	{.name = "ListGlobalTables"},
	{.name = "ListImports"},
	{.name = "PutResourcePolicy"},
	{.name = "RestoreTableFromBackup"},
	{.name = "RestoreTableToPointInTime"},
	{.name = "UpdateContinuousBackups"},
	{.name = "UpdateContributorInsights"},
	{.name = "UpdateGlobalTable"},
	{.name = "UpdateGlobalTableSettings"},
	{.name = "UpdateKinesisStreamingDestination"},
	{.name = "UpdateTableReplicaAutoScaling"},
	{0},
};

const struct route *route_find(struct slice target)
{
	if (!slice_has_prefix(target, SLICE_LIT(PREFIX)))
		return NULL;
	target = slice_from(target, sizeof PREFIX - 1);
	for (const struct route *r = routes; r->name; r++)
		if (slice_eq_str(target, r->name))
			return r;
	return NULL;
}
