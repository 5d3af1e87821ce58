// SPDX-License-Identifier: MIT
/*
 * Formatted print.
 *
 * One formatter, vprintf_emit, which hands out pieces; printing into a buffer is
 * one such receiver, the console another.  So a long line needs no buffer, and
 * nothing here has a limit on the length of a string.
 *
 * Numbers are made from the right in a small buffer, and then framed:
 *
 *	[spaces] [sign or 0x] [zeros] digits [spaces]
 */
#include <lib/hosted.h>
#include <lib/printf.h>

#include <lib/string.h>

struct sink {
	void (*emit)(void *arg, const char *s, size_t n);
	void *arg;
};

/* What stands between the % and the letter. */
struct spec {
	bool left, zero, plus, space, alt;
	int width;
	int precision;			/* -1: none given */
	int size;			/* of the argument, bytes */
};

#define DIGITS_MAX 22			/* 2^64 in octal */

static const char *parse_spec(const char *p, struct spec *spec, va_list *ap);
static void put_directive(struct sink *sink, char letter, const struct spec *spec, va_list *ap);

static void put(struct sink *sink, const char *s, size_t n)
{
	if (n)
		sink->emit(sink->arg, s, n);
}

void vprintf_emit(void (*emit)(void *arg, const char *s, size_t n), void *arg,
		  const char *fmt, va_list args)
{
	struct sink sink = { emit, arg };
	struct spec spec;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		const char *text = fmt, *directive;

		while (*fmt && *fmt != '%')
			fmt++;
		put(&sink, text, fmt - text);
		if (!*fmt)
			break;

		directive = fmt;
		fmt = parse_spec(fmt + 1, &spec, &ap);
		if (*fmt && strchr("diuxXocsp%", *fmt)) {
			put_directive(&sink, *fmt++, &spec, &ap);
		} else {
			fmt += *fmt != '\0';
			put(&sink, directive, fmt - directive);
		}
	}
	va_end(ap);
}

static const char *parse_flags(const char *p, struct spec *spec)
{
	for (;; p++) {
		switch (*p) {
		case '-': spec->left = true; break;
		case '0': spec->zero = true; break;
		case '+': spec->plus = true; break;
		case ' ': spec->space = true; break;
		case '#': spec->alt = true; break;
		default: return p;
		}
	}
}

/* Digits, or * for an int argument; no digits are 0. */
static const char *parse_count(const char *p, int *count, va_list *ap)
{
	*count = 0;
	if (*p == '*') {
		*count = va_arg(*ap, int);
		return p + 1;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		if (*count < 100000000)
			*count = *count * 10 + (*p - '0');
	return p;
}

static const char *parse_size(const char *p, int *size)
{
	switch (*p) {
	case 'h':
		*size = p[1] == 'h' ? sizeof(char) : sizeof(short);
		return p[1] == 'h' ? p + 2 : p + 1;
	case 'l':
		*size = sizeof(long);
		return p[1] == 'l' ? p + 2 : p + 1;
	case 'z':
	case 't':
	case 'j':
		*size = sizeof(long);
		return p + 1;
	default:
		*size = sizeof(int);
		return p;
	}
}

static const char *parse_spec(const char *p, struct spec *spec, va_list *ap)
{
	*spec = (struct spec){ .precision = -1 };
	p = parse_flags(p, spec);
	p = parse_count(p, &spec->width, ap);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*p == '.') {
		p = parse_count(p + 1, &spec->precision, ap);
		if (spec->precision < 0)
			spec->precision = -1;
	}
	return parse_size(p, &spec->size);
}

static void pad(struct sink *sink, char c, int n)
{
	static const char spaces[] = "                ", zeros[] = "0000000000000000";

	for (int piece; n > 0; n -= piece) {
		piece = n < 16 ? n : 16;
		put(sink, c == '0' ? zeros : spaces, piece);
	}
}

/* [spaces] s [spaces] */
static void put_text(struct sink *sink, const char *s, size_t len, const struct spec *spec)
{
	int room = len < (size_t)spec->width ? spec->width - (int)len : 0;

	if (!spec->left)
		pad(sink, ' ', room);
	put(sink, s, len);
	if (spec->left)
		pad(sink, ' ', room);
}

