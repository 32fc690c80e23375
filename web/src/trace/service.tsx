// service.tsx -- a service's name with its colour, and the words for how it is doing.
import { duration, percent, serviceColour } from '../format';
import { useHref } from '../state';
import { Link } from '../ui/link';

export const ServiceLink = ({ name }: { name: string }) => {
  const href = useHref();
  return (
    <Link
      class="service-name"
      style={{ '--service': serviceColour(name) }}
      href={href(`/services/${encodeURIComponent(name)}`)}
    >
      {name}
    </Link>
  );
};

export const ServiceChip = ({ name, children }: { name: string; children?: preact.ComponentChildren }) => (
  <span class="service-chip" style={{ '--service': serviceColour(name) }}>
    {name}
    {children}
  </span>
);

export const micros = (us: number | null | undefined) =>
  us === null || us === undefined ? '–' : us === 0 ? '0' : duration(us / 1000);

/** Failed calls in per cent; coloured when more than one of a hundred fails. */
export const Failed = ({ errors, calls }: { errors: number; calls: number }) => (
  <span class={calls > 0 && errors / calls > 0.01 ? 'worse' : errors ? '' : 'quiet'}>
    {errors === 0 ? '0 %' : percent(errors, calls)}
  </span>
);
