// axis.ts -- round numbers on a time axis, in the unit that suits them.

/** 1, 2 or 5 times a power of ten: the step that gives at most `most` marks. */
export function stepOf(length: number, most: number): number {
  const rough = length / Math.max(1, most);
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

/** Microseconds as µs, ms or s, with the digits that a step needs. */
export function mark(us: number, step: number): string {
  const [size, unit] = step >= 1e6 || us >= 1e7 ? [1e6, 's'] : step >= 1000 || us >= 1e4 ? [1000, 'ms'] : [1, 'µs'];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
  return us === 0 ? '0' : `${(us / size).toFixed(Math.min(6, digits))} ${unit}`;
}
