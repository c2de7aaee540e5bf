/** What only tests and crypt/ itself need of seal.c. */
#ifndef ENGINE_CRYPT_SEAL_PRIVATE_H
#define ENGINE_CRYPT_SEAL_PRIVATE_H

#include <stdbool.h>

/** Seals with XChaCha20-Poly1305 from now on although the processor has AES (true), or as the processor allows (false). */
void crypt_force_xchacha(bool force);

/** A new salt, as the next open of the store would have. */
void crypt_draw_salt(void);

#endif
