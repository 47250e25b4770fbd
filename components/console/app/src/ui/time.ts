// Times for people: the booth's local time with its zone, the exact instant on hover.
import { signal } from '@preact/signals';

/** The present, once a second. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 1000);

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en', { ...options, ...(zone ? { timeZone: zone } : {}) });
    formats.set(key, found);
  }
  return found;
}

/** `18:42:07` and `CST, 21 Nov` */
export function local(instant: string, zone: string): { time: string; rest: string } {
  const date = new Date(instant);
  const time = format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(date);
  const day = format(zone, { day: 'numeric', month: 'short' }).format(date);
  const name = format(zone, { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName')?.value;
  return { time, rest: [name, day].filter(Boolean).join(', ') };
}

/** `21 Nov 2026, 18:42:07` in this browser's zone. */
export function full(instant: string): string {
  return format('', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(instant));
}