/* [spaces] prefix [zeros] digits [spaces] */
static void put_number(struct sink *sink, const char *prefix, const char *digits, int len,
		       const struct spec *spec)
{
	int prefix_len = strlen(prefix);
	int zeros = spec->precision > len ? spec->precision - len : 0;
	int room = spec->width - prefix_len - zeros - len;

	if (spec->zero && !spec->left && spec->precision < 0 && room > 0) {
		zeros = room;
		room = 0;
	}
	if (!spec->left)
		pad(sink, ' ', room);
	put(sink, prefix, prefix_len);
	pad(sink, '0', zeros);
	put(sink, digits, len);
	if (spec->left)
		pad(sink, ' ', room);
}

/* Write the digits of @value so that they end at @end.  Returns where they begin; 0 has none. */
static char *make_digits(char *end, unsigned long value, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = digits[value % base];
	return end;
}

static void put_unsigned(struct sink *sink, unsigned long value, char letter,
			 const char *prefix, const struct spec *spec)
{
	unsigned int base = letter == 'o' ? 8 : letter == 'x' || letter == 'X' ? 16 : 10;
	char buf[DIGITS_MAX + 1], *end = buf + sizeof(buf);
	char *digits = make_digits(end, value, base, letter == 'X');

	if (spec->alt && base == 16 && value)
		prefix = letter == 'X' ? "0X" : "0x";
	if (value == 0 && spec->precision != 0)
		*--digits = '0';
	if (spec->alt && base == 8 && spec->precision <= end - digits &&
	    (digits == end || *digits != '0'))
		*--digits = '0';
	put_number(sink, prefix, digits, end - digits, spec);
}

static void put_signed(struct sink *sink, long value, const struct spec *spec)
{
	const char *prefix = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";

	put_unsigned(sink, value < 0 ? -(unsigned long)value : (unsigned long)value, 'd',
		     prefix, spec);
}

static void put_pointer(struct sink *sink, const void *ptr, const struct spec *spec)
{
	char buf[DIGITS_MAX + 1], *end = buf + sizeof(buf), *digits;

	digits = make_digits(end, (unsigned long)ptr, 16, false);
	if (!ptr)
		*--digits = '0';
	put_number(sink, "0x", digits, end - digits, spec);
}

static void put_string(struct sink *sink, const char *s, const struct spec *spec)
{
	if (!s)
		s = "(null)";
	put_text(sink, s, spec->precision < 0 ? strlen(s) : strnlen(s, spec->precision), spec);
}

static long signed_argument(int size, va_list *ap)
{
	switch (size) {
	case sizeof(char):
		return (s8)va_arg(*ap, int);
	case sizeof(short):
		return (s16)va_arg(*ap, int);
	case sizeof(int):
		return va_arg(*ap, int);
	default:
		return va_arg(*ap, long);
	}
}

static unsigned long unsigned_argument(int size, va_list *ap)
{
	unsigned long value = signed_argument(size, ap);

	return size == sizeof(long) ? value : value & (BIT(8 * size) - 1);
}

static void put_directive(struct sink *sink, char letter, const struct spec *spec, va_list *ap)
{
	char c;

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(sink, signed_argument(spec->size, ap), spec);
		break;
	case 'c':
		c = va_arg(*ap, int);
		put_text(sink, &c, 1, spec);
		break;
	case 's':
		put_string(sink, va_arg(*ap, const char *), spec);
		break;
	case 'p':
		put_pointer(sink, va_arg(*ap, const void *), spec);
		break;
	case '%':
		put(sink, "%", 1);
		break;
	default:
		put_unsigned(sink, unsigned_argument(spec->size, ap), letter, "", spec);
		break;
	}
}

struct buffer {
	char *at;
	size_t room;			/* left, without the NUL */
	size_t len;			/* of the text so far, what was cut included */
};

static void emit_to_buffer(void *arg, const char *s, size_t n)
{
	struct buffer *b = arg;
	size_t fits = n < b->room ? n : b->room;

	memcpy(b->at, s, fits);
	b->at += fits;
	b->room -= fits;
	b->len += n;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct buffer b = { buf, size ? size - 1 : 0, 0 };

	vprintf_emit(emit_to_buffer, &b, fmt, ap);
	if (size)
		*b.at = '\0';
	return b.len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	size_t len = vsnprintf(buf, size, fmt, ap);

	if (!size)
		return 0;
	return len < size ? len : size - 1;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
