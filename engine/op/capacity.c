#include "engine/capacity.h"

static double chunks(uint64_t bytes, uint64_t chunk)
{
	return bytes ? (double)(bytes / chunk + (bytes % chunk != 0)) : 1;
}

double capacity_read(uint64_t bytes, enum read_kind kind)
{
	static const double each[] = {[READ_EVENTUAL] = 0.5, [READ_CONSISTENT] = 1, [READ_TRANSACTIONAL] = 2};
	return chunks(bytes, CAPACITY_READ_BYTES) * each[kind];
}

double capacity_write(uint64_t bytes, bool transactional)
{
	return chunks(bytes, CAPACITY_WRITE_BYTES) * (transactional ? 2 : 1);
}
