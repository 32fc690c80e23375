// spark.tsx -- a sparkline of 96 × 24 px as bars; its maximum is written beside it.
import type { Series } from '../api';
import { brief } from '../format';

export function Spark({
  of,
  width = 96,
  height = 24,
  what = 'events',
}: {
  of: Series | undefined;
  width?: number;
  height?: number;
  what?: string;
}) {
  if (!of || of.length === 0) return <svg width={width} height={height} aria-hidden="true" />;
  const max = Math.max(1, ...of.map(([, n]) => n));
  const step = width / of.length;
  const path = of
    .map(([, n], i) => {
      const h = n ? Math.max(1.5, (n / max) * (height - 2)) : 0;
      return h
        ? `M${(i * step + 0.5).toFixed(1)} ${height}h${Math.max(1, step - 1).toFixed(1)}v-${h.toFixed(1)}h-${Math.max(1, step - 1).toFixed(1)}z`
        : '';
    })
    .join('');
  return (
    <span class="spark">
      <svg width={width} height={height} role="img" aria-label={`${what} over time, at most ${max} in one bar`}>
        <path d={`M0 ${height - 0.5}h${width}`} stroke="var(--line)" />
        <path d={path} fill="var(--text-faint)" />
      </svg>
      <span class="spark-max" aria-hidden="true">
        {brief(max)}
      </span>
    </span>
  );
}
