// axis.ts -- round numbers on a time axis, in the unit that suits them.

const MINUTE = 60e6;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const long = [
  ...[1, 2, 5, 10, 20, 30].map((n) => n * MINUTE),
  ...[1, 2, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * DAY),
];

/** The step, in µs, that gives at most `most` marks: 1, 2 or 5 times a power of ten, round minutes, hours, days. */
export function stepOf(length: number, most: number): number {
  const rough = length / Math.max(1, most);
  if (rough > 20e6) return long.find((step) => step >= rough) ?? long[long.length - 1];
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((d) => d * power >= rough) ?? 10;
  return digit * power;
}

export function ticks(from: number, to: number, most: number): number[] {
  if (!(to > from)) return [from];
  const step = stepOf(to - from, most);
  const out: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) out.push(i * step);
  return out;
}

/** Microseconds as µs, ms or s, with the digits that a step needs; minutes, hours and days as such. */
export function mark(us: number, step: number): string {
  if (us !== 0 && step >= MINUTE) {
    if (step >= DAY) return `${Math.round(us / DAY)} d`;
    const minutes = Math.round(us / MINUTE);
    if (us < HOUR) return `${minutes} min`;
    return step >= HOUR ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  const [size, unit] = us >= 1e6 ? [1e6, 's'] : us >= 1000 ? [1000, 'ms'] : [1, 'µs'];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return us === 0 ? '0' : `${(us / size).toFixed(Math.min(6, digits))} ${unit}`;
}
