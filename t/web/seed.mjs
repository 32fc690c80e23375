// seed.mjs -- fills a server with the made-up shop of world.mjs, the same at every run but for the present time.
// As a program: node seed.mjs BASE BOOTSTRAP.JSON [share of the events, 0…1]
import { readFileSync } from 'node:fs';
import { contexts, crumbs, people, problems, projects, releases } from './world.mjs';

/** The same numbers at every run (mulberry32). */
export function numbers(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
export const hex = (random, digits) =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

export class Server {
  constructor(base, boot) {
    this.base = base;
    this.token = boot.token;
  }
  async call(method, path, body) {
    const answer = await fetch(this.base + '/api/0' + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        'Content-Type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
  /** Envelope items: [header, object or bytes] …, to a project by its key. */
  async envelope(project, key, header, items) {
    const parts = [JSON.stringify(header)];
    for (const [head, payload] of items) {
      const bytes = Buffer.from(
        typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload),
      );
      parts.push(JSON.stringify({ ...head, length: bytes.length }), bytes);
    }
    const body = Buffer.concat(parts.flatMap((p) => [Buffer.from(p), Buffer.from('\n')]));
    for (;;) {
      const answer = await fetch(`${this.base}/api/${project}/envelope/`, {
        method: 'POST',
        headers: {
          'X-Sentry-Auth': `Sentry sentry_version=7, sentry_client=seed/1, sentry_key=${key}`,
        },
        body,
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
      if (answer.status !== 429 && answer.status !== 503) throw new Error(`envelope: ${answer.status}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

/** A picture of 2 × 2 coloured fields, drawn by hand so that no file needs to be kept. */
const screenshot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGOYdiTn3Ms4IMXAwMDw9igALPIGBtW6q6kAAAAASUVORK5CYII=',
  'base64',
);

export function eventOf(problem, at, random, release) {
  const r = random(),
    who = problem.users ? people[Math.floor(random() * problem.users)] : null;
  const project = problem.project,
    path = problem.transaction.replace(/^\S+ /, '');
  return {
    event_id: hex(random, 32),
    timestamp: at,
    platform: projects.find((p) => p.name === project).platform,
    level: problem.level,
    logger: problem.message ? 'shop' : undefined,
    release: release.version,
    environment: random() < 0.86 ? 'production' : 'staging',
    transaction: problem.transaction,
    ...(problem.exceptions
      ? { exception: { values: problem.exceptions(r) } }
      : {
          logentry: {
            message: problem.message,
            params: problem.params,
            formatted: problem.params ? problem.message.replace(/%s|{}/, problem.params[0]) : problem.message,
          },
        }),
    ...(who
      ? {
          user: {
            id: String(1000 + people.indexOf(who)),
            username: who,
            email: `${who}@example.com`,
            ip_address: `203.0.113.${people.indexOf(who) + 10}`,
          },
        }
      : {}),
    tags: {
      region: ['eu-central', 'eu-west', 'us-east'][Math.floor(random() * 3)],
      'payment.method': ['card', 'invoice', 'twint'][Math.floor(random() * 3)],
    },
    server_name: project === 'storefront' ? undefined : `${project}-${1 + Math.floor(random() * 3)}`,
    contexts: {
      ...contexts(project, r),
      trace: {
        trace_id: hex(random, 32),
        span_id: hex(random, 16),
        op: 'http.server',
      },
    },
    breadcrumbs: { values: crumbs(at, problem) },
    request: path.startsWith('/')
      ? {
          method: project === 'storefront' || path === '/search' ? 'GET' : 'POST',
          url: `https://shop.example${path}`,
          query_string: path === '/search' ? 'text=kettle&page=2' : undefined,
          headers: [
            ['Accept', 'application/json'],
            ['Host', 'shop.example'],
            ['User-Agent', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'],
          ],
          data: path.includes('voucher') ? { code: 'SUMMER25', cart: 81277 } : undefined,
        }
      : undefined,
    extra: { feature_flags: ['new-cart', 'vouchers-v2'] },
    modules: project === 'checkout' ? { django: '5.1.4', httpx: '0.28.1', psycopg: '3.2.3' } : undefined,
    sdk: {
      name: {
        checkout: 'sentry.python.django',
        storefront: 'sentry.javascript.react',
        payments: 'sentry.go',
        search: 'sentry.java',
      }[project],
      version: '9.4.0',
    },
  };
}

export async function seed(base, boot, share = 1, seedNumber = 7) {
  const server = new Server(base, boot),
    random = numbers(seedNumber),
    now = Date.now() / 1000;
  const places = {};
  for (const p of projects) {
    const made = await server.call('POST', '/organizations/default/projects/', {
      name: p.name,
      slug: p.name,
      platform: p.platform,
    });
    const [key] = await server.call('GET', `/projects/default/${p.name}/keys/`);
    places[p.name] = { id: made.id, key: key.public };
  }
  for (const r of releases) {
    await server.call('POST', '/organizations/default/releases/', {
      version: r.version,
      projects: projects.map((p) => p.name),
      dateReleased: new Date((now - r.daysAgo * 86400) * 1000).toISOString(),
    });
  }
  const due = problems
    .flatMap((problem) =>
      Array.from({ length: Math.max(1, Math.round(problem.count * share)) }, (_, i) => {
        const back = i === 0 ? problem.since : problem.since * random() ** 1.4; // more of them lately
        return { problem, at: now - 30 - back * 86400 };
      }),
    )
    .sort((a, b) => a.at - b.at);
  const send = async ({ problem, at }) => {
    const release = [...releases].reverse().find((r) => now - r.daysAgo * 86400 <= at) ?? releases[0];
    const event = eventOf(problem, at, random, release),
      place = places[problem.project];
    const items = [[{ type: 'event' }, event]];
    if (problem.project === 'storefront' && random() < 0.2)
      items.push([
        {
          type: 'attachment',
          filename: 'screenshot.png',
          content_type: 'image/png',
          attachment_type: 'event.attachment',
        },
        screenshot,
      ]);
    await server.envelope(place.id, place.key, { event_id: event.event_id }, items);
  };
  // in order of time, so that issues and releases come to be as they would; a few at once for speed
  for (let i = 0; i < due.length; i += 8) await Promise.all(due.slice(i, i + 8).map(send));
  return { server, places, events: due.length };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , base, boot, share] = process.argv;
  const done = await seed(base, JSON.parse(readFileSync(boot, 'utf8')), Number(share ?? 1));
  console.log(`${done.events} events`);
}
