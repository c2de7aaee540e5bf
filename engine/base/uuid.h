/** Random (version 4) UUIDs as text, lower case, NUL-terminated. */
#ifndef ENGINE_BASE_UUID_H
#define ENGINE_BASE_UUID_H

void uuid_make(char text[37]);

#endif
