// world.mjs -- what goes wrong in a made-up shop: projects, releases, people, and the errors each brings.
import { around, lineOf } from './sources.mjs';

export const projects = [
  { name: 'checkout', platform: 'python' },
  { name: 'storefront', platform: 'javascript' },
  { name: 'payments', platform: 'go' },
  { name: 'search', platform: 'java' },
];

/** Newest last; days before now. */
export const releases = [
  { version: 'shop@4.10.2', daysAgo: 13 },
  { version: 'shop@4.11.0', daysAgo: 8.2 },
  { version: 'shop@4.11.1', daysAgo: 4.6 },
  { version: 'shop@4.12.0', daysAgo: 1.3 },
];

export const people = [
  'ada',
  'grace',
  'edsger',
  'barbara',
  'donald',
  'radia',
  'leslie',
  'frances',
  'niklaus',
  'margaret',
  'alan',
  'katherine',
];

const own = (file, text, fn, vars, more = {}) => ({
  filename: file,
  abs_path: `/srv/app/${file}`,
  function: fn,
  lineno: lineOf(file, text),
  in_app: true,
  ...around(file, lineOf(file, text)),
  ...(vars ? { vars } : {}),
  ...more,
});
const lib = (module, filename, fn, lineno) => ({
  module,
  filename,
  abs_path: `/usr/lib/python3/dist-packages/${filename}`,
  function: fn,
  lineno,
  in_app: false,
});

const django = [
  lib('django.core.handlers.exception', 'django/core/handlers/exception.py', 'inner', 55),
  lib('django.core.handlers.base', 'django/core/handlers/base.py', '_get_response', 197),
  lib('django.contrib.sessions.middleware', 'django/contrib/sessions/middleware.py', '__call__', 39),
  lib('django.views.decorators.csrf', 'django/views/decorators/csrf.py', '_view_wrapper', 65),
];
const httpx = [
  lib('httpx._client', 'httpx/_client.py', 'post', 1144),
  lib('httpx._client', 'httpx/_client.py', 'send', 914),
  lib('httpx._transports.default', 'httpx/_transports/default.py', 'handle_request', 250),
];
const react = ['commitRoot', 'performWorkOnRoot', 'renderRootSync', 'beginWork', 'renderWithHooks'].map((fn, i) => ({
  filename: 'node_modules/react-dom/cjs/react-dom.production.js',
  abs_path: 'https://shop.example/assets/vendor.js',
  function: fn,
  lineno: 2100 + 377 * i,
  colno: 12 + i,
  in_app: false,
}));
const http = [
  {
    filename: 'net/http/server.go',
    abs_path: '/usr/local/go/src/net/http/server.go',
    module: 'net/http',
    function: 'HandlerFunc.ServeHTTP',
    lineno: 2220,
    in_app: false,
  },
];
const jetty = ['ServletHolder.handle', 'ServletHandler.doHandle', 'SessionHandler.doHandle', 'HttpChannel.handle'].map(
  (fn, i) => ({
    module: `org.eclipse.jetty.${i < 2 ? 'servlet' : 'server'}.${fn.split('.')[0]}`,
    filename: `${fn.split('.')[0]}.java`,
    function: fn.split('.')[1],
    lineno: 764 - 90 * i,
    in_app: false,
  }),
);

/** One exception of a chain, oldest cause first. */
const raised = (type, value, frames, more = {}) => ({
  type,
  value,
  stacktrace: { frames },
  ...more,
});
const unhandled = { mechanism: { type: 'generic', handled: false } };

