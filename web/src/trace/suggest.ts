// suggest.ts -- completions for the filters of spans and of logs: their own words, the attributes that came
// with them, and the values of these.
import { api, type Params } from '../api';
import { org } from '../state';
import { term } from '../pages/triage';
import type { Suggest } from '../ui/filter';

type ItemType = 'spans' | 'logs';

const own: Record<ItemType, string[]> = {
  spans:
    'service name span.op span.duration span.self_time span.status span.kind error trace.duration root.name root.service release environment project platform trace span_id description'.split(
      ' ',
    ),
  logs: 'level severity_number service message release environment project trace span_id otel.scope.name'.split(' '),
};
const known: Record<string, string[]> = {
  error: ['true', 'false'],
  'span.kind': ['server', 'client', 'internal', 'producer', 'consumer'],
  'span.status': ['ok', 'internal_error', 'deadline_exceeded', 'not_found', 'unavailable', 'cancelled'],
  'span.duration': ['>100ms', '>1s', '>10s'],
  'span.self_time': ['>100ms', '>1s'],
  'trace.duration': ['>100ms', '>1s', '>10s'],
  level: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
  severity_number: ['>=17', '>=13', '>=9'],
};

interface Named {
  key: string;
  name: string;
}

const keptFor = 60_000;
const keys: Partial<Record<ItemType, { at: number; list: Promise<string[]> }>> = {};
/** The attributes of spans or logs; asked again after a minute. */
function keysOf(itemType: ItemType): Promise<string[]> {
  const have = keys[itemType];
  if (have && Date.now() - have.at < keptFor) return have.list;
  const ask = (attributeType: string) =>
    api.get<Named[]>(`/organizations/${org}/trace-items/attributes/`, { itemType, attributeType });
  const list = Promise.all([ask('string'), ask('number')]).then((found) => [
    ...new Set(found.flat().map((a) => a.key || a.name)),
  ]);
  keys[itemType] = { at: Date.now(), list };
  list.catch(() => delete keys[itemType]);
  return list;
}

const valuesOf = async (itemType: ItemType, key: string, part: string, context: Params) =>
  (
    await api.get<{ value: string }[]>(
      `/organizations/${org}/trace-items/attributes/${encodeURIComponent(key)}/values/`,
      { ...context, itemType, attributeType: 'string', substringMatch: part || null },
    )
  ).map((v) => v.value);

/** What fits the word that is being typed. */
export const suggestItems =
  (itemType: ItemType, context: Params): Suggest =>
  async (word) => {
    const starts = (text: string, begin: string) => text.toLowerCase().startsWith(begin.toLowerCase());
    const [, not, key, part] = word.match(/^(!?)([\w.-]+):(.*)$/) ?? [];
    if (!key) {
      const sign = word.startsWith('!') ? '!' : '';
      const begin = word.slice(sign.length);
      const all = [...new Set([...own[itemType], 'has', ...(await keysOf(itemType).catch(() => []))])];
      return all.filter((k) => starts(k, begin)).map((k) => `${sign}${k}:`);
    }
    const bare = part.replace(/^"|"$/g, '');
    if (key === 'has') return (await keysOf(itemType)).filter((k) => starts(k, bare)).map((k) => `${not}has:${k}`);
    const values = known[key] ?? (await valuesOf(itemType, key, bare, context));
    return values.filter((v) => !known[key] || starts(v, bare)).map((v) => not + term(key, v));
  };
