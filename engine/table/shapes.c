#include "engine/table/shapes.h"

#include "engine/limits.h"

#define VALUES(...)                                                                                                                \
	.kind = SHAPE_TEXT, .type = "String", .values = (const char *const[])                                                      \
	{                                                                                                                          \
		__VA_ARGS__, NULL                                                                                                  \
	}
#define TEXT(...) .kind = SHAPE_TEXT, .type = "String", __VA_ARGS__
#define LIST(of) .kind = SHAPE_LIST, .type = "List", .element = &of
#define OBJECT(name, ...)                                                                                                          \
	.kind = SHAPE_OBJECT, .type = name, .members = (const struct shape_member[])                                               \
	{                                                                                                                          \
		__VA_ARGS__ __VA_OPT__(, )                                                                                         \
		{                                                                                                                  \
			NULL, NULL, false                                                                                          \
		}                                                                                                                  \
	}

static const struct shape any_text = {TEXT()};
static const struct shape flag = {.kind = SHAPE_BOOL, .type = "Boolean"};
static const struct shape units = {.kind = SHAPE_NUMBER, .type = "Long", .min = 1};
static const struct shape maximum = {.kind = SHAPE_NUMBER, .type = "Long"}; /* -1 takes it away */
static const struct shape page_size = {.kind = SHAPE_NUMBER, .type = "Integer", .min = 1, .max = 100};

static const struct shape table_name = {TEXT(.name_pattern = true)}; /* its length has a message of its own */
static const struct shape start_name = {TEXT(.name_pattern = true, .min = LIMIT_TABLE_NAME_MIN, .max = LIMIT_TABLE_NAME_MAX)};
static const struct shape index_name = {TEXT(.name_pattern = true, .min = 3, .max = LIMIT_INDEX_NAME_MAX)};
static const struct shape key_name = {TEXT(.min = 1, .max = LIMIT_KEY_ATTR_NAME)};
static const struct shape key_type = {VALUES("HASH", "RANGE")};
static const struct shape attribute_type = {VALUES("B", "N", "S")};

static const struct shape attribute_definition = {
	OBJECT("AttributeDefinition", {"AttributeName", &key_name, true}, {"AttributeType", &attribute_type, true})};
static const struct shape attribute_definitions = {LIST(attribute_definition)};
static const struct shape key_element = {
	OBJECT("KeySchemaElement", {"AttributeName", &key_name, true}, {"KeyType", &key_type, true})};
static const struct shape key_schema = {LIST(key_element), .min = 1, .max = 2};

static const struct shape projection_type = {VALUES("ALL", "INCLUDE", "KEYS_ONLY")};
static const struct shape non_key_attributes = {LIST(key_name), .min = 1, .max = 20};
static const struct shape projection = {
	OBJECT("Projection", {"ProjectionType", &projection_type, false}, {"NonKeyAttributes", &non_key_attributes, false})};

static const struct shape throughput = {
	OBJECT("ProvisionedThroughput", {"WriteCapacityUnits", &units, true}, {"ReadCapacityUnits", &units, true})};
static const struct shape on_demand = {
	OBJECT("OnDemandThroughput", {"MaxReadRequestUnits", &maximum, false}, {"MaxWriteRequestUnits", &maximum, false})};
static const struct shape warm = {
	OBJECT("WarmThroughput", {"ReadUnitsPerSecond", &units, false}, {"WriteUnitsPerSecond", &units, false})};
static const struct shape billing_mode = {VALUES("PROVISIONED", "PAY_PER_REQUEST")};
static const struct shape table_class = {VALUES("STANDARD", "STANDARD_INFREQUENT_ACCESS")};

static const struct shape local_index = {OBJECT("LocalSecondaryIndex", {"IndexName", &index_name, true},
	{"KeySchema", &key_schema, true}, {"Projection", &projection, true})};
static const struct shape local_indexes = {LIST(local_index)};
#define GLOBAL_INDEX                                                                                                               \
	{"IndexName", &index_name, true}, {"KeySchema", &key_schema, true}, {"Projection", &projection, true},                     \
		{"ProvisionedThroughput", &throughput, false}, {"OnDemandThroughput", &on_demand, false},                          \
	{                                                                                                                          \
		"WarmThroughput", &warm, false                                                                                     \
	}
static const struct shape global_index = {OBJECT("GlobalSecondaryIndex", GLOBAL_INDEX)};
static const struct shape global_indexes = {LIST(global_index)};

static const struct shape stream_view = {VALUES("KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE")};
static const struct shape stream = {
	OBJECT("StreamSpecification", {"StreamEnabled", &flag, true}, {"StreamViewType", &stream_view, false})};