/** Each makes its exceptions from a random number in [0, 1) and says how often and since when it happens. */
export const problems = [
  {
    project: 'storefront',
    count: 310,
    since: 12,
    users: 12,
    level: 'error',
    transaction: '/cart',
    trace: 'cart',
    exceptions: (r) => [
      raised(
        'TypeError',
        "Cannot read properties of undefined (reading 'label')",
        [
          ...react,
          own('src/cart/CartPanel.tsx', 'shipping.label', 'CartPanel', null, {
            abs_path: 'https://shop.example/assets/cart.js',
            colno: 21,
          }),
        ],
        { mechanism: { type: 'onerror', handled: false } },
      ),
    ],
  },
  {
    project: 'checkout',
    count: 184,
    since: 8.1,
    users: 9,
    level: 'error',
    transaction: '/api/cart/voucher',
    trace: 'voucher',
    exceptions: (r) => {
      const currency = ['CHF', 'SEK', 'NOK'][Math.floor(r * 3)],
        cart = 81000 + Math.floor(r * 900);
      return [
        raised(
          'KeyError',
          `'${currency}'`,
          [
            ...django,
            own(
              'checkout/views.py',
              'new_total = apply_voucher',
              'add_voucher',
              {
                code: "'SUMMER25'",
                cart: `<Cart ${cart}: 4 items>`,
                request: "<WSGIRequest: POST '/api/cart/voucher'>",
              },
              { module: 'checkout.views' },
            ),
            own(
              'checkout/cart.py',
              'voucher.rate[cart.currency]',
              'apply_voucher',
              {
                cart: `<Cart ${cart}: 4 items>`,
                code: "'SUMMER25'",
                voucher: '<Voucher SUMMER25>',
                VOUCHER_LIMIT: 3,
                currency: `'${currency}'`,
              },
              { module: 'checkout.cart' },
            ),
          ],
          { ...unhandled, mechanism: { type: 'django', handled: false } },
        ),
      ];
    },
  },
  {
    project: 'checkout',
    count: 96,
    since: 1.2,
    users: 11,
    level: 'error',
    transaction: '/api/checkout',
    trace: 'checkout',
    exceptions: (r) => {
      const order = `A-${40000 + Math.floor(r * 5000)}`;
      return [
        raised(
          'ConnectionError',
          'payments: 503 from upstream',
          [
            ...httpx.slice(0, 1),
            own(
              'checkout/gateway.py',
              'raise ConnectionError',
              'charge',
              {
                order_id: `'${order}'`,
                amount: "Decimal('149.80')",
                currency: "'EUR'",
                answer: '<Response [503 Service Unavailable]>',
              },
              { module: 'checkout.gateway' },
            ),
          ],
          { module: 'builtins' },
        ),
        raised(
          'PaymentUnavailable',
          `order ${order} waits for payment`,
          [
            ...django,
            own(
              'checkout/views.py',
              'order = place',
              'submit',
              { cart: '<Cart 81277: 2 items>' },
              { module: 'checkout.views' },
            ),
            own(
              'checkout/orders.py',
              'raise PaymentUnavailable',
              'place',
              {
                order: `<Order ${order}>`,
                idempotency: "'5f0c2c9e'",
                user: '<User ada>',
              },
              { module: 'checkout.orders' },
            ),
          ],
          {
            module: 'checkout.orders',
            mechanism: { type: 'django', handled: false },
          },
        ),
      ];
    },
  },
  {
    project: 'payments',
    count: 57,
    since: 1.25,
    users: 0,
    level: 'fatal',
    transaction: 'POST /charges',
    trace: 'charge',
    exceptions: () => [
      raised(
        'runtime.errorString',
        'runtime error: invalid memory address or nil pointer dereference',
        [
          ...http,
          own('internal/charge/charge.go', 's.ledger.Book', '(*Service).Create', null, {
            module: 'shop/payments/internal/charge',
          }),
          own('internal/ledger/ledger.go', 'account.Pending', '(*Ledger).Book', null, {
            module: 'shop/payments/internal/ledger',
          }),
        ],
        unhandled,
      ),
    ],
  },
  {
    project: 'search',
    count: 143,
    since: 11,
    users: 0,
    level: 'error',
    transaction: 'GET /search',
    exceptions: (r) => [
      raised(
        'IllegalStateException',
        `shard de-${Math.floor(r * 8)} is read-only since 03:12`,
        [
          ...jetty,
          own('SearchIndex.java', 'throw new IllegalStateException', 'query', null, {
            module: 'shop.search.SearchIndex',
          }),
        ],
        { module: 'java.lang' },
      ),
    ],
  },
  {
    project: 'storefront',
    count: 72,
    since: 13,
    users: 8,
    level: 'warning',
    transaction: '/search',
    exceptions: () => [
      raised(
        'TypeError',
        "Cannot read properties of undefined (reading 'price')",
        [
          own('src/search/results.ts', 'hit.offers[0]', 'search', null, {
            abs_path: 'https://shop.example/assets/search.js',
            colno: 62,
          }),
        ],
        { mechanism: { type: 'onunhandledrejection', handled: false } },
      ),
    ],
  },
  {
    project: 'storefront',
    count: 41,
    since: 5,
    users: 7,
    level: 'error',
    transaction: '/checkout',
    trace: 'checkout',
    exceptions: () => [
      raised(
        'CheckoutError',
        '502 upstream timed out while reading the answer of checkout after 2000 ms; the order may have been placed all the same',
        [
          own('src/state/cart.ts', 'throw new CheckoutError', 'checkout', null, {
            abs_path: 'https://shop.example/assets/cart.js',
            colno: 11,
          }),
        ],
      ),
    ],
  },
  {
    project: 'storefront',
    count: 23,
    since: 3,
    users: 6,
    level: 'error',
    transaction: '/',
    exceptions: () => [
      raised(
        'SyntaxError',
        'Unexpected end of JSON input',
        [
          own('src/state/cart.ts', 'JSON.parse(kept)', 'restore', null, {
            abs_path: 'https://shop.example/assets/cart.js',
            colno: 33,
          }),
        ],
        { mechanism: { type: 'onunhandledrejection', handled: false } },
      ),
    ],
  },
  {
    project: 'checkout',
    count: 19,
    since: 9,
    users: 5,
    level: 'warning',
    transaction: '/api/cart/voucher',
    exceptions: (r) => [
      raised(
        'CartError',
        `cart ${81000 + Math.floor(r * 900)} has 3 vouchers already`,
        [
          ...django,
          own(
            'checkout/cart.py',
            'raise CartError',
            'apply_voucher',
            { VOUCHER_LIMIT: 3 },
            { module: 'checkout.cart' },
          ),
        ],
        {
          module: 'checkout.cart',
          mechanism: { type: 'generic', handled: true },
        },
      ),
    ],
  },
  {
    project: 'checkout',
    count: 12,
    since: 0.4,
    users: 3,
    level: 'error',
    transaction: '/api/cart/merge',
    exceptions: () => [
      raised(
        'TypeError',
        "'>' not supported between instances of 'NoneType' and 'datetime.datetime'",
        [
          ...django,
          own(
            'checkout/cart.py',
            'max(mine.touched_at',
            'merge',
            { mine: '<Cart 81402: 1 item>', theirs: '<Cart 80017: 0 items>' },
            { module: 'checkout.cart' },
          ),
        ],
        unhandled,
      ),
    ],
  },
  {
    project: 'payments',
    count: 34,
    since: 10,
    users: 0,
    level: 'error',
    transaction: 'POST /charges',
    exceptions: (r) => [
      raised(
        '*bank.Error',
        `authorise order A-${40000 + Math.floor(r * 5000)}: card declined by issuer (code ${['05', '51', '54'][Math.floor(r * 3)]})`,
        [
          ...http,
          own('internal/charge/charge.go', 'authorise order', '(*Service).Create', null, {
            module: 'shop/payments/internal/charge',
          }),
        ],
      ),
    ],
  },
  {
    project: 'search',
    count: 28,
    since: 7,
    users: 0,
    level: 'info',
    message: 'reindex of locale {} took longer than an hour',
    params: ['sv'],
    transaction: 'reindex',
  },
  {
    project: 'checkout',
    count: 9,
    since: 6,
    users: 0,
    level: 'warning',
    message: 'payments did not answer for order %s',
    params: ['A-41877'],
    transaction: '/api/checkout',
  },
  {
    project: 'payments',
    count: 3,
    since: 0.1,
    users: 0,
    level: 'error',
    message: 'ledger and bank differ by 12.40 EUR for 2 accounts',
    transaction: 'reconcile',
  },
];

