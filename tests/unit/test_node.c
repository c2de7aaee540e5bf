/** fs/node.h: found by identity, alive while somebody holds it, cheap, in the order of last use. */
#include "tests/unit/harness.h"

#include "fs/kind.h"
#include "fs/node.h"

static struct nodes nodes;

static int setup(void **state)
{
	nodes_init(&nodes, &kind_root, 100);
	return 0;
}

static int teardown(void **state)
{
	nodes_finish(&nodes);
	return 0;
}

static struct node *enter(struct node *parent, const struct kind *kind, const char *name)
{
	return node_enter(&nodes, parent, kind, slice_str(name), NULL, 0);
}

static void same_identity_same_node(void **state)
{
	struct node *a = enter(nodes.root, &kind_vdir, "a");
	assert_ptr_equal(a, enter(nodes.root, &kind_vdir, "a"));
	assert_ptr_not_equal(a, enter(nodes.root, &kind_text, "a"));
	assert_ptr_not_equal(a, enter(a, &kind_vdir, "a"));
	assert_int_equal(a->lookups, 2);
	assert_ptr_equal(node_from_number(&nodes, node_number(&nodes, a)), a);
	assert_int_equal(node_number(&nodes, nodes.root), FUSE_ROOT_ID);
	assert_int_equal(nodes_count(&nodes), 3);
}

static void forgotten_with_its_parents(void **state)
{
	struct node *a = enter(nodes.root, &kind_vdir, "a"), *b = enter(a, &kind_vdir, "b"), *c = enter(b, &kind_doc, "c");
	node_forget(&nodes, a, 1);
	node_forget(&nodes, b, 1);
	assert_int_equal(nodes_count(&nodes), 3);
	node_forget(&nodes, c, 1);
	assert_int_equal(nodes_count(&nodes), 0);
	assert_null(node_find(&nodes, nodes.root, &kind_vdir, SLICE_LIT("a")));
}

static void pinned_stays(void **state)
{
	struct node *a = enter(nodes.root, &kind_vdir, "a");
	node_pin(&nodes, a);
	node_forget(&nodes, a, 1);
	struct node *found = node_find(&nodes, nodes.root, &kind_vdir, SLICE_LIT("a"));
	assert_ptr_equal(found, a);
	node_unpin(&nodes, found);
	node_unpin(&nodes, a);
	assert_int_equal(nodes_count(&nodes), 0);
}

static void removed_makes_room(void **state)
{
	struct node *a = enter(nodes.root, &kind_doc, "a");
	node_remove(&nodes, a);
	struct node *b = enter(nodes.root, &kind_doc, "a");
	assert_ptr_not_equal(a, b);
	assert_true(node_is(a, NODE_GONE));
	node_forget(&nodes, a, 1);
	assert_int_equal(nodes_count(&nodes), 1);
}

static void moved(void **state)
{
	struct node *d1 = enter(nodes.root, &kind_vdir, "1"), *d2 = enter(nodes.root, &kind_vdir, "2");
	struct node *a = enter(d1, &kind_doc, "a"), *b = enter(d2, &kind_doc, "b");
	struct slice before = node_bytes(a);
	assert_int_equal(node_move(&nodes, a, d2, SLICE_LIT("b")), 1);
	assert_true(slice_eq_str(before, "a"));
	assert_true(slice_eq_str(node_bytes(a), "b"));
	assert_ptr_equal(node_parent(a), d2);
	assert_true(node_is(b, NODE_GONE));
	assert_null(node_find(&nodes, d1, &kind_doc, SLICE_LIT("a")));
	node_forget(&nodes, b, 1);
	node_forget(&nodes, d1, 1);
	node_forget(&nodes, d2, 1);
	node_forget(&nodes, a, 1);
	assert_int_equal(nodes_count(&nodes), 0);
}

static void oldest_first(void **state)
{
	struct node *all[150], *old[200];
	char name[16];
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof name, "%d", i);
		all[i] = enter(nodes.root, &kind_doc, name);
	}
	assert_true(nodes_over(&nodes));
	enter(nodes.root, &kind_doc, "0"); /* used again: not among the oldest any more */
	size_t n = nodes_pin_oldest(&nodes, old, 200);
	assert_int_equal(n, 50);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(old[i], all[i + 1]);
		node_unpin(&nodes, old[i]);
	}
}

/** limits.md: under 300 bytes for a cached inode. */
static void memory(void **state)
{
	assert_true(sizeof(struct node) + 64 + 16 + sizeof(struct node *) * 2 < 300);
}

static void many(void **state)
{
	char name[16];
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "%d", i);
		enter(nodes.root, &kind_doc, name);
	}
	assert_int_equal(nodes_count(&nodes), 100000);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "%d", i);
		struct node *n = node_find(&nodes, nodes.root, &kind_doc, slice_str(name));
		assert_non_null(n);
		node_unpin(&nodes, n);
		node_forget(&nodes, n, 1);
	}
	assert_int_equal(nodes_count(&nodes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_identity_same_node, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_with_its_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(pinned_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_makes_room, setup, teardown),
		cmocka_unit_test_setup_teardown(moved, setup, teardown),
		cmocka_unit_test_setup_teardown(oldest_first, setup, teardown),
		cmocka_unit_test_setup_teardown(memory, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
