/* SPDX-License-Identifier: MIT */
/*
 * The time of day at boot, from the CMOS clock (MC146818: registers 0..9, A, B).
 * Read once; afterwards Dom0 owns the clock and sets the wall time itself.
 */
#include "lib/types.h"
#include "time/clock.h"
#include "x86/cpu.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define NMI_DISABLE 0x80
#define RTC_A 0x0a
#define RTC_A_UPDATING 0x80
#define RTC_B 0x0b
#define RTC_B_24H 0x02
#define RTC_B_BINARY 0x04
#define HOUR_PM 0x80
#define UPDATE_MAX_NS 3000000 /* an update takes 2 ms */

struct rtc_time {
	u8 second, minute, hour, day, month, year;
};

static u8 cmos_read(u8 reg)
{
	outb(CMOS_INDEX, NMI_DISABLE | reg);
	return inb(CMOS_DATA);
}

static struct rtc_time rtc_read(void)
{
	return (struct rtc_time){ cmos_read(0), cmos_read(2), cmos_read(4),
				  cmos_read(7), cmos_read(8), cmos_read(9) };
}

static bool same_time(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
	       a->day == b->day && a->month == b->month && a->year == b->year;
}

static u8 from_bcd(u8 v)
{
	return (v >> 4) * 10 + (v & 15);
}

static void rtc_decode(struct rtc_time *t, u8 mode)
{
	bool pm = !(mode & RTC_B_24H) && (t->hour & HOUR_PM);

	if (!(mode & RTC_B_24H))
		t->hour &= ~HOUR_PM;
	if (!(mode & RTC_B_BINARY))
		*t = (struct rtc_time){ from_bcd(t->second), from_bcd(t->minute), from_bcd(t->hour),
					from_bcd(t->day), from_bcd(t->month), from_bcd(t->year) };
	if (!(mode & RTC_B_24H))
		t->hour = t->hour % 12 + (pm ? 12 : 0);
}

/* Days from 1970-01-01 in the Gregorian calendar, counting years from March. */
static u64 days_since_epoch(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

u64 wallclock_read_boot(void)
{
	struct rtc_time t, again;
	u64 waited = 0;
	u8 mode;

	do {
		for (; (cmos_read(RTC_A) & RTC_A_UPDATING) && waited < UPDATE_MAX_NS; waited += 10000)
			delay_ns(10000);
		t = rtc_read();
		again = rtc_read();
	} while (!same_time(&t, &again) && (waited += 10000) < UPDATE_MAX_NS);
	mode = cmos_read(RTC_B);
	outb(CMOS_INDEX, RTC_A); /* leaves NMIs enabled */
	rtc_decode(&t, mode);
	/* Two digits: this program was not there before 2000. */
	return ((days_since_epoch(2000 + t.year, t.month, t.day) * 24 + t.hour) * 60 + t.minute) * 60 +
	       t.second;
}
