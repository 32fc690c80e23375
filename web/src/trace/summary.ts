// summary.ts -- a trace in a list, as the server tells it.
export interface Summary {
  traceId: string;
  start: number; // milliseconds since 1970
  durationUs: number;
  rootService: string;
  rootName: string;
  kind: string;
  spans: number;
  cut?: boolean; // not all of them were looked at
  errors: number;
  orphans: number;
  services: { name: string; spans: number; errors: number }[];
  project: string | null;
  environment: string | null;
  release: string | null;
  issues: { id: string; shortId: string; title: string }[];
}