static const struct shape sse_type = {VALUES("AES256", "KMS")};
static const struct shape sse = {
	OBJECT("SSESpecification", {"Enabled", &flag, false}, {"SSEType", &sse_type, false}, {"KMSMasterKeyId", &any_text, false})};
static const struct shape tag_key = {TEXT(.min = 1, .max = LIMIT_TAG_KEY)};
static const struct shape tag_value = {TEXT(.max = LIMIT_TAG_VALUE)};
static const struct shape tag = {OBJECT("Tag", {"Key", &tag_key, true}, {"Value", &tag_value, true})};
static const struct shape tags = {LIST(tag)};
static const struct shape tag_keys = {LIST(tag_key)};
static const struct shape ttl = {OBJECT("TimeToLiveSpecification", {"Enabled", &flag, true}, {"AttributeName", &key_name, true})};
static const struct shape owner = {OBJECT("Owner", {"Uid", &maximum, false}, {"Gid", &maximum, false}, {"Mode", &any_text, false})};

#define DEFINITION(name_required)                                                                                                  \
	{"AttributeDefinitions", &attribute_definitions, true}, {"TableName", &table_name, name_required},                         \
		{"KeySchema", &key_schema, true}, {"LocalSecondaryIndexes", &local_indexes, false},                                \
		{"GlobalSecondaryIndexes", &global_indexes, false}, {"BillingMode", &billing_mode, false},                         \
		{"ProvisionedThroughput", &throughput, false}, {"StreamSpecification", &stream, false},                            \
		{"SSESpecification", &sse, false}, {"Tags", &tags, false}, {"TableClass", &table_class, false},                    \
		{"DeletionProtectionEnabled", &flag, false}, {"WarmThroughput", &warm, false},                                     \
		{"ResourcePolicy", &any_text, false},                                                                              \
	{                                                                                                                          \
		"OnDemandThroughput", &on_demand, false                                                                            \
	}

const struct shape shape_create_table = {OBJECT("CreateTableInput", DEFINITION(true))};
const struct shape shape_definition = {
	OBJECT("Definition", DEFINITION(false), {"TimeToLiveSpecification", &ttl, false}, {"Owner", &owner, false})};

static const struct shape update_index = {
	OBJECT("UpdateGlobalSecondaryIndexAction", {"IndexName", &index_name, true}, {"ProvisionedThroughput", &throughput, false},
		{"OnDemandThroughput", &on_demand, false}, {"WarmThroughput", &warm, false})};
static const struct shape create_index = {OBJECT("CreateGlobalSecondaryIndexAction", GLOBAL_INDEX)};
static const struct shape delete_index = {OBJECT("DeleteGlobalSecondaryIndexAction", {"IndexName", &index_name, true})};
static const struct shape index_change = {OBJECT("GlobalSecondaryIndexUpdate", {"Update", &update_index, false},
	{"Create", &create_index, false}, {"Delete", &delete_index, false})};
static const struct shape index_changes = {LIST(index_change)};

const struct shape shape_update_table = {OBJECT("UpdateTableInput", {"AttributeDefinitions", &attribute_definitions, false},
	{"TableName", &table_name, true}, {"BillingMode", &billing_mode, false}, {"ProvisionedThroughput", &throughput, false},
	{"GlobalSecondaryIndexUpdates", &index_changes, false}, {"StreamSpecification", &stream, false},
	{"SSESpecification", &sse, false}, {"TableClass", &table_class, false}, {"DeletionProtectionEnabled", &flag, false},
	{"OnDemandThroughput", &on_demand, false}, {"WarmThroughput", &warm, false})};

const struct shape shape_table_name = {OBJECT("DescribeTableInput", {"TableName", &table_name, true})};
const struct shape shape_list_tables = {
	OBJECT("ListTablesInput", {"ExclusiveStartTableName", &start_name, false}, {"Limit", &page_size, false})};

static const struct shape resource_arn = {TEXT(.min = 1, .max = 1283)};
const struct shape shape_tag_resource = {OBJECT("TagResourceInput", {"ResourceArn", &resource_arn, false}, {"Tags", &tags, false})};
const struct shape shape_untag_resource = {
	OBJECT("UntagResourceInput", {"ResourceArn", &resource_arn, false}, {"TagKeys", &tag_keys, false})};
const struct shape shape_list_tags_of_resource = {
	OBJECT("ListTagsOfResourceInput", {"ResourceArn", &resource_arn, false}, {"NextToken", &any_text, false})};
const struct shape shape_update_time_to_live = {
	OBJECT("UpdateTimeToLiveInput", {"TableName", &table_name, true}, {"TimeToLiveSpecification", &ttl, true})};
const struct shape shape_describe_limits = {OBJECT("DescribeLimitsInput")};
