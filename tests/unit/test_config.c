/** Settings: what wins, what is refused, and with which words. */
#include "tests/unit/harness.h"

#include "src/config.h"

static char home[] = "/tmp/itemfs-config-XXXXXX";

static void write_config(const char *text)
{
	char path[64];
	snprintf(path, sizeof path, "%s/itemfs.conf", home);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static enum status load(struct settings *s, const char *text)
{
	write_config(text);
	h_err = (struct err){0};
	return config_load(s, "/srv/shop", &h_err);
}

static void test_ranks(void **state)
{
	struct settings s;
	settings_init(&s);
	assert_ok(config_mount_options(&s, "threads=3", &h_err));
	assert_ok(load(&s, "; ours\n[mount]\nallow-other = yes\nthreads = 5\nkey_file = /k/all\n"
			   "[/srv/shop]\nkey-file = /k/shop\n[/srv/other]\nkey-file = /k/other\nread-only = yes\n"));
	assert_true(s.allow_other);
	assert_false(s.read_only);
	assert_int_equal(3, s.threads);
	assert_string_equal("/k/shop", s.key_file);
	assert_int_equal(RANK_FILE_STORE, config_rank_of(&s, "key-file"));
	assert_int_equal(RANK_DEFAULT, config_rank_of(&s, "credential"));
	settings_finish(&s);
}

static void check_refused(const char *text, const char *line, const char *says)
{
	struct settings s;
	settings_init(&s);
	assert_status(ST_VALIDATION, load(&s, text));
	if (!strstr(h_err.text, line) || !strstr(h_err.text, says))
		fail_msg("said: %s", h_err.text);
	settings_finish(&s);
}

static void test_refused(void **state)
{
	check_refused("[mount]\n\nno-such = 1\n", "itemfs.conf:3:", "allow-other");
	check_refused("[mount]\nthreads = many\n", "itemfs.conf:2:", "a number");
	check_refused("[mount]\nallow-other = perhaps\n", "itemfs.conf:2:", "yes or no");
	check_refused("[mount]\nkey-file = relative\n", "itemfs.conf:2:", "absolute");
	check_refused("[shop]\nthreads = 1\n", "itemfs.conf:2:", "[/path/of/a/store]");
	check_refused("[mount]\nforeground = yes\n", "itemfs.conf:2:", "foreground");
	check_refused("[mount]\nwhat is this\n", "itemfs.conf:2", "name = value");
	check_refused("[mount]\nthreads = 1x\nthreads = 2y\n", "itemfs.conf:2:", "1x");
}

static void test_mount_words(void **state)
{
	struct settings s;
	settings_init(&s);
	assert_ok(config_mount_options(&s, "rw,defaults,noauto,user,nofail,_netdev,x-systemd.automount,comment=a=b,,", &h_err));
	assert_false(s.read_only);
	assert_null(s.fuse_options);
	assert_ok(config_mount_options(&s, "ro,nosuid,allow_other,key_file=/k,map_size=2G,dev,log_level=debug", &h_err));
	assert_true(s.read_only && s.allow_other);
	assert_string_equal("/k", s.key_file);
	assert_int_equal(UINT64_C(2) << 30, s.map_size);
	assert_string_equal("nosuid,dev", s.fuse_options);
	assert_status(ST_USAGE, config_mount_options(&s, "allow_othr", &h_err));
	assert_non_null(strstr(h_err.text, "allow-other"));
	assert_status(ST_USAGE, config_mount_options(&s, "threads", &h_err));
	assert_status(ST_USAGE, config_mount_options(&s, "passphrase=secret", &h_err));
	settings_finish(&s);
}

static void test_no_file(void **state)
{
	struct settings s;
	settings_init(&s);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	assert_ok(config_load(&s, "/srv/shop", &h_err));
	setenv("XDG_CONFIG_HOME", home, 1);
	settings_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_mount_words),
		cmocka_unit_test(test_no_file),
	};
	char path[64];
	if (!mkdtemp(home))
		return 1;
	setenv("XDG_CONFIG_HOME", home, 1);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(path, sizeof path, "%s/itemfs.conf", home);
	unlink(path);
	rmdir(home);
	return failed;
}
