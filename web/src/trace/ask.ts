// ask.ts -- how a trace is asked for: the first rows, and the way to the span that is looked for, before the rest.
import { prefetch } from '../data';
import { org } from '../state';

const AT_FIRST = 300; // rows: several screens of them

export const addressOf = (trace: string) => `/organizations/${org}/trace/${trace}/table/`;

export const firstRows = (span: string | null = null) => ({
  limit: AT_FIRST,
  ...(/^[0-9a-f]{16}$/.test(span ?? '') ? { span } : {}),
});

/** What the page of a trace begins with, when it will probably be opened. */
export const prefetchTrace = (trace: string) => prefetch(addressOf(trace), firstRows());
