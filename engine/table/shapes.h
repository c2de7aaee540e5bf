/** The shapes of the documents that the operations on tables take. Source: DynamoDB API Reference, each operation's request. */
#ifndef ENGINE_TABLE_SHAPES_H
#define ENGINE_TABLE_SHAPES_H

#include "engine/table/shape.h"

extern const struct shape shape_definition;   /* .schema.json: CreateTable and what is ours */
extern const struct shape shape_create_table, shape_update_table, shape_list_tables;
extern const struct shape shape_table_name;   /* DescribeTable, DeleteTable, DescribeTimeToLive */
extern const struct shape shape_tag_resource, shape_untag_resource, shape_list_tags_of_resource;
extern const struct shape shape_update_time_to_live, shape_describe_limits;

#endif
