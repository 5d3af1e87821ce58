// SPDX-License-Identifier: MIT
/*
 * Stepping aside for libc.
 *
 * In a host test libc already owns memcpy and its kin, and ASan checks what is
 * passed to them.  There our functions are called own_memcpy ..., so that both can
 * be linked, ours be tested against libc's, and the rest of lib/ and mm/ call the
 * checked ones.  In the kernel (a freestanding build) nothing is renamed.
 *
 * The files that define such names include it, ahead of their own header; that
 * also keeps <lib/string.h> from turning the names into builtins under them.
 */
#ifndef LIB_HOSTED_H
#define LIB_HOSTED_H

#if __STDC_HOSTED__
#define memcpy		own_memcpy
#define memmove		own_memmove
#define memset		own_memset
#define memcmp		own_memcmp
#define memchr		own_memchr
#define strlen		own_strlen
#define strnlen		own_strnlen
#define strcmp		own_strcmp
#define strncmp		own_strncmp
#define strchr		own_strchr
#define strrchr		own_strrchr
#define strstr		own_strstr
#define strspn		own_strspn
#define strcspn		own_strcspn
#define strcpy		own_strcpy
#define strcat		own_strcat
#define vsnprintf	own_vsnprintf
#define snprintf	own_snprintf
#endif

#endif
