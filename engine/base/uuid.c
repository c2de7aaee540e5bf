#include "engine/base/uuid.h"

#include <sodium.h>
#include <stdint.h>

void uuid_make(char text[37])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t b[16];
	char *to = text;
	randombytes_buf(b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex[b[i] >> 4];
		*to++ = hex[b[i] & 15];
	}
	*to = 0;
}
