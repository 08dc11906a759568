/* SPDX-License-Identifier: MIT */
/*
 * Preprocessor loops for the event table: a row of events.def ends in a list
 * of parenthesised (type, name) fields, and these macros apply another macro
 * to each, with or without commas between.  Up to eight fields, or none.
 * Only files that expand events.def include this.
 */
#ifndef ORRERY_TRACING_MAP_H
#define ORRERY_TRACING_MAP_H

#define TRACE_CAT(a, b) TRACE_CAT_(a, b)
#define TRACE_CAT_(a, b) a##b
#define TRACE_COUNT(...) TRACE_COUNT_(0 __VA_OPT__(,) __VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TRACE_COUNT_(z, a, b, c, d, e, f, g, h, n, ...) n

/* m (t1, n1) m (t2, n2) ... */
#define TRACE_EACH(m, ...) TRACE_CAT(TRACE_EACH_, TRACE_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
#define TRACE_EACH_0(m, ...)
#define TRACE_EACH_1(m, a) m a
#define TRACE_EACH_2(m, a, ...) m a TRACE_EACH_1(m, __VA_ARGS__)
#define TRACE_EACH_3(m, a, ...) m a TRACE_EACH_2(m, __VA_ARGS__)
#define TRACE_EACH_4(m, a, ...) m a TRACE_EACH_3(m, __VA_ARGS__)
#define TRACE_EACH_5(m, a, ...) m a TRACE_EACH_4(m, __VA_ARGS__)
#define TRACE_EACH_6(m, a, ...) m a TRACE_EACH_5(m, __VA_ARGS__)
#define TRACE_EACH_7(m, a, ...) m a TRACE_EACH_6(m, __VA_ARGS__)
#define TRACE_EACH_8(m, a, ...) m a TRACE_EACH_7(m, __VA_ARGS__)

/* , m (t1, n1) , m (t2, n2) ...: what follows a first, fixed argument. */
#define TRACE_MORE(m, ...) TRACE_CAT(TRACE_MORE_, TRACE_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
#define TRACE_MORE_0(m, ...)
#define TRACE_MORE_1(m, a) , m a
#define TRACE_MORE_2(m, a, ...) , m a TRACE_MORE_1(m, __VA_ARGS__)
#define TRACE_MORE_3(m, a, ...) , m a TRACE_MORE_2(m, __VA_ARGS__)
#define TRACE_MORE_4(m, a, ...) , m a TRACE_MORE_3(m, __VA_ARGS__)
#define TRACE_MORE_5(m, a, ...) , m a TRACE_MORE_4(m, __VA_ARGS__)
#define TRACE_MORE_6(m, a, ...) , m a TRACE_MORE_5(m, __VA_ARGS__)
#define TRACE_MORE_7(m, a, ...) , m a TRACE_MORE_6(m, __VA_ARGS__)
#define TRACE_MORE_8(m, a, ...) , m a TRACE_MORE_7(m, __VA_ARGS__)

/* (m (t1, n1) , m (t2, n2)), or (@empty) when there are no fields. */
#define TRACE_PAREN(m, empty, ...) \
	TRACE_CAT(TRACE_PAREN_, TRACE_COUNT(__VA_ARGS__))(m, empty, __VA_ARGS__)
#define TRACE_PAREN_0(m, empty, ...) (empty)
#define TRACE_PAREN_1(m, empty, a) (m a)
#define TRACE_PAREN_2(m, empty, a, ...) (m a TRACE_MORE_1(m, __VA_ARGS__))
#define TRACE_PAREN_3(m, empty, a, ...) (m a TRACE_MORE_2(m, __VA_ARGS__))
#define TRACE_PAREN_4(m, empty, a, ...) (m a TRACE_MORE_3(m, __VA_ARGS__))
#define TRACE_PAREN_5(m, empty, a, ...) (m a TRACE_MORE_4(m, __VA_ARGS__))
#define TRACE_PAREN_6(m, empty, a, ...) (m a TRACE_MORE_5(m, __VA_ARGS__))
#define TRACE_PAREN_7(m, empty, a, ...) (m a TRACE_MORE_6(m, __VA_ARGS__))
#define TRACE_PAREN_8(m, empty, a, ...) (m a TRACE_MORE_7(m, __VA_ARGS__))

#endif
