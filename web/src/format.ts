// format.ts -- numbers, times and durations as people read them. Zone: the viewer's.
const units: [number, string][] = [
  [31_536_000, 'y'],
  [2_592_000, 'mo'],
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** "3 min", "2 d", "in 5 h". */
export function age(iso: string | number | null | undefined, now = Date.now()): string {
  if (iso === null || iso === undefined) return '–';
  const past = Math.round((now - new Date(iso).getTime()) / 1000);
  if (past < 5 && past > -60) return 'just now'; // clocks differ by that much
  const seconds = Math.abs(past);
  const [size, unit] = units.find(([s]) => seconds >= s) ?? units[units.length - 1];
  return `${past < 0 ? 'in ' : ''}${Math.floor(seconds / size)} ${unit}`;
}

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const whole = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const short = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
export const dateTime = (iso: string | number) => whole.format(new Date(iso));
export const shortTime = (iso: string | number) => short.format(new Date(iso));
export const clock = (iso: string | number) => {
  const d = new Date(iso),
    two = (n: number) => String(n).padStart(2, '0');
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, '0')}`;
};

const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
export const day = (at: string | number) => dayMonth.format(new Date(at));
/** Labels of a time axis; times and the step between them in seconds. The day is said where it begins. */
export function axisTime(at: number[], step: number): string[] {
  const two = (n: number) => String(n).padStart(2, '0');
  return at.map((seconds) => {
    const d = new Date(seconds * 1000);
    if (step >= 86_400 || (d.getHours() === 0 && d.getMinutes() === 0 && d.getSeconds() === 0))
      return dayMonth.format(d);
    const minute = `${two(d.getHours())}:${two(d.getMinutes())}`;
    return step < 60 ? `${minute}:${two(d.getSeconds())}` : minute;
  });
}

/** 1 234 567 with thin spaces. */
export const exact = (n: number) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
/** 1 span, 2 spans */
export const many = (n: number, what: string) => `${exact(n)} ${what}${n === 1 ? '' : 's'}`;
/** 12.4k */
export function brief(n: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (n >= size) return (n / size).toFixed(n / size < 100 ? 1 : 0).replace(/\.0$/, '') + unit;
  }
  return String(n);
}
export function bytes(n: number): string {
  for (const [size, unit] of [
    [2 ** 40, 'TiB'],
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (n >= size) return `${(n / size).toFixed(n / size < 10 ? 1 : 0)} ${unit}`;
  }
  return `${n} B`;
}
/** A duration in milliseconds in its natural unit. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds >= 172_800) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms >= 1) return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
  return ms === 0 ? '0 ms' : `${Math.round(ms * 1000)} µs`;
}
export const percent = (part: number, all: number) =>
  all ? `${((100 * part) / all).toFixed(part / all < 0.1 ? 1 : 0)} %` : '–';

/** A service's colour: one of 12, by hash of its name (FNV-1a from another basis, well mixed), the same on every page. */
export function serviceColour(name: string): string {
  let h = 2166136286;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return `var(--service-${((h ^ (h >>> 16)) >>> 0) % 12})`;
}