export const crumbs = (at, problem) => [
  {
    timestamp: at - 41.2,
    category: 'navigation',
    level: 'info',
    data: { from: '/', to: '/cart' },
  },
  {
    timestamp: at - 12.7,
    category: 'ui.click',
    level: 'info',
    message: 'button.add-to-cart[data-item="4711"]',
  },
  {
    timestamp: at - 12.5,
    type: 'http',
    category: 'http',
    level: 'info',
    data: {
      method: 'POST',
      url: 'https://shop.example/api/cart/items',
      status_code: 201,
    },
  },
  {
    timestamp: at - 2.1,
    category: 'query',
    level: 'info',
    message: 'SELECT id, code, rate FROM voucher WHERE code = %s',
  },
  {
    timestamp: at - 1.4,
    category: 'checkout.stock',
    level: 'warning',
    message: 'stock of item 4711 is below 5',
  },
  {
    timestamp: at - 0.2,
    type: 'http',
    category: 'http',
    level: 'error',
    data: {
      method: 'POST',
      url: `https://shop.example${problem.transaction.replace(/^\S+ /, '')}`,
      status_code: 500,
    },
  },
];

const agents = [
  ['Firefox', '143.0', 'Ubuntu', '24.04'],
  ['Chrome', '141.0.0', 'Windows', '11'],
  ['Mobile Safari', '26.0', 'iOS', '26.0.1'],
  ['Chrome Mobile', '141.0.0', 'Android', '16'],
];
export function contexts(project, r) {
  if (project === 'storefront') {
    const [browser, version, os, osVersion] = agents[Math.floor(r * agents.length)];
    return {
      browser: { name: browser, version },
      os: { name: os, version: osVersion },
      culture: { locale: 'de-CH', timezone: 'Europe/Zurich' },
    };
  }
  const runtime = {
    checkout: ['CPython', '3.12.4'],
    payments: ['go', 'go1.24.1'],
    search: ['OpenJDK Runtime Environment', '21.0.4'],
  }[project];
  return {
    runtime: { name: runtime[0], version: runtime[1] },
    os: { name: 'Linux', version: '6.1.0-28-amd64' },
  };
}
