// triage.ts -- what can be done to issues, in the words of the menus, as the API wants it.
import { me } from '../state';

export type Mutation = Record<string, unknown>;

export const resolve: Mutation = { status: 'resolved' };
export const ignore: Mutation = { status: 'ignored', substatus: 'archived_forever' };
export const reopen: Mutation = { status: 'unresolved' };

export const assignToMe = (): Mutation => ({ assignedTo: `user:${me.value!.id}` });

export const resolutions: [string, Mutation][] = [
  ['Resolve', resolve],
  ['Resolve in next release', { status: 'resolved', statusDetails: { inNextRelease: true } }],
];

const ignoredBy = (statusDetails: Record<string, number>): Mutation => ({ status: 'ignored', statusDetails });
export const ignores: [string, Mutation][] = [
  ['Ignore for 1 hour', ignoredBy({ ignoreDuration: 60 })],
  ['Ignore for 1 day', ignoredBy({ ignoreDuration: 1440 })],
  ['Ignore for 1 week', ignoredBy({ ignoreDuration: 10080 })],
  ['Ignore until 100 more events', ignoredBy({ ignoreCount: 100 })],
  ['Ignore until 100 more events in an hour', ignoredBy({ ignoreCount: 100, ignoreWindow: 60 })],
  ['Ignore until 10 more users', ignoredBy({ ignoreUserCount: 10 })],
  ['Ignore for good', ignore],
];

/** key:value as the filter field takes it. */
export const term = (key: string, value: string) =>
  `${key}:${value === '' || /[\s"]/.test(value) ? `"${value.replace(/(["\\])/g, '\\$1')}"` : value}`;
